/* SPDX-License-Identifier: MIT */
/* The service's side of a call: the action's preparing calls, its request, and the answer back to the caller -
 * streamed, with the caller's pace, or in one piece where it is small. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "call/call_internal.h"
#include "codec/form.h"
#include "codec/json.h"
#include "definition/response.h"
#include "seal/hash.h"

enum { SMALL_BYTES = 64 * 1024 };
static const int64_t PAUSE_DEFAULT_MS = 1000; /* of a 429 that names no time */
static const int64_t OVER_CAPACITY_MS = 1000; /* what a call beyond the limit is told to wait */

/* --- what is common --- */

typedef struct outcome_row {
    err_code_t code;
    const char *text;
} outcome_row_t;

static const outcome_row_t OUTCOMES[] = {
    [UPSTREAM_OK] = {ERR_none, ""},
    [UPSTREAM_UNREACHABLE] = {ERR_upstream_unreachable, "the service could not be reached"},
    [UPSTREAM_TLS] = {ERR_upstream_tls, "the TLS connection to the service failed"},
    [UPSTREAM_DENIED] = {ERR_egress_denied, "the service's address may not be called"},
    [UPSTREAM_TIMEOUT] = {ERR_upstream_timeout, "the service did not answer in time"},
    [UPSTREAM_BROKEN] = {ERR_upstream_unreachable, "the service closed the connection without an answer"},
    [UPSTREAM_TRUNCATED] = {ERR_upstream_truncated, "the service broke off its answer"},
    [UPSTREAM_MALFORMED] = {ERR_upstream_malformed, "the service answered something that is not HTTP"},
    [UPSTREAM_TOO_LARGE] = {ERR_upstream_too_large, "the service's answer is too large"},
};

static void log_outcome(const call_t *c, const upstream_result_t *result)
{
    log_event(LOG_WARN, "upstream.failed", LOG_S("request", http_request_id(c->request)),
              LOG_S("connection", c->connection->name), LOG_S("action", c->action->name),
              LOG_S("code", str_of(err_code_name(OUTCOMES[result->outcome].code))),
              LOG_S("detail", str_of(result->detail)));
}

static step_outcome_t fail_outcome(call_t *c, const upstream_result_t *result)
{
    err_t err = ERR_INIT;
    err_set(&err, OUTCOMES[result->outcome].code, "%s", OUTCOMES[result->outcome].text);
    log_outcome(c, result);
    return call_fail(c, &err);
}

static void begin_build(call_t *c, build_t *b)
{
    *b = (build_t){.arena = c->arena,
                   .connection = c->connection,
                   .token = c->token,
                   .action = c->action,
                   .input = &c->input,
                   .steps = c->steps,
                   .egress = c->worker->options.egress,
                   .wall_ms = clock_wall_ms()};
    random_uuid(b->uuid);
}

/* A token that the service refuses is replaced once, and the call repeated once. */
static bool may_renew(const call_t *c, int status, const json_t *body)
{
    const matches_t *unauthorized = &c->connection->auth->unauthorized;
    bool expired = unauthorized->count ? matches_answer(unauthorized, status, body) : status == 401;
    return expired && c->token && !c->repeated && !c->action->no_auth;
}

static void renew(call_t *c)
{
    c->repeated = true;
    json_decref(c->steps);
    c->steps = NULL;
    c->step_index = 0;
    call_renew_token(c);
    call_drive(c);
}

/* --- preparing calls --- */

static void fail_step(call_t *c, const char *why, int status)
{
    err_t err = ERR_INIT;
    err.upstream_status = status;
    err_set(&err, ERR_upstream_step_failed, "the preparing call `%.*s` %s",
            STR_ARG(c->action->steps.list[c->step_index].name), why);
    call_fail(c, &err);
}

static void on_step_done(void *context, const upstream_result_t *result, const upstream_answer_t *answer)
{
    call_t *c = context;
    c->upstream = NULL;
    if (result->outcome != UPSTREAM_OK) {
        fail_outcome(c, result);
        return;
    }
    const step_t *step = &c->action->steps.list[c->step_index];
    err_t ignored = ERR_INIT;
    json_t *body = answer_body(answer, &ignored);
    if (may_renew(c, answer->status, body)) {
        json_decref(body);
        renew(c);
        return;
    }
    if (!matches_answer(&step->request.expect, answer->status, body)) {
        json_decref(body);
        fail_step(c, "was answered otherwise than expected", answer->status);
        return;
    }
    if (!c->steps) {
        c->steps = json_object();
    }
    json_object_setn_new(c->steps, step->name.p, step->name.n, answer_values(answer, body));
    c->step_index++;
    call_drive(c);
}

/* The service gets no more calls of one connection at a time than it was promised. */
static bool enter(call_t *c)
{
    c->entered = c->entered || worker_enter(c->worker, c->connection->name);
    return c->entered;
}

