/* SPDX-License-Identifier: MIT */
/* What counters and the log learn of a call when it is over, and the trace that it belongs to. Never a
 * query string, an input, or what a caller of no connection wrote. */
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

/* 401 and 429 anybody can cause in any number. */
static bool is_trouble(int status, bool whole)
{
    return !whole || (status >= 400 && status != 401 && status != 429);
}

static bool is_told(const call_t *c, int status, bool whole)
{
    if (c->proxied && c->action) {
        return true; /* who proxied what is part of the audit */
    }
    switch (c->worker->options.log_calls) {
    case LOG_CALLS_NONE:
        return false;
    case LOG_CALLS_ERRORS:
        return is_trouble(status, whole);
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

void call_tell(call_t *c, int status, bool whole, const err_t *err)
{
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
