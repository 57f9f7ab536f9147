/* SPDX-License-Identifier: MIT */
/* /v1/host: how the host is, for the console's settings. What is counted in time is at /metrics. */
#include "api/handlers.h"

static json_t *show_store(const manager_t *manager)
{
    store_figures_t f;
    store_t *store = manager_store(manager);
    store_read_figures(store, &f);
    return json_pack("{s:b, s:I, s:I, s:f, s:I}", "ok", (int)store_is_healthy(store), "waiting",
                     (json_int_t)f.queue, "commits", (json_int_t)f.commits, "commit_ms",
                     f.commits ? (double)f.commit_us / 1e3 / (double)f.commits : 0.0, "failures",
                     (json_int_t)f.failures);
}

static json_t *show_audit(const manager_t *manager)
{
    const audit_t *audit = manager_audit(manager);
    return json_pack("{s:b, s:I}", "ok", (int)audit_is_well(audit), "lines",
                     (json_int_t)audit_line_count(audit));
}

/* Absent until they were counted. */
static void add_connections(json_t *to, manager_t *manager)
{
    manager_figures_t f;
    manager_read_figures(manager, &f);
    if (!f.counted) {
        return;
    }
    json_t *shown = json_object();
    for (int i = 0; i < CONNECTION_STATE_COUNT; i++) {
        json_object_set_new(shown, connection_state_name((connection_state_t)i),
                            json_integer(f.connections[i]));
    }
    json_object_set_new(to, "connections", shown);
}

void host_show(resource_t *r)
{
    const worker_options_t *options = worker_options(r->worker);
    const snapshot_t *snapshot = worker_snapshot(r->worker);
    json_t *shown = json_object();
    json_object_set_new(shown, "version", json_string(TENON_VERSION));
    json_object_set_new(shown, "public_url",
                        json_stringn(options->public_url.p, options->public_url.n));
    json_object_set_new(shown, "store", show_store(options->manager));
    json_object_set_new(shown, "audit", show_audit(options->manager));
    json_object_set_new(
        shown, "definitions",
        json_pack("{s:I, s:I}", "in_service", (json_int_t)snapshot_count(snapshot), "faults",
                  (json_int_t)snapshot_fault_count(snapshot)));
    add_connections(shown, options->manager);
    resource_answer(r, 200, shown);
}