step_outcome_t call_prepare(call_t *c)
{
    if (!enter(c)) {
        err_t err = ERR_INIT;
        err.retry_after_ms = OVER_CAPACITY_MS;
        err_set(&err, ERR_over_capacity, "too many calls of this connection are in flight");
        return call_fail(c, &err);
    }
    if (c->step_index == c->action->steps.count) {
        return STEP_NEXT;
    }
    static const upstream_sink_t SINK = {.on_done = on_step_done};
    const step_t *step = &c->action->steps.list[c->step_index];
    build_t b;
    err_t err = ERR_INIT;
    upstream_request_t request;
    begin_build(c, &b);
    if (!build_request(&b, &step->request, &request, &err)) {
        step_outcome_t outcome = call_fail(c, &err);
        err_fini(&err);
        return outcome;
    }
    upstream_terms_t terms = {.deadline_ms = c->deadline_ms,
                              .body_bytes_max = c->worker->options.answer_bytes_max,
                              .repeatable = str_is(request.method, "GET") || str_is(request.method, "HEAD"),
                              .decode = true};
    c->upstream = upstream_send(c->worker->upstream, &request, &terms, &SINK, c);
    return STEP_PARKED;
}

/* --- the head of the answer --- */

/* Connection-specific fields (RFC 9110 7.6.1), what Tenon says itself, and what the service meant for a browser that
 * talks to it directly. */
static bool passes_on(str_t name)
{
    static const char *const KEPT_BACK[] = {
        "connection",  "keep-alive",   "proxy-connection", "transfer-encoding", "upgrade", "te",       "trailer",
        "set-cookie",  "set-cookie2",  "server",           "date",              "alt-svc", "x-powered-by",
        "content-length", "proxy-authenticate", "strict-transport-security", "public-key-pins", "clear-site-data",
        "content-security-policy", "x-content-type-options", "x-frame-options", "report-to", "nel",
        "x-request-id", "tenon-error", "ratelimit", "ratelimit-policy",
    };
    static const char *const PREFIXES[] = {"access-control-", "sec-", "cross-origin-"};
    for (size_t i = 0; i < sizeof KEPT_BACK / sizeof *KEPT_BACK; i++) {
        if (str_eq_nocase(name, str_of(KEPT_BACK[i]))) {
            return false;
        }
    }
    for (size_t i = 0; i < sizeof PREFIXES / sizeof *PREFIXES; i++) {
        str_t prefix = str_of(PREFIXES[i]);
        if (name.n > prefix.n && str_eq_nocase(str_slice(name, 0, prefix.n), prefix)) {
            return false;
        }
    }
    return true;
}

/* Fields that the answer's own Connection names. */
static bool is_listed(str_t connection, str_t name)
{
    while (connection.n) {
        if (str_eq_nocase(str_trim(str_cut(&connection, ',')), name)) {
            return true;
        }
    }
    return false;
}

static str_t lower_in(arena_t *arena, str_t s)
{
    char *copy = arena_alloc(arena, s.n + 1);
    for (size_t i = 0; i < s.n; i++) {
        copy[i] = ascii_lower(s.p[i]);
    }
    return str_at(copy, s.n);
}

static void keep_headers(call_t *c, const message_header_t *headers, size_t count)
{
    str_t connection = message_header_get(headers, count, "connection");
    enum { OWN = 4 };
    c->headers = arena_array_of(c->arena, http_header_t, count + OWN);
    c->header_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (passes_on(headers[i].name) && !is_listed(connection, headers[i].name)) {
            c->headers[c->header_count++] =
                (http_header_t){lower_in(c->arena, headers[i].name), arena_str(c->arena, headers[i].value)};
        }
    }
    c->headers[c->header_count++] = (http_header_t){STR("content-security-policy"), STR("sandbox; default-src 'none'")};
    c->headers[c->header_count++] = (http_header_t){STR("x-content-type-options"), STR("nosniff")};
    if (c->ratelimit_length) {
        c->headers[c->header_count++] = (http_header_t){STR("ratelimit"), str_at(c->ratelimit, c->ratelimit_length)};
        c->headers[c->header_count++] = (http_header_t){STR("ratelimit-policy"), c->policy};
    }
    uint64_t length;
    str_t written = message_header_get(headers, count, "content-length");
    c->length = written.p && str_to_u64(written, &length) && length <= INT64_MAX ? (int64_t)length : -1;
}

