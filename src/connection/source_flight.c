/* SPDX-License-Identifier: MIT */
/* What a source waits for, and what it asks for: a refresh with what the last answer left, or a
 * sign-in by what the connection stores. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "connection/source_internal.h"

/* --- flights of a source --- */

source_flight_t *source_new_flight(source_t *s, const token_ask_t *ask)
{
    source_flight_t *f = mem_new(source_flight_t);
    f->source = s;
    f->ask = *ask;
    f->ask.connection = connection_ref(ask->connection);
    f->ask.input =
        json_deep_copy(ask->input); /* the asker's own thread counts the references of its */
    f->err = ERR_INIT;
    s->flying++;
    s->flight = f;
    return f;
}

void source_join(source_flight_t *f, token_waiter_t *waiter)
{
    waiter->next = f->waiters;
    f->waiters = waiter;
}

token_waiter_t *source_end_flight(source_flight_t *f)
{
    token_waiter_t *waiters = f->waiters;
    if (f->source->flight == f) {
        f->source->flight = NULL;
    }
    f->source->flying--;
    connection_unref(f->ask.connection);
    json_decref(f->ask.input);
    errand_fini(&f->errand);
    holding_fini(&f->holding);
    revocation_begin(f->gives_back);
    token_unref(f->token);
    if (f->arena) {
        arena_free(f->arena);
    }
    free(f);
    return waiters;
}

void source_send_back(token_waiter_t *w)
{
    for (token_waiter_t *next; w; w = next) {
        next = w->next;
        w->ask_again(w->context);
    }
}

bool source_turn_back(source_flight_t *f)
{
    if (!f->is_void && !f->is_outdated) {
        return false;
    }
    if (!f->is_void) {
        source_unload(f->source);
    }
    source_send_back(source_end_flight(f));
    return true;
}

void source_go_on(source_flight_t *f)
{
    if (f->is_void) {
        revocation_add_holding(f->gives_back, &f->holding);
        source_send_back(source_end_flight(f));
    } else {
        f->then(f);
    }
}

void source_void_flight(source_t *s)
{
    if (s->flight) {
        s->flight->is_void = true;
        if (s->flight->insisting) {
            insist_stop(s->flight->insisting);
        }
        s->flight = NULL;
    }
}

/* --- which errand --- */

static grant_begin_t begin_of(const connection_t *c)
{
    const grant_type_t *type = grant_type_of(&c->auth->grant);
    return type ? type->begins : BEGINS_ALONE; /* whoever builds the request tells that it cannot */
}

static bool has_refresh(const source_t *s, const connection_t *c)
{
    return s->holding.refresh && c->auth->grant.refresh &&
           !registration_is_over(c, clock_wall_ms());
}

bool source_may_renew(const source_t *s, const token_ask_t *ask, bool early)
{
    const connection_t *c = ask->connection;
    if (ask->grant) {
        return true;
    }
    if (has_refresh(s, c) && s->lost < LOST_MAX) {
        return !early || s->lost == 0;
    }
    switch (begin_of(c)) {
    case BEGINS_ALONE:
        return true;
    case BEGINS_ONCE:
        return s->holding.rotation == 0 && s->lost < LOST_MAX && (!early || s->lost == 0);
    case BEGINS_BY_PERSON:
        break;
    }
    return false;
}

/* Only a person can go on: why. */
static void tell_person(source_flight_t *f)
{
    const source_t *s = f->source;
    if (s->lost >= LOST_MAX) {
        err_set(
            &f->err, ERR_refresh_uncertain,
            "the answer to the connection's refresh was lost twice: sign in again, or reset the "
            "connection for another attempt");
    } else if (s->holding.rotation) {
        err_set(&f->err, ERR_reauthorise,
                "the connection has nothing left to refresh its token with");
    } else {
        err_set(&f->err, ERR_authorization_incomplete, "nobody has signed in yet");
    }
}

