/* SPDX-License-Identifier: MIT */
/* Where the token of one key comes from: the token at hand, the flight under way, or the wait that
 * a failure imposes on everybody (DESIGN 5). One flight a key, whoever asks. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "connection/source_internal.h"

enum { KEY_MAX = 512 };
static const int64_t FORCE_PAUSE_MS = 60 * 1000;
static const int64_t SHORT_LIVED_PAUSE_MS = 60 * 1000;
static const int64_t IDLE_MS = 10LL * 60 * 1000;
static const int64_t LONG_AGO = INT64_MIN / 2;

/* --- sources --- */

static void free_source(source_t *s)
{
    holding_fini(&s->holding);
    free(s->cache_key);
    free((char *)(uintptr_t)s->key.p);
    free(s);
}

/* Those of calls are as many as callers make up credentials: the oldest that nothing flies for
 * makes room. What it knew stands in the cache and in the store. */
static void make_room(manager_t *m)
{
    str_t key;
    void *value;
    enum { LOOKS_MAX = 64 };
    unsigned looks = 0;
    bool full = m->call_sources >= m->options.call_tokens_max;
    for (size_t at = 0; full && looks < LOOKS_MAX && map_next(m->sources, &at, &key, &value);) {
        source_t *s = value;
        looks += !s->of_connection;
        if (!s->of_connection && !s->flying) {
            map_remove(m->sources, key);
            m->call_sources--;
            free_source(s);
            full = false;
        }
    }
}

source_t *source_get(manager_t *m, str_t key, bool of_connection)
{
    source_t *s = map_get(m->sources, key);
    if (!s) {
        if (!of_connection) {
            make_room(m);
            m->call_sources++;
        }
        s = mem_new(source_t);
        s->manager = m;
        s->key = (str_t){str_dup(key), key.n};
        s->of_connection = of_connection;
        s->cache_key = of_connection ? NULL : str_dup(key);
        s->renewed_at_ms = s->short_lived_at_ms[0] = s->short_lived_at_ms[1] = LONG_AGO;
        map_set(m->sources, key, s);
    }
    s->used_at_ms = clock_boot_ms();
    return s;
}

bool source_is_alive(const source_t *s, int64_t now_ms)
{
    return s->holding.token && now_ms < s->holding.token->expires_at_ms;
}

void source_drop_token(source_t *s)
{
    if (s->holding.token && s->cache_key) {
        token_cache_remove(s->manager->tokens, str_of(s->cache_key));
    }
    holding_drop_token(&s->holding);
}

static void show_token(const source_t *s)
{
    if (s->holding.token && s->cache_key) {
        token_cache_put(s->manager->tokens, str_of(s->cache_key), s->holding.token,
                        !s->of_connection);
    }
}

void source_take_holding(source_t *s, holding_t *h)
{
    if (!h->token) {
        source_drop_token(s);
    }
    holding_fini(&s->holding);
    s->holding = *h;
    *h = (holding_t){0};
    show_token(s);
}

static void put_token(source_t *s, token_t *token)
{
    holding_drop_token(&s->holding);
    s->holding.token = token;
    show_token(s);
}

void source_unload(source_t *s)
{
    source_drop_token(s);
    holding_fini(&s->holding);
    s->loaded = false;
    s->lost = s->cut_short = 0;
}

static void forget_failures(source_t *s)
{
    s->failures = 0;
    s->backoff_until_ms = 0;
    s->renewed_at_ms = s->short_lived_at_ms[0] = s->short_lived_at_ms[1] = LONG_AGO;
}

/* --- its token --- */

/* The token still lives although it would be renewed by now: it serves until the next attempt is
 * due. */
void source_stretch_token(source_t *s, int64_t until_ms)
{
    const token_t *t = s->holding.token;
    if (until_ms > t->reuse_until_ms) {
        put_token(s,
                  token_with_reuse(t, until_ms < t->expires_at_ms ? until_ms : t->expires_at_ms));
    }
}

