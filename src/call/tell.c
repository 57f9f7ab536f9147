/* SPDX-License-Identifier: MIT */
/* What counters and the log learn of a call when it is over, and the trace that it belongs to.
 * Never a query string, an input, or what a caller of no connection wrote. */
#include "base/clock.h"
#include "base/log.h"
#include "call/call_internal.h"
#include "seal/hash.h"

/* --- its trace --- */

const trace_context_t *call_trace(call_t *c)
{
    if (!c->trace.trace_id[0]) {
        trace_fields_t came = {.parent_count = 0};
        unsigned char random[TRACE_RANDOM_BYTES];
        http_header_t h;
        for (size_t at = 0; http_request_next_header(c->request, &at, &h);) {
            trace_take(&came, c->arena, h.name, h.value);
        }
        random_bytes(random, sizeof random);
        trace_make(&c->trace, &came, random);
    }
    return &c->trace;
}

str_t call_trace_response(call_t *c)
{
    if (!c->trace.trace_id[0]) {
        return STR_NONE;
    }
    char *text = arena_alloc(c->arena, TRACE_PARENT_BYTES);
    trace_write(&c->trace, text);
    return str_of(text);
}

/* --- its end --- */

static bool is_told(const call_t *c, int status, bool whole)
{
    if (c->proxied && c->action) {
        return true; /* who proxied what is part of the audit */
    }
    switch (c->worker->options.log_calls) {
    case LOG_CALLS_NONE:
        return false;
    case LOG_CALLS_ERRORS:
        return journal_is_trouble(status, !whole);
    case LOG_CALLS_ALL:
        break;
    }
    return true;
}

/* What the service or Tenon did; what is wrong with an input may repeat the input. */
static str_t detail_of(const err_t *err)
{
    bool own = err && err_code_status(err->code) >= 424 && err_code_status(err->code) != 429;
    return own ? str_of(err->text) : STR_NONE;
}

/* --- its events --- */

enum { FAILED_A_SECOND = 10, DONE_A_SECOND = 500 };

static void tell_event(const call_t *c, event_kind_t kind, unsigned skipped, const log_field_t *end)
{
    const connection_t *connection = c->action ? c->connection : NULL;
    event_tell(c->worker->options.events, kind, connection ? connection->name : STR_NONE,
               LOG_S("connector", connection ? connection->connector_id : STR_NONE),
               LOG_S("action", c->action ? c->action->name : STR_NONE),
               LOG_S("key", c->caller ? str_of(c->caller->id) : STR_NONE),
               LOG_S("request", http_request_id(c->request)), end[0], end[1], end[2],
               LOG_I("duration_ms", (clock_boot_us() - c->began_us) / 1000),
               skipped ? LOG_I("skipped", skipped) : (log_field_t){0});
}

static void tell_events(const call_t *c, int status, bool whole, const err_t *err)
{
    worker_t *w = c->worker;
    bool failed = journal_is_trouble(status, !whole);
    unsigned skipped = 0;
    if (!failed && !events_is_heard(w->options.events, EVENT_CALL_DONE)) {
        return;
    }
    int64_t now_ms = clock_boot_ms();
    const log_field_t end[] = {LOG_I("status", status),
                               LOG_S("code", err ? str_of(err_code_name(err->code)) : STR_NONE),
                               LOG_S("detail", detail_of(err))};
    if (failed && event_pace_takes(&w->failed_pace, FAILED_A_SECOND, now_ms, &skipped)) {
        tell_event(c, EVENT_CALL_FAILED, skipped, end);
    }
    if (events_is_heard(w->options.events, EVENT_CALL_DONE) &&
        event_pace_takes(&w->done_pace, DONE_A_SECOND, now_ms, &skipped)) {
        tell_event(c, EVENT_CALL_DONE, skipped, end);
    }
}

/* --- telling --- */

void call_tell(call_t *c, int status, bool whole, const err_t *err)
{
    if (!c->counted) { /* a call that broke off may be told of twice */
        tell_events(c, status, whole, err);
        way_end(c, status, whole, err);
    }
    call_count(c, status, whole, err);
    if (!is_told(c, status, whole)) {
        return;
    }
    const connection_t *connection = c->action ? c->connection : NULL;
    str_t code = err ? str_of(err_code_name(err->code)) : STR_NONE;
    str_t action = c->action ? c->action->name : STR_NONE;
    bool failed = err && err_code_status(err->code) >= 500;
    /* The path of an action may hold inputs. */
    const http_view_t *view = http_request_view(c->request);
    log_event(
        failed ? LOG_WARN : LOG_INFO, "call.done", LOG_S("request", http_request_id(c->request)),
        LOG_S("trace", str_of(call_trace(c)->trace_id)),
        LOG_S("key", c->caller ? str_of(c->caller->id) : STR_NONE),
        LOG_S("connector", connection ? connection->connector_id : STR_NONE),
        LOG_S("connection", connection ? connection->name : STR_NONE), LOG_S("action", action),
        LOG_S("method", view->method), LOG_S("path", c->proxied ? view->path : STR_NONE),
        LOG_I("status", status), LOG_S("code", code), LOG_S("detail", detail_of(err)),
        LOG_B("whole", whole), LOG_I("duration_ms", (clock_boot_us() - c->began_us) / 1000),
        LOG_I("upstream_ms", c->upstream_us / 1000), LOG_I("bytes", c->bytes),
        LOG_S("peer", http_request_peer(c->request)));
}
