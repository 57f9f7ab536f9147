/* SPDX-License-Identifier: MIT */
/* The action's request, and its answer back to the caller: streamed at the caller's pace, or in one
 * piece where it is small or its body must be judged first. */
#include "base/clock.h"
#include "call/call_internal.h"
#include "definition/response.h"

/* What is tried out is held as far as the console shows it. */
enum { SMALL_BYTES = 64 * 1024, TRIED_BYTES = 1024 * 1024 };

/* So much of its body is held at most. */
static size_t held_most(const call_t *c)
{
    size_t judged = c->judges_body ? c->worker->options.answer_bytes_max : 0;
    size_t tried = c->is_tried ? TRIED_BYTES : 0;
    return judged > tried ? judged : tried;
}

/* --- the head --- */

static void on_head(void *context, int status, const message_header_t *headers, size_t count)
{
    call_t *c = context;
    c->head_us = clock_boot_us();
    call_keep_head(c, status, headers, count);
    c->judges_body = judge_needs_body(c, status) || shape_is_needed(c, status);
    c->repeat = judge_wants_nonce(c, status, headers, count) ? REPEAT_NEW_NONCE
                : judge_may_renew(c, status, NULL)           ? REPEAT_NEW_TOKEN
                                                             : REPEAT_NO;
    if (!c->repeat) {
        judge_head(c, status, headers, count, &c->failure);
        int64_t pause = judge_stated_pause(c, headers, count);
        if (retry_answer(c, call_is_repeatable(c), status, pause, &c->failure)) {
            c->repeat = REPEAT_FAILED;
        }
    }
    if (!c->repeat && !err_is_set(&c->failure)) {
        shape_head(c, headers, count);
    }
    size_t most = held_most(c);
    buf_init(&c->held, most > SMALL_BYTES ? most : SMALL_BYTES);
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
    if (c->is_tried) {
        call_mark_secrets(c);
    }
    http_stream_begin(c->request, c->status, c->headers, c->header_count, c->length);
    http_stream_on_writable(c->request, on_writable, c);
    http_stream_write(c->request, buf_view(&c->held));
    c->bytes = (int64_t)c->held.n;
    buf_fini(&c->held);
}

/* Whether a body of so many bytes, as far as it is known, stays here until it is whole. */
static bool is_held(const call_t *c, size_t more)
{
    bool small = c->length >= 0 && c->length <= SMALL_BYTES;
    /* What is too large to be judged is no error that a definition describes. */
    bool judged = c->held.n + more <= held_most(c);
    return !c->streaming && (small || judged);
}

static bool on_body(void *context, str_t bytes)
{
    call_t *c = context;
    if (c->repeat || err_is_set(&c->failure)) {
        return true; /* of no interest */
    }
    if (is_held(c, bytes.n)) {
        buf_str(&c->held, bytes);
        return true;
    }
    if (shape_is_needed(c, c->status)) {
        err_set(&c->failure, ERR_upstream_too_large,
                "the answer is too large to be read as a whole, as the action wants it");
        return true;
    }
    if (!c->streaming) {
        begin_stream(c);
    }
    c->bytes += (int64_t)bytes.n;
    return http_stream_write(c->request, bytes) <= HTTP_STREAM_HIGH;
}

/* --- the end --- */

static void judge_body(call_t *c)
{
    err_t unread = ERR_INIT;
    json_numbers_t *numbers;
    message_header_t *headers = arena_array_of(c->arena, message_header_t, c->header_count);
    for (size_t i = 0; i < c->header_count; i++) {
        headers[i] = (message_header_t){c->headers[i].name, c->headers[i].value};
    }
    upstream_answer_t answer = {c->status, headers, c->header_count, buf_view(&c->held)};
    json_t *body = answer_body_spelt(&answer, &numbers, &unread);
    c->repeat = judge_may_renew(c, c->status, body) ? REPEAT_NEW_TOKEN : REPEAT_NO;
    if (!c->repeat && judge_is_unauthorized(c, c->status, body)) {
        judge_set_unauthorized(c->status, &c->failure);
    } else if (!c->repeat && shape_is_needed(c, c->status)) {
        shape_answer(c, &answer, &body, numbers, &unread);
    }
    json_decref(body);
    json_numbers_free(numbers);
    err_fini(&unread);
}