/* A failure hurts only those for whom the token at hand is not good enough. */
void source_answer_failure(source_t *s, token_waiter_t *w, const err_t *err, int64_t now_ms)
{
    if (source_is_alive(s, now_ms) && w->ask->not_this != s->holding.token->generation) {
        const err_t none = ERR_INIT;
        source_stretch_token(s, s->backoff_until_ms);
        w->on_token(w->context, s->holding.token, false, &none);
    } else {
        w->on_token(w->context, NULL, false, err);
    }
}

/* --- asking --- */

static bool is_spending(const source_flight_t *f)
{
    return f && f->is_careful && f->kind != ERRAND_SIGN_IN;
}

/* The same thing under another name keeps what it has; else the store is asked again, for it may
 * hold something for what the connection is now. What is being spent must land first. */
static void become(source_t *s, const fingerprints_t *present)
{
    bool same = memcmp(present, &s->present, sizeof *present) == 0;
    s->present = *present;
    if (is_spending(s->flight)) {
        s->flight->is_outdated |= !same;
    } else {
        source_void_flight(s);
    }
    if (!same) {
        source_drop_token(s);
        if (!s->flight) {
            source_unload(s);
        }
    }
}

/* A connection that has become another one (credentials, host-wide values, definition): what was
 * met under the old one does not count. */
void source_follow(source_t *s, const connection_t *connection)
{
    buf_t key;
    if (!s->of_connection) {
        return;
    }
    buf_init(&key, KEY_MAX);
    token_key_of_connection(connection, &key);
    if (!s->cache_key || !str_is(buf_view(&key), s->cache_key)) {
        fingerprints_t present;
        err_t ignored = ERR_INIT;
        if (!connection_fingerprints(connection, &present, &ignored)) {
            present = (fingerprints_t){0};
        }
        if (s->cache_key) {
            token_cache_remove(s->manager->tokens, str_of(s->cache_key));
        }
        free(s->cache_key);
        s->cache_key = str_dup(buf_view(&key));
        forget_failures(s);
        become(s, &present);
        show_token(s);
    }
    buf_fini(&key);
}

/* True where a state of the connection itself answers, whatever its tokens are: to be reviewed,
 * incomplete. */
static bool is_closed(const connection_t *c)
{
    return c->state != CONNECTION_READY && c->state != CONNECTION_REJECTED;
}

/* True where it was refused and may not try again yet, or has no tokens. */
static bool is_held_back(const token_ask_t *ask, err_t *err)
{
    const connection_t *c = ask->connection;
    int64_t left = c->until_wall_ms ? c->until_wall_ms - clock_wall_ms() : INT64_MAX;
    if (c->state == CONNECTION_REJECTED && !ask->grant && left > 0) {
        *err = c->why;
        err->retry_after_ms = c->until_wall_ms ? left : 0;
    } else if (!ask->grant && !auth_type_gets_tokens(c->auth->type)) {
        err_set(err, ERR_not_supported, "this way to sign in has no token");
    }
    return err_is_set(err);
}

/* An API refused it, or the caller wants another: both at most once in a while, and where another
 * can be had. Of many calls whose token was refused at the same time the first one starts the
 * flight, and the others wait for it. */
static bool is_unwanted(const source_t *s, const token_ask_t *ask, int64_t now_ms)
{
    const token_t *t = s->holding.token;
    bool may_renew = s->flight || now_ms - s->renewed_at_ms >= FORCE_PAUSE_MS;
    bool is_refused = ask->not_this == t->generation && may_renew;
    bool is_old = ask->force && now_ms - t->obtained_at_ms >= FORCE_PAUSE_MS;
    return (is_refused && source_may_renew(s, ask, false)) ||
           (is_old && source_may_renew(s, ask, true));
}

/* It is to be renewed, but will live long enough to serve meanwhile. */
static bool is_comfortable(const token_t *t, int64_t now_ms)
{
    return t->expires_at_ms - now_ms >= token_margin_ms(t->expires_at_ms - t->obtained_at_ms) / 2;
}

