/* SPDX-License-Identifier: MIT */
/* What the store knows of a source: read before anything is asked for, so that a host goes on where
 * the one before was interrupted (source_rotation.c). */
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "connection/source_internal.h"

enum { VERSION_MAX = 512, CUT_SHORT_MAX = 1 };

/* --- refusals and pauses --- */

static bool is_of(const source_t *s, const token_ask_t *ask, const refusal_t *refusal)
{
    buf_t version;
    buf_init(&version, VERSION_MAX);
    connection_write_version(ask->connection, &version);
    bool same = !s->of_connection || str_eq(buf_view(&version), refusal->version);
    buf_fini(&version);
    return same;
}

static void take_refusal(source_t *s, const refusal_t *refusal)
{
    int64_t left = refusal->until_wall_ms - clock_wall_ms();
    err_t why = refusal->why;
    s->failures = refusal->failures ? refusal->failures : 1;
    if (refusal->failures) { /* a pause, not a refusal */
        why.retry_after_ms = left;
        s->backoff_until_ms = clock_boot_ms() + left;
        s->last_failure = why;
    }
    if (!s->of_connection) {
        token_cache_refuse(s->manager->tokens, s->key, &why, clock_boot_ms() + left);
    }
}

/* --- the holding --- */

static bool is_same(const unsigned char a[32], const unsigned char b[32])
{
    return memcmp(a, b, 32) == 0;
}

/* As far as it is for what the connection is now. */
static void take_holding(source_t *s, const connection_t *c, holding_t *h)
{
    if (!is_same(h->made_for.purpose, s->present.purpose) || h->resets != c->resets) {
        holding_drop_token(h);
    }
    if (!is_same(h->made_for.family, s->present.family)) {
        json_decref(h->refresh);
        h->refresh = NULL;
    }
    source_take_holding(s, h);
}

/* --- what comes from a backup --- */

/* Made before the store was restored: the host that lived on may have spent the refresh token
 * since, and by the same token one that was given by hand. */
static bool is_from_backup(const source_t *s, const connection_t *c)
{
    const manager_t *m = s->manager;
    if (s->holding.rotation) {
        return s->holding.refresh && s->holding.restores < m->restores;
    }
    const grant_type_t *type = grant_type_of(&c->auth->grant);
    return m->restores && type && type->begins == BEGINS_ONCE &&
           c->changed_wall_ms <= m->restored_at_ms;
}

/* As if an answer had been lost: the living token serves to its end, and then the refresh token is
 * sent once. */
static void mind_backup(source_t *s, const connection_t *c)
{
    if (s->lost == 0 && is_from_backup(s, c)) {
        log_event(LOG_INFO, "token.from_backup", LOG_S("connection", c->name));
        s->lost = 1;
    }
}

/* --- a request that was under way when the process before ended --- */

static void log_found(const source_flight_t *f, const char *what)
{
    log_event(LOG_WARN, "token.under_way", LOG_S("connection", f->ask.connection->name),
              LOG_S("found", str_of(what)));
}

static void find_errand(source_flight_t *f, const under_way_t *u)
{
    f->phase = FLYING;
    f->is_careful = true;
    f->kind = u->kind;
    f->tries = u->tries;
    f->made_for = u->made_for;
    f->is_outdated = memcmp(&u->made_for, &f->source->present, sizeof u->made_for) != 0;
    under_way_errand(u, f->ask.connection, json_object_get(f->source->holding.refresh, "members"),
                     &f->errand);
}

/* Some of its requests were answered: the next one is sent, once more at most where it was sent
 * already. False where there is no sense in that. */
static bool resume(source_flight_t *f, const under_way_t *u)
{
    if (f->is_outdated || u->tries >= LOST_MAX) {
        return false;
    }
    f->tries = u->tries + 1;
    f->arena = arena_new(0);
    answers_copy(&f->behind, &u->answers, f->arena);
    source_send_carefully(f);
    return true;
}

