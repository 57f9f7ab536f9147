/* SPDX-License-Identifier: MIT */
/* The preparing calls of an action, one after the other. */
#include "base/clock.h"
#include "call/call_internal.h"
#include "definition/response.h"
#include "seal/hash.h"

static const int64_t OVER_CAPACITY_MS = 1000; /* what a call beyond the limit is told to wait */

void call_begin_build(call_t *c, build_t *b)
{
    *b = (build_t){.arena = c->arena,
                   .connection = c->connection,
                   .token = c->token,
                   .action = c->action,
                   .input = &c->input,
                   .steps = c->steps,
                   .more_query = c->poll_query,
                   .trace = call_trace(c),
                   .egress = c->worker->options.egress,
                   .wall_ms = clock_wall_ms()};
    if (!c->uuid[0]) {
        random_uuid(c->uuid);
    }
    memcpy(b->uuid, c->uuid, sizeof b->uuid);
}

void call_ask(call_t *c, const upstream_request_t *request, const upstream_terms_t *terms,
              const upstream_sink_t *sink)
{
    upstream_terms_t own = *terms;
    upstream_request_t proved = *request;
    c->sent_to = request->url;
    if (!c->action->no_auth) {
        own.identity = c->connection->identity;
        nonces_prove(c->worker->nonces, c->connection, c->token ? c->token->access_token : STR_NONE,
                     c->arena, &proved);
    }
    c->sent_us = clock_boot_us();
    c->head_us = 0;
    c->upstream = upstream_send(c->worker->upstream, &proved, &own, sink, c);
}

void call_answered(call_t *c, const upstream_result_t *result, int status)
{
    c->upstream = NULL;
    c->upstream_us += clock_boot_us() - c->sent_us;
    way_answer(c, result, status);
    call_count_request(c, result);
}

void call_prove_again(call_t *c)
{
    c->nonce_given = true;
    c->step = CALL_STEP_admit; /* the repeat takes a slot of its own */
    call_drive(c);
}

/* Safe methods (RFC 9110 9.2.1). */
static bool is_read(str_t method)
{
    return str_is(method, "GET") || str_is(method, "HEAD");
}

static void fail_step(call_t *c, const step_t *step, const upstream_answer_t *answer,
                      const json_t *body)
{
    err_t err = ERR_INIT;
    if (judge_is_unauthorized(c, answer->status, body)) {
        judge_set_unauthorized(answer->status, &err);
    }
    judge_head(c, answer->status, answer->headers, answer->header_count, &err);
    int64_t pause = judge_stated_pause(c, answer->headers, answer->header_count);
    if (retry_answer(c, is_read(step->request.method), answer->status, pause, &err)) {
        call_retry(c);
        return;
    }
    err.upstream_status = answer->status;
    err_set(&err, ERR_upstream_step_failed,
            "the preparing call `%.*s` was answered otherwise than expected", STR_ARG(step->name));
    call_fail(c, &err);
}

static void keep_answer(call_t *c, const step_t *step, const upstream_answer_t *answer,
                        json_t *body)
{
    if (!c->steps) {
        c->steps = json_object();
    }
    json_object_setn_new(c->steps, step->name.p, step->name.n,
                         answer_values(answer, body, clock_wall_ms()));
    c->step_index++;
    c->uuid[0] = '\0';
    call_drive(c);
}

/* A refusal in a 200 is none of the 2xx that are expected where nothing is said. */
static bool is_expected(const call_t *c, const step_t *step, int status, const json_t *body)
{
    const matches_t *expect = &step->request.expect;
    return matches_answer(expect, status, body) &&
           (expect->count || !judge_is_unauthorized(c, status, body));
}

static void take_answer(call_t *c, const step_t *step, const upstream_answer_t *answer)
{
    err_t ignored = ERR_INIT;
    if (judge_wants_nonce(c, answer->status, answer->headers, answer->header_count)) {
        call_prove_again(c);
        return;
    }
    json_t *body = answer_body(answer, &ignored);
    if (judge_may_renew(c, answer->status, body)) {
        json_decref(body);
        call_renew_token(c);
    } else if (!is_expected(c, step, answer->status, body)) {
        fail_step(c, step, answer, body);
        json_decref(body);
    } else {
        keep_answer(c, step, answer, body);
    }
}

static void on_step_done(void *context, const upstream_result_t *result,
                         const upstream_answer_t *answer)
{
    call_t *c = context;
    const step_t *step = &c->action->steps.list[c->step_index];
    call_answered(c, result, answer ? answer->status : 0);
    if (result->outcome == UPSTREAM_OK) {
        take_answer(c, step, answer);
        return;
    }
    judge_log_outcome(c, result);
    if (retry_outcome(c, is_read(step->request.method), result)) {
        call_retry(c);
        return;
    }
    err_t err = ERR_INIT;
    judge_outcome(result, &err);
    call_fail(c, &err);
}

static step_outcome_t send_step(call_t *c, const step_t *step)
{
    static const upstream_sink_t SINK = {.on_done = on_step_done};
    build_t b;
    err_t err = ERR_INIT;
    upstream_request_t request;
    call_begin_build(c, &b);
    if (!build_request(&b, &step->request, &request, &err)) {
        step_outcome_t outcome = call_fail(c, &err);
        err_fini(&err);
        return outcome;
    }
    upstream_terms_t terms = {.deadline_ms = c->deadline_ms,
                              .body_bytes_max = c->worker->options.answer_bytes_max,
                              .repeatable = is_read(request.method),
                              .guarded = true,
                              .decode = true};
    call_ask(c, &request, &terms, &SINK);
    return STEP_PARKED;
}

step_outcome_t call_refuse_over_capacity(call_t *c)
{
    err_t err = ERR_INIT;
    err.retry_after_ms = OVER_CAPACITY_MS;
    err_set(&err, ERR_over_capacity, "too many calls of this connection are in flight");
    return call_fail(c, &err);
}

/* The service gets no more calls of one connection at a time than it was promised. */
step_outcome_t call_prepare(call_t *c)
{
    c->entered = c->entered || worker_enter(c->worker, c->connection->name);
    if (!c->entered) {
        return call_refuse_over_capacity(c);
    }
    return c->step_index == c->action->steps.count
               ? STEP_NEXT
               : send_step(c, &c->action->steps.list[c->step_index]);
}