/* Until when nothing is fetched, and why; 0: it may be. Tokens that live no longer than one call:
 * at most two in 60 s. */
static int64_t paused_until(const source_t *s, int64_t now_ms, err_t *err)
{
    int64_t until = s->short_lived_at_ms[0] + SHORT_LIVED_PAUSE_MS;
    if (now_ms < s->backoff_until_ms) {
        *err = s->last_failure;
        until = s->backoff_until_ms;
    } else if (now_ms < until) {
        err_set(err, ERR_token_endpoint_throttled,
                "the service issues tokens without a lifetime; at most two are fetched in 60 s");
    } else {
        return 0;
    }
    err->retry_after_ms = until - now_ms;
    return until;
}

/* The token of a call may stand in the cache alone, and so does its refusal. */
static void look_into_cache(source_t *s, int64_t now_ms, err_t *refusal)
{
    token_t *cached =
        s->of_connection ? NULL : token_cache_get(s->manager->tokens, s->key, now_ms, refusal);
    if (cached && !source_is_alive(s, now_ms)) {
        holding_drop_token(&s->holding);
        s->holding.token = cached;
    } else {
        token_unref(cached);
    }
}

/* The token at hand is none, or not the one that is wanted. */
static void ask_for_new(source_t *s, token_waiter_t *waiter, int64_t now_ms, bool unwanted)
{
    err_t err = ERR_INIT;
    if (s->flight && s->flight->phase == STUCK) {
        source_answer_failure(s, waiter, &s->flight->err, now_ms);
    } else if (s->flight) {
        s->flight->replaces |= unwanted;
        source_join(s->flight, waiter);
    } else if (paused_until(s, now_ms, &err)) {
        source_answer_failure(s, waiter, &err, now_ms);
    } else {
        source_fly(s, waiter->ask, waiter, unwanted);
    }
}

/* It is due to be renewed: behind the back of those whom it still serves. */
static void renew(source_t *s, const token_ask_t *ask, int64_t now_ms)
{
    err_t ignored = ERR_INIT;
    if (s->flight) {
        return;
    }
    int64_t until = source_may_renew(s, ask, true) ? paused_until(s, now_ms, &ignored) : INT64_MAX;
    if (until) {
        source_stretch_token(s, until);
    } else {
        source_fly(s, ask, NULL, false);
    }
}

/* Near its end, where another one can be had before that. */
static bool is_waited_for(const source_t *s, const token_ask_t *ask, int64_t now_ms)
{
    const token_t *t = s->holding.token;
    return now_ms >= t->reuse_until_ms && !is_comfortable(t, now_ms) &&
           source_may_renew(s, ask, true);
}

static void ask_here(source_t *s, token_waiter_t *waiter)
{
    const token_ask_t *ask = waiter->ask;
    int64_t now = clock_boot_ms();
    err_t err = ERR_INIT;
    look_into_cache(s, now, &err);
    if (err_is_set(&err)) {
        waiter->on_token(waiter->context, NULL, false, &err);
        return;
    }
    bool alive = source_is_alive(s, now);
    bool unwanted = alive && is_unwanted(s, ask, now);
    if (!alive || unwanted || is_waited_for(s, ask, now)) {
        ask_for_new(s, waiter, now, unwanted);
        return;
    }
    if (now >= s->holding.token->reuse_until_ms) {
        renew(s, ask, now); /* before the answer, with which the question may go */
    }
    waiter->on_token(waiter->context, s->holding.token, false, &err);
}

/* Something has to be settled before anything can be said. */
static bool is_busy(const source_flight_t *f)
{
    return f && (f->phase == LOADING || f->phase == KEEPING || f->is_outdated);
}

