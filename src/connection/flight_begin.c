/* SPDX-License-Identifier: MIT */
/* How a flight begins: where it goes is found out first. */
#include "base/clock.h"
#include "base/mem.h"
#include "connection/flight_internal.h"

enum { ARENA_BYTES = 4096 };

static void enlist(flight_t *f)
{
    manager_t *m = f->manager;
    f->next_of_all = m->flights;
    f->at_of_all = &m->flights;
    if (f->next_of_all) {
        f->next_of_all->at_of_all = &f->next_of_all;
    }
    m->flights = f;
}

static flight_t *new_flight(manager_t *m, const errand_t *errand, const flight_watch_t *watch,
                            void *context)
{
    flight_t *f = mem_new(flight_t);
    f->manager = m;
    f->arena = arena_new(ARENA_BYTES);
    errand_copy(&f->errand, errand);
    f->watch = watch;
    f->context = context;
    f->landing.err = ERR_INIT;
    enlist(f);
    loop_timer_init(&f->timer, m->loop, flight_on_time, f);
    f->place.on_taken = flight_launch;
    return f;
}

static void set_off(flight_t *f)
{
    token_host_t *host = NULL;
    err_t err = ERR_INIT;
    bool ok = flight_prepare(f, &host, &err);
    if (host) {
        flight_queue(f, host);
        return;
    }
    if (!ok) { /* else it is made */
        flight_stop_before(f, &err);
    }
    loop_timer_set(&f->timer, 0); /* a landing comes later */
}

/* Whether the connection goes where its issuer leads. */
static bool may_follow(flight_t *f, const grant_metadata_t *metadata, err_t *err)
{
    const flight_target_t *target = f->watch->target;
    if (target && target->may_follow) {
        return target->may_follow(f->context, f->errand.connection, metadata, err);
    }
    grant_build_t b = flight_build(f);
    return discovered_check(f->manager, f->errand.connection, &b, metadata, err);
}

static void on_metadata(issuer_ask_t *ask, grant_metadata_t *metadata, const err_t *err)
{
    flight_t *f = STRUCT_OF(ask, flight_t, ask);
    err_t why = *err;
    if (metadata && may_follow(f, metadata, &why)) {
        f->metadata = grant_metadata_ref(metadata);
        set_off(f);
        return;
    }
    bool is_known = why.code == ERR_metadata_unavailable || why.code == ERR_metadata_unusable;
    landing_refuse(&f->landing, is_known ? FAILURE_BACKOFF : FAILURE_LOCAL, &why);
    loop_timer_set(&f->timer, 0);
}

/* The definition may leave it to the issuer where the request goes. */
static bool asks_issuer(const flight_t *f)
{
    const grant_definition_t *grant = f->errand.grant;
    bool lacks = f->watch->target || !grant->token_url;
    return lacks && grant_discovers(grant) && !grant_is_local(grant) && !errand_next_step(&f->errand);
}

/* It lands later, whatever comes of it. */
static void take_off(flight_t *f)
{
    if (!asks_issuer(f)) {
        set_off(f);
        return;
    }
    errand_scope_init(&f->scope, &f->errand, clock_wall_ms());
    grant_build_t b = flight_build(f);
    f->ask.on_metadata = on_metadata;
    issuer_ask(f->manager, f->errand.connection, &b, &f->ask);
}

flight_t *flight_start(manager_t *m, const errand_t *errand, const flight_watch_t *watch,
                       void *context)
{
    flight_t *f = new_flight(m, errand, watch, context);
    take_off(f);
    return f;
}

flight_t *flight_resume(manager_t *m, const errand_t *errand, const answers_t *answers,
                        const flight_watch_t *watch, void *context)
{
    flight_t *f = new_flight(m, errand, watch, context);
    answers_copy(&f->answers, answers, f->arena);
    f->landing.sent_at_ms = answers->sent_at_ms;
    take_off(f);
    return f;
}