static bool is_redirect(int status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

static const retry_definition_t *retry_of(const call_t *c)
{
    return c->action->has_retry ? &c->action->retry : &c->connection->connector->retry;
}

/* The service asks for a pause: nobody calls it on this connection before that is over. */
static int64_t close_gate(call_t *c, int status, const message_header_t *headers, size_t count)
{
    const retry_definition_t *retry = retry_of(c);
    str_t epoch = retry->at_count ? retry->at[0] : STR_NONE;
    int64_t pause = message_pause_ms(headers, count, clock_wall_ms(), epoch);
    if (!pause && status == 429) {
        uint16_t r;
        random_bytes(&r, sizeof r);
        pause = PAUSE_DEFAULT_MS + PAUSE_DEFAULT_MS * r / UINT16_MAX;
    }
    if (pause) {
        manager_close_gate(c->worker->options.manager, c->connection, clock_boot_ms() + pause);
    }
    return pause;
}

static str_t explanation(const call_t *c, int status)
{
    char name[8];
    snprintf(name, sizeof name, "%d", status);
    return json_member(c->connection->connector->explain, name);
}

static void find_unauthorized(call_t *c, int status)
{
    str_t why = explanation(c, status);
    if (c->connection->auth->type == AUTH_NONE || c->action->no_auth) {
        return;
    }
    if (why.n) {
        err_set(&c->failure, ERR_upstream_unauthorized, "%.*s", STR_ARG(why));
    } else {
        err_set(&c->failure, ERR_upstream_unauthorized, "the service refused the connection's credentials");
    }
}

/* What the head alone decides: c->failure where the answer is not passed on. */
static void judge_head(call_t *c, int status, const message_header_t *headers, size_t count)
{
    if (is_redirect(status)) {
        err_set(&c->failure, ERR_upstream_redirect, "the service answered %d; redirects are not followed", status);
    } else if (status == 429) {
        c->failure.retry_after_ms = close_gate(c, status, headers, count);
        err_set(&c->failure, ERR_upstream_throttled, "the service asked for a pause");
    } else if (status == 503) {
        close_gate(c, status, headers, count);
    } else if (status == 401) {
        find_unauthorized(c, status);
    } else if (status < 300 && media_type_is(message_header_get(headers, count, "content-type"), "text/html") &&
               media_type_is_json(c->action->output_type)) {
        err_set(&c->failure, ERR_upstream_content_type, "the service answered HTML where the action declares JSON");
    }
    if (err_is_set(&c->failure)) {
        c->failure.upstream_status = status;
    }
}

static void on_head(void *context, int status, const message_header_t *headers, size_t count)
{
    call_t *c = context;
    c->status = status;
    keep_headers(c, headers, count);
    c->discards = may_renew(c, status, NULL);
    if (!c->discards) {
        judge_head(c, status, headers, count);
    }
    c->discards = c->discards || err_is_set(&c->failure);
    buf_init(&c->small, SMALL_BYTES);
}

/* --- the body --- */

static void on_writable(void *context)
{
    call_t *c = context;
    if (c->upstream) {
        upstream_resume(c->upstream);
    }
}

static void begin_stream(call_t *c)
{
    c->streaming = true;
    http_stream_begin(c->request, c->status, c->headers, c->header_count, c->length);
    http_stream_on_writable(c->request, on_writable, c);
    if (c->small.n) {
        http_stream_write(c->request, buf_view(&c->small));
        buf_clear(&c->small);
    }
}

static bool on_body(void *context, str_t bytes)
{
    call_t *c = context;
    if (c->discards) {
        return true;
    }
    bool small = !c->streaming && c->length >= 0 && c->length <= SMALL_BYTES;
    if (small) {
        buf_str(&c->small, bytes);
        return true;
    }
    if (!c->streaming) {
        begin_stream(c);
    }
    return http_stream_write(c->request, bytes) <= HTTP_STREAM_HIGH;
}

static void fail_relay(call_t *c, const upstream_result_t *result)
{
    if (!c->streaming) {
        fail_outcome(c, result);
        return;
    }
    log_outcome(c, result);
    http_stream_abort(c->request); /* the caller must not take a part for the whole */
    call_end(c);
}

static void on_done(void *context, const upstream_result_t *result, const upstream_answer_t *answer)
{
    call_t *c = context;
    (void)answer;
    c->upstream = NULL;
    if (result->outcome != UPSTREAM_OK) {
        fail_relay(c, result);
    } else if (may_renew(c, c->status, NULL) && c->discards) {
        renew(c);
    } else if (err_is_set(&c->failure)) {
        err_t err = c->failure;
        call_fail(c, &err);
    } else if (c->streaming) {
        http_stream_end(c->request);
        call_end(c);
    } else {
        http_reply(c->request, c->status, c->headers, c->header_count, buf_view(&c->small));
        call_end(c);
    }
}

step_outcome_t call_send(call_t *c)
{
    static const upstream_sink_t SINK = {.on_head = on_head, .on_body = on_body, .on_done = on_done};
    build_t b;
    err_t err = ERR_INIT;
    upstream_request_t request;
    begin_build(c, &b);
    if (!build_action(&b, &request, &err)) {
        step_outcome_t outcome = call_fail(c, &err);
        err_fini(&err);
        return outcome;
    }
    buf_fini(&c->small);
    upstream_terms_t terms = {.deadline_ms = c->deadline_ms, .repeatable = c->action->idempotent};
    c->upstream = upstream_send(c->worker->upstream, &request, &terms, &SINK, c);
    return STEP_PARKED;
}
