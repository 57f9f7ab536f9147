/* SPDX-License-Identifier: MIT */
/* Answers of token actions, and of those that came before with the same bytes. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "call/call_internal.h"

/* --- answer_token --- */

/* RFC 9211. */
static const char HIT[] = "hit";
static const char MISS[] = "fwd=miss; stored";
static const char ASKED_FOR[] = "fwd=request; stored";
static const char NOT_KEPT[] = "fwd=miss";

static const char *cache_status(const call_t *c)
{
    if (c->token_hit) {
        return HIT;
    }
    if (c->token->reuse_until_ms == 0) {
        return NOT_KEPT;
    }
    return call_wants_fresh(c) ? ASKED_FOR : MISS;
}

/* The answer of a token action (DESIGN 4). */
static void reply_token(http_request_t *request, const token_t *token, const char *how, int64_t now,
                        str_t ratelimit, str_t policy)
{
    char text[64];
    buf_t status = {.p = text, .capacity = sizeof text, .ceiling = sizeof text};
    buf_lit(&status, "tenon; ");
    buf_lit(&status, how);
    buf_lit(&status, "; ttl=");
    buf_i64(&status, token_seconds_left(token, now));
    http_header_t headers[] = {
        {STR("content-type"), STR("application/json")},
        {STR("cache-control"), STR("no-store")},
        {STR("content-security-policy"), STR("sandbox; default-src 'none'")},
        {STR("x-content-type-options"), STR("nosniff")},
        {STR("cache-status"), buf_view(&status)},
        {STR("ratelimit"), ratelimit},
        {STR("ratelimit-policy"), policy},
    };
    enum { ALL = sizeof headers / sizeof *headers };
    char small[4096];
    size_t need = token->head.n + token->tail.n + 24;
    char *bytes = need <= sizeof small ? small : mem_alloc(need);
    buf_t body = {.p = bytes, .capacity = need, .ceiling = need};
    token_write_answer(token, now, &body);
    http_reply(request, 200, headers, ratelimit.n ? ALL : ALL - 2, buf_view(&body));
    if (bytes != small) {
        free(bytes);
    }
}

/* What the bytes of a call do not tell must not decide its answer: header fields stand outside of
 * what the call is recognised by. What was looked up before a change came to this loop is not kept
 * beyond it. */
static bool may_be_hot(const call_t *c, int64_t now)
{
    const fields_t *input = &c->action->input;
    for (size_t i = 0; i < input->count; i++) {
        if (input->list[i].in == IN_HEADER) {
            return false;
        }
    }
    return c->changes_seen == c->worker->changes && now < c->token->reuse_until_ms;
}

static void keep_hot(const call_t *c)
{
    hot_entry_t entry = {.token_key = c->token_key,
                         .seat = worker_seat(c->worker, c->connection, c->action, c->caller),
                         .connection = c->connection,
                         .action = c->action,
                         .key_expires_wall_ms = c->caller->expires_wall_ms};
    hot_put(c->worker->hot, hot_identify(http_request_view(c->request)), &entry);
}

step_outcome_t call_answer_token(call_t *c)
{
    if (c->action->kind == ACTION_REQUEST) {
        return STEP_NEXT;
    }
    int64_t now = clock_boot_ms();
    if (may_be_hot(c, now)) {
        keep_hot(c); /* before the answer, which ends the request */
    }
    call_tell(c, 200, true, NULL);
    reply_token(c->request, c->token, cache_status(c), now,
                str_at(c->ratelimit, c->ratelimit_length), c->policy);
    call_end(c);
    return STEP_DONE;
}

/* --- hot calls --- */

static const limit_refusal_t *refusal_of(const hot_entry_t *e, const throttle_verdict_t *v)
{
    const http_problem_t names = {.connector = e->connection->connector_id,
                                  .connection = e->connection->name,
                                  .action = e->action->name};
    return seat_refusal(e->seat, v, &names);
}

/* Limits and answer of a call that was recognised. False: it has to go the long way, and has taken
 * no slot. */
static bool answer_seated(const worker_t *w, http_request_t *request, const hot_entry_t *e,
                          const token_t *token, int64_t began_us)
{
    call_outcome_t outcome = {.status = 200, .token = TOKEN_HIT, .began_us = began_us};
    int64_t now = began_us / 1000;
    throttle_verdict_t v;
    char ratelimit[RATELIMIT_BYTES];
    throttle_admit(e->seat->throttle, now, &v);
    str_t limit = str_at(ratelimit, seat_write_ratelimit(e->seat, &v, ratelimit));
    if (v.admitted) {
        way_write_hot(w, request, e, &outcome, tally_count(&e->seat->tally, &outcome));
        reply_token(request, token, HIT, now, limit, str_of(e->seat->policy));
        return true;
    }
    if (!v.by_gate && e->seat->limits[v.limit]->wait) {
        return false;
    }
    const limit_refusal_t *refusal = refusal_of(e, &v);
    const http_header_t further = {STR("ratelimit"), limit};
    outcome.status = err_code_status(refusal->code);
    outcome.code = refusal->code;
    way_write_hot(w, request, e, &outcome, tally_count(&e->seat->tally, &outcome));
    http_reply_problem_form(request, refusal->form, limit.n ? &further : NULL);
    return true;
}

bool call_answer_hot(worker_t *w, http_request_t *request, int64_t began_us)
{
    const http_view_t *view = http_request_view(request);
    if (w->options.log_calls == LOG_CALLS_ALL ||
        events_is_heard(w->options.events, EVENT_CALL_DONE)) {
        return false; /* whoever wants to read of every call gives up the shortest way */
    }
    if (view->cache_control.n || view->content_encoding.n) {
        return false;
    }
    const hot_entry_t *e = hot_get(w->hot, hot_identify(view));
    if (!e || (e->key_expires_wall_ms && clock_wall_ms() >= e->key_expires_wall_ms)) {
        return false;
    }
    err_t refusal;
    token_t *token = token_cache_get(w->tokens, e->token_key, began_us / 1000, &refusal);
    bool answered = token && answer_seated(w, request, e, token, began_us);
    token_unref(token);
    return answered;
}