static void sign_in(source_flight_t *f, errand_kind_t kind)
{
    const connection_t *c = f->ask.connection;
    errand_fini(&f->errand);
    f->kind = kind;
    f->tries = (kind == ERRAND_SIGN_IN ? f->source->cut_short : f->source->lost) + 1;
    errand_copy(&f->errand, &(errand_t){.connection = c,
                                        .grant = f->ask.grant ? f->ask.grant : &c->auth->grant,
                                        .input = f->ask.input});
}

static void refresh(source_flight_t *f)
{
    const connection_t *c = f->ask.connection;
    const json_t *held = f->source->holding.refresh;
    json_t *oauth = /* an older host kept all of it */
        holding_occasion(json_object_get(held, "oauth"), &c->auth->grant);
    json_object_set(oauth, "refresh_token", json_object_get(held, "refresh_token"));
    f->kind = ERRAND_REFRESH;
    f->tries = f->source->lost + 1;
    errand_copy(&f->errand, &(errand_t){.connection = c,
                                        .grant = c->auth->grant.refresh,
                                        .oauth = oauth,
                                        .callback = json_object_get(held, "callback"),
                                        .token = json_object_get(held, "members")});
    json_decref(oauth);
}

/* A refresh token that was given by hand: the answer may name no other, and then it goes on. */
static void sign_in_once(source_flight_t *f)
{
    sign_in(f, ERRAND_ONCE);
    json_t *given = errand_given_token(&f->errand);
    if (given) {
        f->errand.oauth = json_pack("{s:o}", "refresh_token", given);
    }
}

/* What is spent must not be lost, and of a session's steps nobody knows which of them sends a
 * password. */
static bool is_worth_care(const grant_definition_t *grant)
{
    return grant_keeps_refresh_token(grant) || grant_step(grant, 0);
}

/* False where only a person can go on. */
static bool choose(source_flight_t *f)
{
    const source_t *s = f->source;
    const connection_t *c = f->ask.connection;
    f->is_careful = !f->ask.grant && is_worth_care(&c->auth->grant);
    if (!source_may_renew(s, &f->ask, false)) {
        tell_person(f);
        return false;
    }
    if (!f->ask.grant && has_refresh(s, c) && s->lost < LOST_MAX) {
        refresh(f);
    } else if (!f->ask.grant && begin_of(c) == BEGINS_ONCE) {
        sign_in_once(f);
    } else {
        sign_in(f, ERRAND_SIGN_IN);
    }
    return true;
}

/* --- flying --- */

static const flight_watch_t *watch_of(const source_flight_t *f)
{
    return !f->is_careful              ? &source_watch
           : f->kind == ERRAND_SIGN_IN ? &source_careful_watch
                                       : &source_spending_watch;
}

void source_send(source_flight_t *f)
{
    if (f->behind.count) {
        flight_resume(f->source->manager, &f->errand, &f->behind, watch_of(f), f);
    } else {
        flight_start(f->source->manager, &f->errand, watch_of(f), f);
    }
}

void source_take_over(source_flight_t *f, flight_t *flight)
{
    f->phase = FLYING;
    f->made_for = f->source->present;
    flight_hand_over(flight, watch_of(f), f);
}

void source_begin(source_flight_t *f)
{
    f->phase = FLYING;
    f->made_for = f->source->present;
    if (f->is_careful) {
        source_send_carefully(f);
    } else {
        source_send(f);
    }
}

void source_sign_in_instead(source_flight_t *f)
{
    sign_in(f, ERRAND_SIGN_IN);
    source_begin(f);
}

void source_fly(source_t *s, const token_ask_t *ask, token_waiter_t *waiter, bool replaces)
{
    source_flight_t *f = source_new_flight(s, ask);
    f->replaces = replaces;
    if (waiter) {
        source_join(f, waiter);
    }
    if (!choose(f)) {
        source_refuse(f);
        return;
    }
    if (s->holding.token && ask->not_this == s->holding.token->generation) {
        s->renewed_at_ms = clock_boot_ms();
    }
    source_begin(f);
}
