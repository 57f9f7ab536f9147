/* SPDX-License-Identifier: MIT */
#include "app/figures.h"

#include "metrics/process.h"

static void expose_number(exposition_t *e, metric_t m, double value)
{
    exposition_gauge(e, m, NULL, value);
}

static void expose_store(const figures_t *f, exposition_t *e)
{
    store_figures_t s;
    store_read_figures(f->store, &s);
    expose_number(e, METRIC_STORE_UP, store_is_healthy(f->store));
    expose_number(e, METRIC_STORE_QUEUE, (double)s.queue);
    exposition_summary(e, METRIC_STORE_COMMITS, s.commits, (double)s.commit_us / 1e6);
    exposition_count(e, METRIC_STORE_FAILURES, NULL, s.failures);
}

static void expose_connections(const figures_t *f, exposition_t *e)
{
    manager_figures_t m;
    manager_read_figures(f->manager, &m);
    for (int i = 0; m.counted && i < CONNECTION_STATE_COUNT; i++) {
        const str_t state = str_of(connection_state_name((connection_state_t)i));
        exposition_gauge(e, METRIC_CONNECTIONS, &state, m.connections[i]);
    }
    expose_number(e, METRIC_CONNECTIONS_USED, m.in_memory);
}

static void expose_clients(const figures_t *f, exposition_t *e)
{
    unsigned connections;
    unsigned requests;
    data_loops_count(f->loops, &connections, &requests);
    expose_number(e, METRIC_HTTP_CONNECTIONS, connections);
    expose_number(e, METRIC_HTTP_REQUESTS, requests);
}

/* In the order of the catalogue, so that a page looks like the one before. */
static void expose_connector(const figures_t *f, const connector_t *c, exposition_t *e)
{
    metrics_read_group(f->metrics, c->id, STR_NONE, e);
    for (size_t i = 0; i < c->action_count; i++) {
        metrics_read_group(f->metrics, c->id, c->actions[i].name, e);
    }
    if (c->proxy) {
        metrics_read_group(f->metrics, c->id, STR(ACTION_NAME_PROXY), e);
    }
}

static void expose_catalogue(const figures_t *f, exposition_t *e)
{
    snapshot_t *s = catalogue_snapshot(f->catalogue);
    expose_number(e, METRIC_CONNECTORS, (double)snapshot_count(s));
    expose_number(e, METRIC_CONNECTOR_FAULTS, (double)snapshot_fault_count(s));
    expose_number(e, METRIC_CATALOGUE_TIME, (double)snapshot_made_at_ms(s) / 1000);
    metrics_read_group(f->metrics, STR_NONE, STR_NONE, e);
    for (size_t i = 0; i < snapshot_count(s); i++) {
        expose_connector(f, snapshot_at(s, i), e);
    }
    snapshot_unref(s);
}

static void expose_audit(const figures_t *f, exposition_t *e)
{
    const audit_t *audit = manager_audit(f->manager);
    expose_number(e, METRIC_AUDIT_UP, audit_is_well(audit));
    exposition_count(e, METRIC_AUDIT_LINES, NULL, audit_line_count(audit));
}

void figures_expose(void *figures, exposition_t *e)
{
    const figures_t *f = figures;
    const str_t version = STR(TENON_VERSION);
    exposition_gauge(e, METRIC_BUILD_INFO, &version, 1);
    expose_catalogue(f, e);
    expose_connections(f, e);
    expose_clients(f, e);
    expose_number(e, METRIC_THROTTLE_WINDOWS, (double)throttle_window_count(f->throttle));
    expose_store(f, e);
    expose_audit(f, e);
    process_expose(e);
}