void source_ask(source_t *s, token_waiter_t *waiter)
{
    const token_ask_t *ask = waiter->ask;
    err_t err = ERR_INIT;
    if (is_closed(ask->connection)) {
        waiter->on_token(waiter->context, NULL, false, &ask->connection->why);
        return;
    }
    source_follow(s, ask->connection);
    if (is_busy(s->flight)) {
        source_join(s->flight, waiter);
    } else if (is_held_back(ask, &err)) {
        waiter->on_token(waiter->context, NULL, false, &err);
    } else if (!s->loaded) {
        source_load(s, ask, waiter);
    } else {
        ask_here(s, waiter);
    }
}

/* --- from outside --- */

void source_keep_landing(manager_t *m, const connection_t *connection, const landing_t *landing)
{
    buf_t key;
    holding_t brought;
    store_change_t change;
    arena_t *arena = arena_new(0);
    buf_init(&key, KEY_MAX);
    buf_printf(&key, "c/%.*s", STR_ARG(connection->name));
    source_t *s = source_get(m, buf_view(&key), true);
    buf_fini(&key);
    source_follow(s, connection);
    s->loaded = true; /* what the store holds is older */
    const errand_t errand = {.connection = connection, .grant = &connection->auth->grant};
    holding_follow(&s->holding, &errand, landing, &brought);
    brought.made_for = s->present;
    if (brought.token->reuse_until_ms == 0) {
        holding_drop_token(&brought);
    }
    source_take_holding(s, &brought);
    holding_write(&s->holding, connection, m->keyring, arena, &change);
    manager_store_write(m, &change, 1, true, NULL, NULL);
    arena_free(arena);
}

static void forget_stored(manager_t *m, str_t key, bool token, bool under_way)
{
    store_change_t changes[3] = {
        {.verb = STORE_DELETE, .record = {.kind = STR("refusal"), .id = key}}};
    size_t n = 1;
    if (token) {
        changes[n++] =
            (store_change_t){.verb = STORE_DELETE, .record = {.kind = STR("token"), .id = key}};
    }
    if (under_way) {
        under_way_delete(key, &changes[n++]);
    }
    manager_store_write(m, changes, n, false, NULL, NULL);
}

/* Where a refresh token is being spent and is to be kept, its outcome is waited for. */
void source_reset(manager_t *m, str_t key, bool all)
{
    source_t *s = map_get(m->sources, key);
    bool waits = s && !all && is_spending(s->flight);
    forget_stored(m, key, all, !waits);
    if (!s) {
        return;
    }
    source_drop_token(s);
    if (waits) {
        s->flight->is_outdated = true;
    } else {
        source_void_flight(s);
        s->lost = s->cut_short = 0;
    }
    if (all) {
        holding_fini(&s->holding);
    }
    forget_failures(s);
    free(s->cache_key);
    s->cache_key = NULL;
}

/* A source that holds nothing worth keeping can be made anew at any time; one that something flies
 * for, if only a flight without effect, stays. */
void sources_sweep(manager_t *m, int64_t now_ms)
{
    str_t key;
    void *value;
    for (size_t at = 0; map_next(m->sources, &at, &key, &value);) {
        source_t *s = value;
        bool idle = !s->flying && now_ms - s->used_at_ms > IDLE_MS && now_ms >= s->backoff_until_ms;
        if (idle && !source_is_alive(s, now_ms)) {
            if (s->of_connection) {
                source_drop_token(s);
            }
            map_remove(m->sources, key);
            m->call_sources -= !s->of_connection;
            free_source(s);
        }
    }
}

void sources_end(manager_t *m)
{
    void *value;
    err_t err = ERR_INIT;
    err_set(&err, ERR_draining, "the host is shutting down");
    for (size_t at = 0; map_next(m->sources, &at, NULL, &value);) {
        source_t *s = value;
        token_waiter_t *w = s->flight ? s->flight->waiters : NULL;
        if (w) {
            s->flight->waiters = NULL;
        }
        for (token_waiter_t *next; w; w = next) {
            next = w->next;
            w->on_token(w->context, NULL, false, &err);
        }
    }
}

void sources_free(manager_t *m)
{
    void *value;
    for (size_t at = 0; map_next(m->sources, &at, NULL, &value);) {
        free_source(value);
    }
    map_free(m->sources);
}
