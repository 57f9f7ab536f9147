/* SPDX-License-Identifier: MIT */
/* What the answers of a service mean for a call: refused credentials, requests for a pause, and
 * what may not be passed on. */
#include "base/clock.h"
#include "base/log.h"
#include "call/call_internal.h"
#include "codec/form.h"
#include "definition/response.h"
#include "seal/hash.h"

/* Of a 429 that names no time: at random between the least and 2, 4, 8... s, the more there are in
 * a row. */
static const int64_t PAUSE_LEAST_MS = 1000;
static const int64_t PAUSE_MOST_MS = 60 * 1000;
enum { DOUBLINGS_MAX = 6 };

/* --- no answer --- */

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
    [UPSTREAM_BROKEN] = {ERR_upstream_unreachable,
                         "the service closed the connection without an answer"},
    [UPSTREAM_TRUNCATED] = {ERR_upstream_truncated, "the service broke off its answer"},
    [UPSTREAM_MALFORMED] = {ERR_upstream_malformed,
                            "the service answered something that is not HTTP"},
    [UPSTREAM_TOO_LARGE] = {ERR_upstream_too_large, "the service's answer is too large"},
};

void judge_outcome(const upstream_result_t *result, err_t *err)
{
    const outcome_row_t *row = &OUTCOMES[result->outcome];
    err->retry_after_ms = result->retry_after_ms;
    if (result->retry_after_ms) {
        err_set(err, row->code, "%s, again and again; it is let be for a while", row->text);
    } else {
        err_set(err, row->code, "%s", row->text);
    }
}

void judge_log_outcome(call_t *c, const upstream_result_t *result)
{
    log_event(LOG_WARN, "upstream.failed", LOG_S("request", http_request_id(c->request)),
              LOG_S("trace", str_of(call_trace(c)->trace_id)),
              LOG_S("connection", c->connection->name), LOG_S("action", c->action->name),
              LOG_S("code", str_of(err_code_name(OUTCOMES[result->outcome].code))),
              LOG_S("detail", str_of(result->detail)));
}

/* --- refused credentials --- */

static bool carries_credential(const call_t *c)
{
    return !c->action->no_auth && c->connection->auth->type != AUTH_NONE;
}

bool judge_is_unauthorized(const call_t *c, int status, const json_t *body)
{
    const matches_t *unauthorized = &c->connection->auth->unauthorized;
    return carries_credential(c) &&
           (unauthorized->count ? matches_answer(unauthorized, status, body) : status == 401);
}

static bool names_status(const match_t *match, int status)
{
    bool named = match->status_count == 0;
    for (size_t i = 0; i < match->status_count; i++) {
        named = named || match->statuses[i] == status;
    }
    return named;
}

bool judge_needs_body(const call_t *c, int status)
{
    const matches_t *unauthorized = &c->connection->auth->unauthorized;
    bool needed = false;
    for (size_t i = 0; i < unauthorized->count; i++) {
        const match_t *match = &unauthorized->list[i];
        needed = needed || (match->body && names_status(match, status));
    }
    return needed && carries_credential(c) && !judge_is_unauthorized(c, status, NULL);
}

bool judge_may_renew(const call_t *c, int status, const json_t *body)
{
    return c->token && !c->refused_token && judge_is_unauthorized(c, status, body);
}

bool judge_wants_nonce(call_t *c, int status, const message_header_t *headers, size_t count)
{
    bool brings =
        c->connection->proof_key && nonces_keep(c->worker->nonces, c->sent_to, headers, count);
    return brings && status == 401 && !c->nonce_given && proof_nonce_is_asked(headers, count);
}

void judge_set_unauthorized(int status, err_t *err)
{
    err->upstream_status = status;
    err_set(err, ERR_upstream_unauthorized, "the service refused the connection's credentials");
}

/* --- pauses --- */

const retry_definition_t *call_retry_definition(const call_t *c)
{
    return c->action->has_retry ? &c->action->retry : &c->connection->connector->retry;
}

/* Of a header that the definition names in the place of Retry-After. */
static int64_t pause_of_named(str_t name, const message_header_t *headers, size_t count,
                              int64_t wall_ms)
{
    int64_t longest = 0;
    for (size_t i = 0; i < count; i++) {
        if (str_eq_nocase(headers[i].name, name)) {
            message_header_t as = {STR("Retry-After"), headers[i].value};
            int64_t ms = message_retry_after_ms(&as, 1, wall_ms);
            longest = ms > longest ? ms : longest;
        }
    }
    return longest;
}