/* Answers are there: they are read as if they came just now. */
static void read_sealed(source_flight_t *f, const under_way_t *u)
{
    landing_t landing;
    find_errand(f, u);
    log_found(f, "an answer");
    if (!under_way_land(u, &f->errand, &landing)) {
        if (resume(f, u)) {
            return;
        }
        err_t err = ERR_INIT;
        err_set(&err, ERR_token_endpoint_unavailable, "the host ended during the sign-in's steps");
        landing_stop(&landing, &f->errand, &err);
    }
    source_on_landing(f, &landing);
    landing_fini(&landing);
}

/* Each time the host ends under a sign-in, the password may have been wrong: a host that ends again
 * and again must not lock an account. */
static void pause_sign_in(source_t *s, unsigned tries)
{
    s->cut_short = tries;
    if (tries <= CUT_SHORT_MAX) {
        return;
    }
    s->failures = s->failures > tries ? s->failures : tries;
    int64_t wait = source_backoff_ms(s);
    s->last_failure = ERR_INIT;
    err_set(&s->last_failure, ERR_token_endpoint_unavailable,
            "the host ended during the last %u sign-ins", tries);
    s->backoff_until_ms = clock_boot_ms() + wait;
}

static void take_unanswered(source_flight_t *f, const under_way_t *u)
{
    store_change_t change;
    switch (u->kind) {
    case ERRAND_ONCE:
    case ERRAND_REFRESH:
        log_found(f, "a refresh without an answer");
        f->source->lost = u->tries;
        break;
    case ERRAND_SIGN_IN:
        log_found(f, "a sign-in without an answer");
        pause_sign_in(f->source, u->tries);
        break;
    case ERRAND_PERSON: /* a code is never sent twice */
        log_found(f, "a person's sign-in without an answer");
        under_way_delete(f->source->key, &change);
        manager_store_write(f->source->manager, &change, 1, false, NULL, NULL);
        break;
    }
}

/* --- loading --- */

static void take_all(source_flight_t *f, stored_source_t *stored)
{
    source_t *s = f->source;
    s->loaded = true;
    if (stored->refused && is_of(s, &f->ask, &stored->refusal)) {
        take_refusal(s, &stored->refusal);
    }
    if (s->of_connection) {
        take_holding(s, f->ask.connection, &stored->holding);
    }
    if (stored->is_unreadable) { /* what was sent may be spent */
        s->lost = 1;
    }
}

static void on_stored(void *context, stored_source_t *stored)
{
    source_flight_t *f = context;
    const under_way_t *u = &stored->under_way;
    if (f->is_void) {
        source_send_back(source_end_flight(f));
        return;
    }
    if (err_is_set(&stored->err)) {
        f->err = stored->err;
        source_end_failed(f, NULL); /* who cannot know whether it was refused does not try */
        return;
    }
    take_all(f, stored);
    bool counts = stored->is_under_way && u->follows == f->source->holding.rotation;
    if (counts && u->answers.count) {
        read_sealed(f, u);
        return;
    }
    if (counts) {
        take_unanswered(f, u);
    }
    if (f->source->of_connection) {
        mind_backup(f->source, f->ask.connection);
    }
    source_send_back(source_end_flight(f));
}

void source_load(source_t *s, const token_ask_t *ask, token_waiter_t *waiter)
{
    source_flight_t *f = source_new_flight(s, ask);
    f->phase = LOADING;
    source_join(f, waiter);
    durable_load_source(s->manager, s, ask->connection->credential_generation, on_stored, f);
}

/* --- once more, before a refresh token is given up --- */

static void on_read_again(void *context, stored_source_t *stored)
{
    source_flight_t *f = context;
    source_t *s = f->source;
    if (f->is_void || stored->holding.rotation <= s->holding.rotation) {
        source_go_on(f);
        return;
    }
    log_found(f, "a newer token");
    source_unload(s);
    source_send_back(source_end_flight(f));
}

void source_read_again(source_flight_t *f, void (*then)(source_flight_t *f))
{
    f->then = then;
    durable_load_source(f->source->manager, f->source, f->ask.connection->credential_generation,
                        on_read_again, f);
}
