/* SPDX-License-Identifier: MIT */
/* Where the token of one key comes from: the token at hand, the flight under way, or the wait that a failure
 * imposes on everybody (DESIGN 5). One flight a key, whoever asks. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "connection/manager_internal.h"
#include "seal/hash.h"

static const int64_t LIFETIME_DEFAULT_MS = 300 * 1000;
static const int64_t MARGIN_MAX_MS = 60 * 1000;
static const int64_t FORCE_PAUSE_MS = 60 * 1000;
static const int64_t SHORT_LIVED_PAUSE_MS = 60 * 1000;
static const int64_t BACKOFF_FIRST_MS = 1000;
static const int64_t BACKOFF_MAX_MS = 60 * 1000;
static const int64_t CALL_REFUSAL_MS = 24LL * 60 * 60 * 1000;
static const int64_t IDLE_MS = 10LL * 60 * 1000;

/* What a source waits for: its flight, or its stored token being read. */
struct source_flight {
    source_flight_t *next, **at; /* in the list of all */
    source_t *source;
    flight_t *flight; /* NULL: the stored token is being read, or an outcome is being made durable */
    bool void_;       /* reset meanwhile: the outcome has no effect on the source */
    token_ask_t ask;  /* with references of its own */
    token_waiter_t *waiters;
    bool forced;
    landing_t landing; /* of a refusal, while it is made durable */
};

source_t *source_get(manager_t *m, str_t key, bool of_connection)
{
    source_t *s = map_get(m->sources, key);
    if (!s) {
        s = mem_new(source_t);
        s->manager = m;
        s->key = (str_t){str_dup(key), key.n};
        s->of_connection = of_connection;
        s->forced_at_ms = s->short_lived_at_ms[0] = s->short_lived_at_ms[1] = INT64_MIN / 2;
        map_set(m->sources, key, s);
    }
    s->used_at_ms = clock_boot_ms();
    return s;
}

static void free_source(source_t *s)
{
    token_unref(s->token);
    free(s->cache_key);
    free((char *)(uintptr_t)s->key.p);
    free(s);
}

static str_t connection_name(const source_t *s)
{
    return str_slice(s->key, 2, s->key.n); /* behind "c/" */
}

/* --- answering --- */

static void answer_one(token_waiter_t *w, token_t *token, bool fresh, const err_t *err)
{
    w->on_token(w->context, token, fresh, err);
}

static void answer_all(source_flight_t *f, token_t *token, const err_t *err)
{
    token_waiter_t *w = f->waiters;
    f->waiters = NULL;
    while (w) {
        token_waiter_t *next = w->next;
        answer_one(w, token, true, err);
        w = next;
    }
}

static void end_flight(source_flight_t *f)
{
    if (!f->void_) {
        f->source->flight = NULL;
    }
    f->source->flying--;
    *f->at = f->next;
    if (f->next) {
        f->next->at = f->at;
    }
    connection_unref(f->ask.connection);
    json_decref(f->ask.input);
    free(f);
}

static bool is_alive(const source_t *s, int64_t now_ms)
{
    return s->token && now_ms < s->token->expires_at_ms;
}

/* --- a landed token --- */

/* Margin: min(60 s, 10 % of the life), and up to a tenth of it either way, so that a thousand connections do not
 * ask in the same second. */
static int64_t margin_of(int64_t lifetime_ms)
{
    int64_t margin = lifetime_ms / 10 < MARGIN_MAX_MS ? lifetime_ms / 10 : MARGIN_MAX_MS;
    uint32_t r;
    random_bytes(&r, sizeof r);
    return margin - margin / 10 + (int64_t)((uint64_t)margin / 5 * r >> 32);
}

static void keep_token(source_t *s, const char *cache_key, token_t *token)
{
    manager_t *m = s->manager;
    if (s->cache_key && strcmp(s->cache_key, cache_key) != 0) {
        token_cache_remove(m->tokens, str_of(s->cache_key));
    }
    free(s->cache_key);
    s->cache_key = str_dup(str_of(cache_key));
    token_unref(s->token);
    s->token = token_ref(token);
    token_cache_put(m->tokens, str_of(s->cache_key), token, !s->of_connection);
}

