/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "base/clock.h"
#include "codec/json.h"
#include "connection/flight_internal.h"

static void free_flight(flight_t *f)
{
    *f->at_of_all = f->next_of_all;
    if (f->next_of_all) {
        f->next_of_all->at_of_all = f->at_of_all;
    }
    loop_timer_clear(&f->timer);
    landing_fini(&f->landing);
    grant_metadata_unref(f->metadata);
    errand_scope_fini(&f->scope);
    errand_fini(&f->errand);
    arena_free(f->arena);
    free(f);
}

static void land(flight_t *f)
{
    issuer_leave(&f->ask);
    token_place_leave(&f->place);
    f->watch->on_landing(f->context, &f->landing);
    free_flight(f);
}

static void end_flight(flight_t *f)
{
    err_t err = ERR_INIT;
    if (f->call) {
        upstream_cancel(f->call);
        f->call = NULL;
    }
    err_set(&err, ERR_draining, "the host is shutting down");
    landing_refuse(&f->landing, FAILURE_LOCAL, &err);
    land(f);
}

bool flight_stays(const flight_t *f)
{
    bool is_sent = f->call || errand_answered(&f->errand);
    return f->keeping || (is_sent && f->watch->outlives_host);
}

/* The queued ones first, so that none of them takes off when a place becomes free. What is asked
 * for meanwhile lands by itself. */
void flights_end(manager_t *m)
{
    for (flight_t *f = m->flights, *next; f; f = next) {
        next = f->next_of_all;
        if (!f->call && !flight_stays(f)) {
            end_flight(f);
        }
    }
    for (flight_t *f = m->flights, *next; f; f = next) {
        next = f->next_of_all;
        if (f->call && !flight_stays(f)) {
            end_flight(f);
        }
    }
}

static void ask_next(flight_t *f);

static void read_and_land(flight_t *f, int status)
{
    landing_read(&f->landing, &f->errand);
    flight_check_token(f);
    flight_tell(f, status, STR(""));
    land(f);
}

static void take(flight_t *f, const upstream_answer_t *answer)
{
    const step_t *step = errand_next_step(&f->errand);
    if (!landing_take(&f->landing, &f->errand, answer)) {
        flight_tell(f, answer->status, step ? step->name : STR(""));
        land(f);
    } else if (errand_is_answered(&f->errand)) {
        read_and_land(f, answer->status);
    } else {
        token_place_leave(&f->place);
        ask_next(f);
    }
}

void flight_read(flight_t *f)
{
    f->keeping = false;
    take(f, &f->answers.list[f->answers.count - 1]);
}

static void tell_answer(flight_t *f)
{
    bool more = f->answers.count < grant_request_count(f->errand.grant);
    f->watch->on_answer(f->context, f, &f->answers, more);
}

void flight_hand_over(flight_t *f, const flight_watch_t *watch, void *context)
{
    f->watch = watch;
    f->context = context;
    if (watch->on_answer) {
        tell_answer(f);
    } else {
        flight_read(f);
    }
}

void flight_give_up(flight_t *f, const err_t *err)
{
    f->keeping = false;
    landing_refuse(&f->landing, FAILURE_LOCAL, err);
    f->landing.may_be_lost = true;
    flight_tell(f, f->answers.list[f->answers.count - 1].status, STR("its answer was not read"));
    land(f);
}

static void fail(flight_t *f, upstream_outcome_t outcome, bool sent, str_t detail)
{
    landing_fail(&f->landing, &f->errand, &(upstream_result_t){.outcome = outcome, .sent = sent});
    flight_tell(f, 0, detail);
    land(f);
}

/* What upstream lends for a moment, for the watch to make safe. */
static void keep(flight_t *f, const upstream_answer_t *answer)
{
    if (!answers_add(&f->answers, answer, f->arena)) {
        fail(f, UPSTREAM_TOO_LARGE, true, STR("all answers together"));
        return;
    }
    f->keeping = true;
    token_place_leave(&f->place); /* what the store takes its time for is no load of the host */
    tell_answer(f);
}