/* The answer of a HEAD tells the length of a body that is not there. */
static void reply_held(call_t *c)
{
    c->bytes = (int64_t)c->held.n;
    if (c->is_tried) {
        call_mark_secrets(c);
    }
    call_tell(c, c->status, true, NULL);
    if (str_is(http_request_view(c->request)->method, "HEAD")) {
        http_stream_begin(c->request, c->status, c->headers, c->header_count, c->length);
        http_stream_end(c->request);
    } else {
        http_reply(c->request, c->status, c->headers, c->header_count, buf_view(&c->held));
    }
    call_end(c);
}

static void fail_outcome(call_t *c, const upstream_result_t *result)
{
    err_t err = ERR_INIT;
    judge_outcome(result, &err);
    judge_log_outcome(c, result);
    if (c->streaming) {
        call_abandon(c, &err); /* the caller must not take a part for the whole */
    } else {
        call_fail(c, &err);
    }
}

static void repeat(call_t *c)
{
    repeat_t why = c->repeat;
    c->repeat = REPEAT_NO;
    c->failure = ERR_INIT;
    buf_fini(&c->held);
    if (why == REPEAT_NEW_TOKEN) {
        call_renew_token(c);
    } else if (why == REPEAT_NEW_NONCE) {
        call_prove_again(c);
    } else {
        call_retry(c);
    }
}

static void on_done(void *context, const upstream_result_t *result, const upstream_answer_t *answer)
{
    call_t *c = context;
    (void)answer;
    call_answered(c, result, c->head_us ? c->status : 0);
    bool whole = result->outcome == UPSTREAM_OK;
    if (whole && c->judges_body && !c->streaming && !c->repeat && !err_is_set(&c->failure)) {
        judge_body(c);
    }
    if (!whole && !c->repeat && !c->streaming && !err_is_set(&c->failure) &&
        retry_outcome(c, call_is_repeatable(c), result)) {
        judge_log_outcome(c, result);
        c->repeat = REPEAT_FAILED;
    }
    if (c->repeat && result->outcome != UPSTREAM_TIMEOUT) {
        repeat(c);
    } else if (err_is_set(&c->failure)) { /* the head decided, however the rest came */
        call_fail(c, &c->failure);
    } else if (!whole) {
        fail_outcome(c, result);
    } else if (c->streaming) {
        call_tell(c, c->status, true, NULL);
        http_stream_end(c->request);
        call_end(c);
    } else {
        reply_held(c);
    }
}

static bool build(const call_t *c, build_t *b, upstream_request_t *out, err_t *err)
{
    if (c->proxied) {
        return build_proxied(b, c->proxied, out, err);
    }
    if (c->link && c->link != &LINK_STATE) {
        return build_follow(b, str_of(c->link->method), c->link_content, out, err);
    }
    return build_action(b, out, err);
}

bool call_is_repeatable(const call_t *c)
{
    bool follows = c->link && c->link != &LINK_STATE; /* by GET or DELETE */
    return follows || c->action->idempotent;
}

step_outcome_t call_send(call_t *c)
{
    static const upstream_sink_t SINK = {
        .on_head = on_head, .on_body = on_body, .on_done = on_done};
    build_t b;
    err_t err = ERR_INIT;
    upstream_request_t request;
    call_begin_build(c, &b);
    bool built = build(c, &b, &request, &err);
    if (!built) {
        step_outcome_t outcome = call_fail(c, &err);
        err_fini(&err);
        return outcome;
    }
    c->base_url = b.base_url;
    c->sent_url = request.url;
    upstream_terms_t terms = {.deadline_ms = c->deadline_ms,
                              .repeatable = call_is_repeatable(c),
                              .guarded = true,
                              .decode = shape_reads_body(c->action) || c->is_tried};
    call_ask(c, &request, &terms, &SINK);
    return STEP_PARKED;
}