static token_t *token_of_landing(const source_flight_t *f, const landing_t *l)
{
    int64_t lifetime = l->lifetime_ms < 0 ? LIFETIME_DEFAULT_MS : l->lifetime_ms;
    json_t *members = json_copy(l->members), *kept = NULL;
    if (f->source->of_connection && json_object_get(members, "refresh_token")) {
        /* Tenon owns the refresh token of a connection; no caller sees it. */
        if (l->refresh_kept) {
            kept = json_object();
            json_object_set(kept, "refresh_token", json_object_get(members, "refresh_token"));
        }
        json_object_del(members, "refresh_token");
    }
    int64_t reuse_until = lifetime > 0 ? l->sent_at_ms + lifetime - margin_of(lifetime) : 0;
    return token_new(members, kept, l->sent_at_ms, lifetime, reuse_until);
}

static void cache_key_of(const source_t *s, const connection_t *connection, buf_t *to)
{
    if (s->of_connection) {
        token_key_of_connection(connection, to);
    } else {
        buf_str(to, s->key);
    }
}

static void on_success(source_flight_t *f, const landing_t *l)
{
    source_t *s = f->source;
    token_t *token = token_of_landing(f, l);
    err_t none = ERR_INIT;
    if (!f->void_) {
        s->failures = 0;
        s->backoff_until_ms = 0;
        memcpy(s->fingerprint, l->fingerprint, sizeof s->fingerprint);
        if (token->reuse_until_ms > 0) {
            buf_t key;
            buf_init(&key, 512);
            cache_key_of(s, f->ask.connection, &key);
            keep_token(s, buf_c(&key), token);
            buf_fini(&key);
        } else {
            s->short_lived_at_ms[0] = s->short_lived_at_ms[1];
            s->short_lived_at_ms[1] = l->sent_at_ms;
        }
        if (s->of_connection) {
            if (token->reuse_until_ms > 0) {
                durable_keep_token(s->manager, s, connection_name(s), f->ask.connection->credential_generation);
            }
            durable_accept_connection(s->manager, connection_name(s));
        }
    }
    answer_all(f, token, &none);
    token_unref(token);
    end_flight(f);
}

/* --- a landed failure --- */

static int64_t backoff_ms(const source_t *s)
{
    int64_t most = BACKOFF_FIRST_MS << (s->failures < 7 ? s->failures : 7);
    most = most < BACKOFF_MAX_MS ? most : BACKOFF_MAX_MS;
    uint32_t r;
    random_bytes(&r, sizeof r);
    /* Full jitter over the upper half: never at once, never all together. */
    return most / 2 + (int64_t)((uint64_t)(most / 2) * r >> 32);
}

/* The token still lives although it would be renewed by now: it serves until the next attempt is due. */
static token_t *stretch_token(source_t *s, int64_t until_ms)
{
    int64_t until = until_ms < s->token->expires_at_ms ? until_ms : s->token->expires_at_ms;
    token_t *stretched = token_with_reuse(s->token, until);
    char *key = str_dup(str_of(s->cache_key));
    keep_token(s, key, stretched);
    free(key);
    token_unref(stretched);
    return s->token;
}

static void on_transient(source_flight_t *f, const landing_t *l)
{
    source_t *s = f->source;
    int64_t now = clock_boot_ms();
    err_t err = l->err;
    if (f->void_) {
        answer_all(f, NULL, &err);
        end_flight(f);
        return;
    }
    int64_t wait = err.retry_after_ms > 0 ? err.retry_after_ms : backoff_ms(s);
    s->failures++;
    s->backoff_until_ms = now + wait;
    err.retry_after_ms = wait;
    s->last_failure = err;
    bool serve = is_alive(s, now) && f->ask.not_this != s->token->generation;
    answer_all(f, serve ? stretch_token(s, s->backoff_until_ms) : NULL, &err);
    end_flight(f);
}

static void on_refusal_kept(void *context, const err_t *err)
{
    source_flight_t *f = context;
    source_t *s = f->source;
    err_t answer = err_is_set(err) ? *err : f->landing.err;
    if (!f->void_ && !s->of_connection) {
        int64_t wait = f->landing.failure == FAILURE_LOCKED && answer.retry_after_ms ? answer.retry_after_ms
                                                                                      : CALL_REFUSAL_MS;
        token_cache_refuse(s->manager->tokens, s->key, &answer, clock_boot_ms() + wait);
    }
    answer_all(f, NULL, &answer);
    end_flight(f);
}

