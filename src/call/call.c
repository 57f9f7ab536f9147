/* SPDX-License-Identifier: MIT */
/* The way of a call: a list of steps, each going on, parking the call, or ending it. */
#include "call/call.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "call/call_internal.h"
#include "codec/json.h"

static step_outcome_t (*const STEPS[])(call_t *c) = {
#define CALL_STEP_ROW(step) [CALL_STEP_##step] = call_##step,
    CALL_STEPS(CALL_STEP_ROW)
#undef CALL_STEP_ROW
};

void call_drive(call_t *c)
{
    c->driving = true;
    while (c->step < CALL_STEP_COUNT) {
        switch (STEPS[c->step](c)) {
        case STEP_NEXT:
            way_pass(c);
            c->step++;
            break;
        case STEP_PARKED:
            c->driving = false;
            return;
        case STEP_DONE:
            return;
        }
    }
}

/* --- ending --- */

void call_end(call_t *c)
{
    loop_timer_clear(&c->timer);
    if (c->exchange) {
        exchange_cancel(c->exchange);
    }
    if (c->upstream) {
        upstream_cancel(c->upstream);
    }
    if (c->entered) {
        worker_leave(c->worker, c->connection->name);
    }
    buf_fini(&c->held);
    json_decref(c->steps);
    token_unref(c->token);
    caller_key_unref(c->caller);
    connection_unref(c->connection);
    free(c);
}

void call_abandon(call_t *c, const err_t *err)
{
    call_tell(c, c->streaming ? c->status : STATUS_CALLER_LEFT, false, err);
    if (c->streaming) {
        http_stream_abort(c->request);
    } else {
        http_reply_drop(c->request);
    }
    call_end(c);
}

enum { OWN_HEADERS = 3 };

static size_t own_headers(call_t *c, http_header_t out[OWN_HEADERS])
{
    size_t count = 0;
    str_t trace = call_trace_response(c);
    if (trace.p) {
        out[count++] = (http_header_t){STR("traceresponse"), trace};
    }
    if (c->ratelimit_length) {
        out[count++] = (http_header_t){STR("ratelimit"), str_at(c->ratelimit, c->ratelimit_length)};
        out[count++] = (http_header_t){STR("ratelimit-policy"), c->policy};
    }
    return count;
}

/* What the definition says about such a status joins the detail (FORMAT 3). */
static void explain(const call_t *c, err_t *err)
{
    char status[12];
    snprintf(status, sizeof status, "%d", err->upstream_status);
    str_t why = json_member(c->connection->connector->explain, status);
    if (why.n) {
        size_t n = strlen(err->text);
        snprintf(err->text + n, sizeof err->text - n, ": %.*s", STR_ARG(why));
        err->text[utf8_whole(err->text, strlen(err->text))] = '\0';
    }
}

step_outcome_t call_fail(call_t *c, const err_t *err)
{
    http_header_t headers[OWN_HEADERS];
    http_problem_t problem = {
        .err = err, .headers = headers, .header_count = own_headers(c, headers)};
    if (c->action) {
        problem.connector = c->connection->connector_id;
        problem.connection = c->connection->name;
        problem.action = c->action->name;
    }
    err_t explained = *err;
    if (c->action && err->upstream_status) {
        explain(c, &explained);
        problem.err = &explained;
    }
    call_tell(c, err_code_status(err->code), true, problem.err);
    http_reply_problem(c->request, &problem);
    call_end(c);
    return STEP_DONE;
}

step_outcome_t call_refuse(call_t *c, err_code_t code, const char *text)
{
    err_t err = ERR_INIT;
    err_set(&err, code, "%s", text);
    return call_fail(c, &err);
}

/* --- start --- */

/* /run/{connector}/{connection}{path}, /proxy/{connection}{path}: names are taken as they are, a
 * name with an escape is none. */
static void split_path(call_t *c, str_t prefix)
{
    c->prefix = prefix;
    str_t rest = http_request_view(c->request)->path;
    rest = str_slice(rest, prefix.n, rest.n);
    if (!c->proxied) {
        c->connector_id = str_cut(&rest, '/');
    }
    size_t slash = str_index(rest, '/');
    c->connection_name = str_slice(rest, 0, slash);
    c->path = slash == SIZE_MAX ? STR("") : str_slice(rest, slash, rest.n);
}

static call_t *begin(worker_t *w, http_request_t *request, int64_t began_us)
{
    call_t *c = mem_new(call_t);
    c->began_us = c->way.began_us = began_us;
    c->worker = w;
    c->request = request;
    c->arena = http_request_arena(request);
    c->failure = ERR_INIT;
    c->length = -1;
    c->changes_seen = w->changes;
    loop_timer_init(&c->timer, w->loop, call_on_timer, c);
    return c;
}

void call_start(worker_t *w, http_request_t *request, str_t prefix)
{
    int64_t began_us = clock_boot_us();
    if (call_answer_hot(w, request, began_us)) {
        return;
    }
    call_t *c = begin(w, request, began_us);
    split_path(c, prefix);
    call_drive(c);
}

void call_start_for(worker_t *w, http_request_t *request, str_t prefix, caller_key_t *caller)
{
    call_t *c = begin(w, request, clock_boot_us());
    c->caller = caller;
    c->is_tried = true;
    split_path(c, prefix);
    call_drive(c);
}

void call_start_proxied(worker_t *w, http_request_t *request, str_t prefix)
{
    call_t *c = begin(w, request, clock_boot_us());
    c->proxied = arena_new_of(c->arena, proxied_t);
    split_path(c, prefix);
    call_drive(c);
}
