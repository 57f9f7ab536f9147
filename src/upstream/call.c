/* SPDX-License-Identifier: MIT */
#include "base/clock.h"
#include "base/fatal.h"
#include "upstream/transfer.h"

static void give_back(upstream_t *u, CURL *easy)
{
    if (u->idle_count == IDLE_HANDLES_MAX) {
        curl_easy_cleanup(easy);
        return;
    }
    curl_easy_reset(easy);
    u->idle[u->idle_count++] = easy;
}

static CURL *take_handle(upstream_t *u)
{
    CURL *easy = u->idle_count ? u->idle[--u->idle_count] : curl_easy_init();
    if (!easy) {
        fatal_abort("no memory for a transfer");
    }
    return easy;
}

static void forget_work(upstream_call_t *call)
{
    upstream_t *u = call->upstream;
    upstream_call_t **at = &u->work;
    while (*at && *at != call) {
        at = &(*at)->next_work;
    }
    if (*at) {
        *at = call->next_work;
        if (!*at) {
            u->work_end = at;
        }
    }
}

/* Takes a call out of everything that knows it. Not while libcurl is running. */
static void detach(upstream_call_t *call)
{
    upstream_t *u = call->upstream;
    if (call->work != WORK_NONE) {
        forget_work(call);
    }
    loop_timer_clear(&call->deadline);
    if (call->easy) {
        curl_multi_remove_handle(u->multi, call->easy);
        give_back(u, call->easy);
        call->easy = NULL;
    }
    *(call->previous ? &call->previous->next : &u->calls) = call->next;
    if (call->next) {
        call->next->previous = call->previous;
    }
    u->in_flight--;
}

static void destroy(upstream_call_t *call)
{
    head_fini(&call->head);
    buf_fini(&call->answer);
    request_wipe(call);
    arena_free(call->arena);
}

/* An answer that began is one, however it ended. */
static void tell_breaker(const upstream_call_t *call, const upstream_result_t *result)
{
    const upstream_t *u = call->upstream;
    breaker_t *breaker = u->breaker;
    if (!call->terms.guarded || call->breaker == BREAKER_OPEN) {
        return;
    }
    if (call->cancelled) {
        breaker_withdraw(breaker, call->authority, call->breaker);
        return;
    }
    circuit_change_t change =
        breaker_end(breaker, call->authority, call->breaker,
                    call->head.complete ? UPSTREAM_OK : result->outcome, clock_boot_ms());
    if (change != CIRCUIT_STAYS && u->on_circuit) {
        u->on_circuit(u->circuit_context, call->authority, change == CIRCUIT_OPENS, result->detail);
    }
}

void call_finish(upstream_call_t *call, CURLcode code)
{
    upstream_result_t result;
    outcome_read(call, code, &result);
    tell_breaker(call, &result);
    detach(call);
    if (!call->cancelled) {
        const upstream_answer_t answer = {call->head.status, call->head.headers,
                                          call->head.header_count,
                                          call->sink.on_body ? STR_NONE : buf_view(&call->answer)};
        call->sink.on_done(call->context, &result, result.outcome == UPSTREAM_OK ? &answer : NULL);
    }
    destroy(call);
}

void call_on_deadline(void *context)
{
    upstream_call_t *call = context;
    outcome_judge(call, UPSTREAM_TIMEOUT,
                  call->head.complete ? "the deadline passed within the answer"
                                      : "the deadline passed");
    call_finish(call, CURLE_OPERATION_TIMEDOUT);
}

/* --- work for the next turn --- */

void call_put_off(upstream_call_t *call, upstream_work_t work)
{
    upstream_t *u = call->upstream;
    if (call->work == WORK_NONE) {
        call->next_work = NULL;
        *u->work_end = call;
        u->work_end = &call->next_work;
    }
    call->work = work;
    loop_timer_set(&u->work_timer, clock_boot_ms());
}

static void give_to_libcurl(upstream_call_t *call)
{
    if (curl_multi_add_handle(call->upstream->multi, call->easy) != CURLM_OK) {
        fatal_abort("no memory for a transfer");
    }
}

void call_begin(upstream_call_t *call)
{
    call->easy = take_handle(call->upstream);
    transfer_configure(call);
    give_to_libcurl(call);
}

void call_start_again(upstream_call_t *call)
{
    call->stale = false;
    call->curl_words[0] = 0;
    curl_multi_remove_handle(call->upstream->multi, call->easy);
    curl_easy_setopt(call->easy, CURLOPT_FRESH_CONNECT, 1L);
    give_to_libcurl(call);
}

static void resume(upstream_call_t *call)
{
    upstream_t *u = call->upstream;
    if (call->paused || !call->held) {
        return;
    }
    call->held = false;
    /* Hands over what was held back; libcurl leaves a failure in there to us. */
    u->inside = true;
    CURLcode code = curl_easy_pause(call->easy, CURLPAUSE_CONT);
    u->inside = false;
    if (code != CURLE_OK) {
        call_finish(call, code);
    }
}

static void do_work(upstream_call_t *call)
{
    upstream_work_t work = call->work;
    call->work = WORK_NONE;
    switch (work) {
    case WORK_START:
        call_begin(call);
        break;
    case WORK_RESUME:
        resume(call);
        break;
    case WORK_FAIL:
    case WORK_DROP:
        call_finish(call, CURLE_OK);
        break;
    case WORK_NONE:
        break;
    }
}

/* No more than there was at the beginning: a sink may send again at once, and the loop has others
 * to serve. */
void call_on_work(void *context)
{
    upstream_t *u = context;
    size_t left = 0;
    for (const upstream_call_t *call = u->work; call; call = call->next_work) {
        left++;
    }
    for (; left && u->work; left--) {
        upstream_call_t *call = u->work;
        forget_work(call);
        do_work(call);
    }
    if (u->work) {
        loop_timer_set(&u->work_timer, clock_boot_ms());
    }
}
