/* SPDX-License-Identifier: MIT */
/* What is told of a flight. */
#include "base/clock.h"
#include "base/log.h"
#include "codec/json.h"
#include "connection/flight_internal.h"

/* Of one that was sent: what came of it. */
static void count(const flight_t *f)
{
    static const char *const FAILURES[] = {
        [FAILURE_REJECTED] = "rejected", [FAILURE_SIGN_IN] = "refresh_refused",
        [FAILURE_LOCKED] = "locked",     [FAILURE_BACKOFF] = "backoff",
        [FAILURE_PENDING] = "pending",   [FAILURE_LOCAL] = "backoff"};
    metrics_group_t *g =
        metrics_group(f->manager->shard, f->errand.connection->connector_id, STR_NONE);
    const char *outcome = f->landing.ok ? "ok" : FAILURES[f->landing.failure];
    counter_add(metrics_counter(g, METRIC_TOKEN_REQUESTS, outcome), 1);
    histogram_observe(metrics_histogram(g, METRIC_TOKEN_DURATION, NULL),
                      (clock_boot_ms() - f->landing.sent_at_ms) * 1000);
    usage_count_token_request(f->manager, f->errand.connection->name);
}

static void tell_event(const flight_t *f, int status)
{
    const err_t *err = &f->landing.err;
    const connection_t *c = f->errand.connection;
    url_t url;
    err_t ignored = ERR_INIT;
    if (!url_parse_in(f->arena, f->request.url, &url, &ignored)) {
        url.host = STR_NONE;
    }
    const log_field_t grant =
        LOG_S("grant", str_of(f->errand.grant->is_refresh ? "refresh" : "sign_in"));
    const log_field_t took = LOG_I("duration_ms", clock_boot_ms() - f->landing.sent_at_ms);
    if (f->landing.ok) {
        event_tell(f->manager->events, EVENT_TOKEN_REFRESHED, c->name,
                   LOG_S("connector", c->connector_id), grant, LOG_S("host", url.host), took);
        return;
    }
    event_tell(f->manager->events, EVENT_TOKEN_FAILED, c->name, LOG_S("connector", c->connector_id),
               grant, LOG_S("host", url.host), LOG_S("code", str_of(err_code_name(err->code))),
               LOG_S("detail", str_of(err->text)), LOG_I("status", status),
               LOG_S("error", str_of(err->upstream_error)),
               LOG_S("error_description", str_of(err->upstream_description)), took);
}

void flight_tell(const flight_t *f, int status, str_t detail)
{
    const flight_target_t *target = f->watch->target;
    bool is_pending = f->landing.answered && f->landing.failure == FAILURE_PENDING;
    log_event(f->landing.ok || is_pending ? LOG_INFO : LOG_WARN,
              target ? target->event : "token.request",
              LOG_S("connection", f->errand.connection->name),
              LOG_S("kind", str_of(f->errand.grant->is_refresh ? "refresh" : "sign_in")),
              LOG_S("outcome", str_of(f->landing.ok ? "ok" : err_code_name(f->landing.err.code))),
              LOG_I("status", status), LOG_S("detail", detail),
              LOG_I("ms", clock_boot_ms() - f->landing.sent_at_ms));
    if (!target) {
        count(f);
    }
    if (!target && !is_pending) {
        tell_event(f, status);
    }
}