/* Of another endpoint: what the answer says, only who asked can tell. */
static void reply(flight_t *f, const upstream_answer_t *answer)
{
    token_place_leave(&f->place);
    f->watch->target->on_reply(f->context, answer);
    free_flight(f);
}

/* RFC 9449 8: nothing was done, and a proof with the nonce that came along will do; once. */
static bool wants_nonce(flight_t *f, const upstream_answer_t *answer)
{
    bool brings =
        f->errand.connection->proof_key &&
        nonces_keep(f->manager->nonces, f->request.url, answer->headers, answer->header_count);
    if (!brings || f->nonce_given || (answer->status != 400 && answer->status != 401)) {
        return false;
    }
    err_t ignored = ERR_INIT;
    json_t *body = json_read(answer->body, NULL, &ignored);
    f->nonce_given = str_is(json_member(body, "error"), "use_dpop_nonce");
    json_decref(body);
    return f->nonce_given;
}

static void on_done(void *context, const upstream_result_t *result, const upstream_answer_t *answer)
{
    flight_t *f = context;
    f->call = NULL;
    if (result->outcome != UPSTREAM_OK) {
        fail(f, result->outcome, result->sent, str_of(result->detail));
    } else if (wants_nonce(f, answer)) {
        token_place_leave(&f->place);
        ask_next(f); /* built anew: the client's own JWT is taken once */
    } else if (f->watch->target) {
        reply(f, answer);
    } else if (f->watch->on_answer) {
        keep(f, answer);
    } else {
        take(f, answer);
    }
}

void flight_launch(token_place_t *place)
{
    static const upstream_sink_t SINK = {.on_done = on_done};
    flight_t *f = STRUCT_OF(place, flight_t, place);
    loop_timer_clear(&f->timer);
    if (!f->landing.sent_at_ms) {
        f->landing.sent_at_ms = f->answers.sent_at_ms = clock_boot_ms();
    }
    if (f->errand.grant->dpop && !errand_next_step(&f->errand)) {
        nonces_prove(f->manager->nonces, f->errand.connection, STR_NONE, f->arena, &f->request);
    }
    upstream_terms_t terms = {.identity = f->errand.connection->identity,
                              .deadline_ms = f->deadline_ms,
                              .body_bytes_max = f->manager->options.token_answer_bytes_max,
                              .fresh_connection = true,
                              .decode = true};
    f->call = upstream_send(f->manager->upstream, &f->request, &terms, &SINK, f);
}

void flight_on_time(void *context)
{
    flight_t *f = context;
    err_t err = ERR_INIT;
    if (!f->landing.ok && !err_is_set(&f->landing.err)) {
        err_set(&err, ERR_token_endpoint_timeout, "too many token requests wait for this host");
        landing_stop(&f->landing, &f->errand, &err);
    }
    land(f);
}

void flight_queue(flight_t *f, token_host_t *host)
{
    loop_timer_set(&f->timer, f->deadline_ms);
    token_place_enter(&f->place, host, f->manager->options.token_requests_per_host);
}

void flight_stop_before(flight_t *f, const err_t *err)
{
    if (errand_answered(&f->errand) && err->code != ERR_draining) {
        landing_stop(&f->landing, &f->errand, err);
    } else {
        landing_refuse(&f->landing, FAILURE_LOCAL, err);
    }
}

static void ask_next(flight_t *f)
{
    token_host_t *host = NULL;
    err_t err = ERR_INIT;
    if (flight_prepare(f, &host, &err)) {
        flight_queue(f, host);
        return;
    }
    const step_t *step = errand_next_step(&f->errand);
    flight_stop_before(f, &err);
    flight_tell(f, 0, step ? step->name : STR(""));
    land(f);
}