static void on_refused(source_flight_t *f, const landing_t *l)
{
    source_t *s = f->source;
    f->landing = *l;
    if (f->void_) {
        answer_all(f, NULL, &l->err);
        end_flight(f);
        return;
    }
    /* Kept before anyone is told: a crash loop must not try the same password again. */
    if (s->of_connection) {
        durable_refuse_connection(s->manager, connection_name(s), &l->err, on_refusal_kept, f);
    } else {
        durable_refuse_call(s->manager, s->key, &l->err, on_refusal_kept, f);
    }
}

static void on_landing(void *context, const landing_t *l)
{
    source_flight_t *f = context;
    f->flight = NULL;
    if (l->ok) {
        on_success(f, l);
    } else if (l->failure == FAILURE_BACKOFF) {
        on_transient(f, l);
    } else {
        on_refused(f, l);
    }
}

/* --- asking --- */

static void fly(source_flight_t *f)
{
    const connection_t *c = f->ask.connection;
    const grant_definition_t *grant = f->ask.grant ? f->ask.grant : &c->auth->grant;
    f->flight = flight_start(f->source->manager, c, grant, f->ask.input, on_landing, f);
}

/* Puts a token at hand under the key of the connection as it is now, where it is for the same thing; else drops it. */
static bool adopt_token(source_t *s, const connection_t *connection)
{
    unsigned char fingerprint[32];
    err_t ignored = ERR_INIT;
    if (!flight_fingerprint(connection, fingerprint, &ignored) ||
        memcmp(fingerprint, s->fingerprint, sizeof fingerprint) != 0) {
        if (s->cache_key) {
            token_cache_remove(s->manager->tokens, str_of(s->cache_key));
        }
        token_unref(s->token);
        s->token = NULL;
        return false;
    }
    buf_t key;
    buf_init(&key, 512);
    cache_key_of(s, connection, &key);
    token_t *token = token_ref(s->token);
    keep_token(s, buf_c(&key), token);
    token_unref(token);
    buf_fini(&key);
    return true;
}

/* The stored token of a connection serves where it is for the same thing; else a new one is fetched. */
static void on_stored_token(void *context, const err_t *err)
{
    source_flight_t *f = context;
    source_t *s = f->source;
    (void)err;
    bool usable = !f->void_ && s->token && adopt_token(s, f->ask.connection) && !f->ask.force && !f->ask.not_this &&
                  clock_boot_ms() < s->token->reuse_until_ms;
    if (!usable) {
        fly(f);
        return;
    }
    err_t none = ERR_INIT;
    answer_all(f, s->token, &none);
    end_flight(f);
}

static source_flight_t *new_flight(source_t *s, const token_ask_t *ask)
{
    source_flight_t *f = mem_new(source_flight_t);
    f->source = s;
    f->ask = *ask;
    f->ask.connection = connection_ref(ask->connection);
    f->ask.input = json_incref(ask->input);
    f->next = s->manager->flying;
    f->at = &s->manager->flying;
    if (f->next) {
        f->next->at = &f->next;
    }
    s->manager->flying = f;
    s->flying++;
    s->flight = f;
    return f;
}

static void join(source_flight_t *f, token_waiter_t *waiter)
{
    waiter->next = f->waiters;
    f->waiters = waiter;
}

/* Whether the token at hand answers this question. */
static bool serves(source_t *s, const token_ask_t *ask, int64_t now_ms)
{
    if (!is_alive(s, now_ms)) {
        return false;
    }
    bool unwanted = (ask->force && now_ms - s->token->obtained_at_ms >= FORCE_PAUSE_MS) ||
                    (ask->not_this == s->token->generation && now_ms - s->forced_at_ms >= FORCE_PAUSE_MS);
    if (unwanted) {
        s->forced_at_ms = now_ms;
        return false;
    }
    return now_ms < s->token->reuse_until_ms;
}

/* Whether the token at hand, if there is one, is for what the connection is now. */
static bool is_for(source_t *s, const token_ask_t *ask)
{
    if (!s->of_connection || !s->token) {
        return true;
    }
    buf_t key;
    buf_init(&key, 512);
    cache_key_of(s, ask->connection, &key);
    bool same = s->cache_key && str_is(buf_view(&key), s->cache_key);
    buf_fini(&key);
    return same || adopt_token(s, ask->connection);
}