int64_t judge_stated_pause(const call_t *c, const message_header_t *headers, size_t count)
{
    const retry_definition_t *retry = call_retry_definition(c);
    int64_t wall_ms = clock_wall_ms();
    int64_t pause = 0;
    for (size_t i = 0; i < retry->after_count && !pause; i++) {
        pause = pause_of_named(retry->after[i], headers, count, wall_ms);
    }
    for (size_t i = 0; i < retry->at_count && !pause; i++) {
        pause = message_pause_ms(headers, count, wall_ms, retry->at[i]);
    }
    return pause ? pause : message_pause_ms(headers, count, wall_ms, STR_NONE);
}

/* Answers that meet the same burst count once: while the gate is closed, it stays as it is. */
static int64_t unstated_pause(const call_t *c)
{
    const connection_t *connection = c->connection;
    int64_t now = clock_boot_ms();
    int64_t closed_until = throttle_gate_until(c->worker->options.throttle,
                                               connection->connector_id, connection->name);
    if (closed_until > now) {
        return closed_until - now;
    }
    unsigned before = worker_count_refusal(c->worker, connection->name);
    int64_t most = 2 * PAUSE_LEAST_MS << (before < DOUBLINGS_MAX ? before : DOUBLINGS_MAX);
    most = most < PAUSE_MOST_MS ? most : PAUSE_MOST_MS;
    uint16_t r;
    random_bytes(&r, sizeof r);
    return PAUSE_LEAST_MS + (most - PAUSE_LEAST_MS) * r / UINT16_MAX;
}

/* The service asks for a pause: nobody calls it on this connection before that is over. */
static int64_t close_gate(const call_t *c, int status, int64_t pause)
{
    if (pause) {
        manager_close_gate(c->worker->options.manager, c->connection, clock_boot_ms() + pause);
        log_event(LOG_WARN, "upstream.paused", LOG_S("request", http_request_id(c->request)),
                  LOG_S("connection", c->connection->name), LOG_S("action", c->action->name),
                  LOG_I("status", status), LOG_I("ms", pause));
    }
    return pause;
}

/* The service counts what is left, in a header that the definition names, and this was the last. */
static bool is_used_up(const call_t *c, const message_header_t *headers, size_t count)
{
    uint64_t left;
    str_t name = call_retry_definition(c)->remaining;
    for (size_t i = 0; i < count && name.n; i++) {
        if (str_eq_nocase(headers[i].name, name)) {
            return str_to_u64(str_trim(headers[i].value), &left) && left == 0;
        }
    }
    return false;
}

/* --- the head as a whole --- */

static bool is_redirect(int status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

static bool is_html_for_json(const call_t *c, int status, const message_header_t *headers,
                             size_t count)
{
    return status < 300 &&
           media_type_is(message_header_get(headers, count, "content-type"), "text/html") &&
           media_type_is_json(c->action->output_type);
}

void judge_head(call_t *c, int status, const message_header_t *headers, size_t count, err_t *err)
{
    if (status != 429) {
        worker_forget_refusals(c->worker, c->connection->name);
        if (status == 503 || is_used_up(c, headers, count)) {
            close_gate(c, status, judge_stated_pause(c, headers, count));
        }
    }
    if (status == 429) {
        int64_t pause = judge_stated_pause(c, headers, count);
        err->retry_after_ms = close_gate(c, status, pause ? pause : unstated_pause(c));
        err_set(err, ERR_upstream_throttled, "the service asked for a pause");
    } else if (is_redirect(status)) {
        err_set(err, ERR_upstream_redirect, "the service answered %d; redirects are not followed",
                status);
    } else if ((status == 401 && carries_credential(c)) || judge_is_unauthorized(c, status, NULL)) {
        judge_set_unauthorized(status, err);
    } else if (is_html_for_json(c, status, headers, count)) {
        err_set(err, ERR_upstream_content_type,
                "the service answered HTML where the action declares JSON");
    }
    if (err_is_set(err)) {
        err->upstream_status = status;
    }
}