/* Tokens that live no longer than one call: at most two requests in 60 s. */
static bool is_guarded(const source_t *s, int64_t now_ms, err_t *err)
{
    int64_t until = s->short_lived_at_ms[0] + SHORT_LIVED_PAUSE_MS;
    if (now_ms >= until) {
        return false;
    }
    err->retry_after_ms = until - now_ms;
    err_set(err, ERR_token_endpoint_throttled,
            "the service issues tokens without a lifetime; at most two are fetched in 60 s");
    return true;
}

/* True where a state of the connection itself answers: refused, to be reviewed, incomplete. */
static bool is_held_back(const token_ask_t *ask, err_t *err)
{
    const connection_t *c = ask->connection;
    bool lock_over = c->state == CONNECTION_REJECTED && c->until_wall_ms && clock_wall_ms() >= c->until_wall_ms;
    if (c->state == CONNECTION_READY || lock_over || (ask->grant && c->state == CONNECTION_REJECTED)) {
        return false;
    }
    *err = c->why;
    return true;
}

void source_ask(source_t *s, const token_ask_t *ask, token_waiter_t *waiter)
{
    int64_t now = clock_boot_ms();
    err_t err = ERR_INIT;
    if (s->flight) {
        join(s->flight, waiter);
        return;
    }
    if (is_held_back(ask, &err)) {
        answer_one(waiter, NULL, false, &err);
        return;
    }
    if (!ask->grant && !auth_type_gets_tokens(ask->connection->auth->type)) {
        err_set(&err, ERR_not_supported, "this way to sign in has no token");
        answer_one(waiter, NULL, false, &err);
        return;
    }
    if (is_for(s, ask) && serves(s, ask, now)) {
        answer_one(waiter, s->token, false, &err);
        return;
    }
    if (!s->of_connection) {
        token_unref(token_cache_get(s->manager->tokens, s->key, now, &err));
    }
    if (err_is_set(&err) || (!is_alive(s, now) && is_guarded(s, now, &err))) {
        answer_one(waiter, NULL, false, &err);
        return;
    }
    if (now < s->backoff_until_ms) {
        err = s->last_failure;
        err.retry_after_ms = s->backoff_until_ms - now;
        bool serve = is_alive(s, now) && ask->not_this != s->token->generation;
        answer_one(waiter, serve ? stretch_token(s, s->backoff_until_ms) : NULL, false, &err);
        return;
    }
    source_flight_t *f = new_flight(s, ask);
    join(f, waiter);
    if (s->of_connection && !s->token) {
        durable_load_token(s->manager, s, connection_name(s), ask->connection->credential_generation, on_stored_token,
                           f);
    } else {
        fly(f);
    }
}

/* --- ending --- */

void source_reset(manager_t *m, str_t key)
{
    source_t *s = map_get(m->sources, key);
    if (!s) {
        return;
    }
    if (s->flight) {
        s->flight->void_ = true;
        s->flight = NULL;
    }
    if (s->cache_key) {
        token_cache_remove(m->tokens, str_of(s->cache_key));
    }
    token_unref(s->token);
    s->token = NULL;
    s->failures = 0;
    s->backoff_until_ms = 0;
    s->forced_at_ms = s->short_lived_at_ms[0] = s->short_lived_at_ms[1] = INT64_MIN / 2;
}

/* A source that holds nothing worth keeping can be made anew at any time; one that something flies for, if only a
 * flight without effect, stays. */
void sources_sweep(manager_t *m, int64_t now_ms)
{
    str_t key;
    void *value;
    for (size_t at = 0; map_next(m->sources, &at, &key, &value);) {
        source_t *s = value;
        bool idle = !s->flying && now_ms - s->used_at_ms > IDLE_MS && now_ms >= s->backoff_until_ms;
        if (idle && !is_alive(s, now_ms)) {
            map_remove(m->sources, key);
            free_source(s);
        }
    }
}

void sources_free(manager_t *m)
{
    while (m->flying) {
        if (m->flying->flight) {
            flight_cancel(m->flying->flight);
        }
        end_flight(m->flying);
    }
    void *value;
    for (size_t at = 0; map_next(m->sources, &at, NULL, &value);) {
        free_source(value);
    }
    map_free(m->sources);
}
