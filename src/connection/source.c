/* SPDX-License-Identifier: MIT */
/* Where the token of one key comes from: the token at hand, the flight under way, or the wait that a failure
 * imposes on everybody (DESIGN 5). One flight a key, whoever asks. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "connection/manager_internal.h"
#include "seal/hash.h"

enum { KEY_MAX = 512 };
static const int64_t LIFETIME_DEFAULT_MS = 300 * 1000;
static const int64_t MARGIN_MAX_MS = 60 * 1000;
static const int64_t FORCE_PAUSE_MS = 60 * 1000;
static const int64_t SHORT_LIVED_PAUSE_MS = 60 * 1000;
static const int64_t BACKOFF_FIRST_MS = 1000;
static const int64_t BACKOFF_MAX_MS = 60 * 1000;
static const int64_t CALL_REFUSAL_MS = 24LL * 60 * 60 * 1000;
static const int64_t IDLE_MS = 10LL * 60 * 1000;
static const int64_t LONG_AGO = INT64_MIN / 2;

/* What askers of a source wait for. */
struct source_flight {
    source_t *source;
    enum {
        LOADING, /* what the store knows is being read */
        FLYING,  /* a token is being asked for */
        KEEPING  /* what came of it is being written or told */
    } phase;
    bool is_void;    /* its outcome does not count: reset meanwhile, or of another definition */
    bool replaces;   /* it was asked for since the living token is not wanted */
    token_ask_t ask; /* of the first asker, with references of its own */
    token_waiter_t *waiters;
    token_t *token; /* while it is told */
    err_t err;      /* of a failure, while it is written */
};

/* --- sources --- */

static void free_source(source_t *s)
{
    token_unref(s->token);
    free(s->cache_key);
    free((char *)(uintptr_t)s->key.p);
    free(s);
}

/* Those of calls are as many as callers make up credentials: the oldest that nothing flies for makes room. What it
 * knew stands in the cache and in the store. */
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

static bool is_alive(const source_t *s, int64_t now_ms)
{
    return s->token && now_ms < s->token->expires_at_ms;
}

static void drop_token(source_t *s)
{
    if (s->token && s->cache_key) {
        token_cache_remove(s->manager->tokens, str_of(s->cache_key));
    }
    token_unref(s->token);
    s->token = NULL;
}

/* In place of the one before, here and for all loops. */
static void put_token(source_t *s, const token_t *token)
{
    token_t *kept = token_ref(token);
    token_unref(s->token);
    s->token = kept;
    token_cache_put(s->manager->tokens, str_of(s->cache_key), kept, !s->of_connection);
}

static void forget_failures(source_t *s)
{
    s->failures = 0;
    s->backoff_until_ms = 0;
    s->renewed_at_ms = s->short_lived_at_ms[0] = s->short_lived_at_ms[1] = LONG_AGO;
}

static void void_flight(source_t *s)
{
    if (s->flight) {
        s->flight->is_void = true;
        s->flight = NULL;
    }
}

/* --- flights of a source --- */

static source_flight_t *new_flight(source_t *s, const token_ask_t *ask)
{
    source_flight_t *f = mem_new(source_flight_t);
    f->source = s;
    f->ask = *ask;
    f->ask.connection = connection_ref(ask->connection);
    f->ask.input = json_deep_copy(ask->input); /* the asker's own thread counts the references of its */
    f->err = ERR_INIT;
    s->flying++;
    s->flight = f;
    return f;
}

static void join(source_flight_t *f, token_waiter_t *waiter)
{
    waiter->next = f->waiters;
    f->waiters = waiter;
}

/* Takes the flight away, and answers who waited for it. */
static token_waiter_t *end_flight(source_flight_t *f)
{
    token_waiter_t *waiters = f->waiters;
    if (f->source->flight == f) {
        f->source->flight = NULL;
    }
    f->source->flying--;
    connection_unref(f->ask.connection);
    json_decref(f->ask.input);
    token_unref(f->token);
    free(f);
    return waiters;
}

/* They ask as if they came just now: under what the connection has become. */
static void send_back(token_waiter_t *w)
{
    for (token_waiter_t *next; w; w = next) {
        next = w->next;
        w->ask_again(w->context);
    }
}

static void answer_token(token_waiter_t *w, token_t *token)
{
    const err_t none = ERR_INIT;
    for (token_waiter_t *next; w; w = next) {
        next = w->next;
        w->on_token(w->context, token, true, &none);
    }
}

/* --- a landed token --- */

static int64_t margin_of(int64_t lifetime_ms)
{
    return lifetime_ms / 10 < MARGIN_MAX_MS ? lifetime_ms / 10 : MARGIN_MAX_MS;
}

/* Up to a tenth of the margin either way, so that a thousand connections do not ask in the same second. */
static int64_t jittered(int64_t margin_ms)
{
    uint32_t r;
    random_bytes(&r, sizeof r);
    return margin_ms - margin_ms / 10 + (int64_t)((uint64_t)margin_ms / 5 * r >> 32);
}

static bool holds_text(const json_t *value, str_t text)
{
    const char *name;
    json_t *member;
    size_t i;
    json_object_foreach((json_t *)(uintptr_t)value, name, member)
    {
        if (holds_text(member, text)) {
            return true;
        }
    }
    json_array_foreach(value, i, member)
    {
        if (holds_text(member, text)) {
            return true;
        }
    }
    return json_is_string(value) && str_eq(str_at(json_string_value(value), json_string_length(value)), text);
}

/* Tenon owns the refresh token of a connection; no caller sees it, wherever in the answer it stands. */
static json_t *take_refresh_token(json_t *members)
{
    json_t *taken = json_incref(json_object_get(members, "refresh_token"));
    const char *name;
    json_t *member;
    void *next;
    json_object_del(members, "refresh_token");
    json_object_foreach_safe(members, next, name, member)
    {
        if (json_is_string(taken) && json_string_length(taken) && strcmp(name, "access_token") != 0 &&
            holds_text(member, str_at(json_string_value(taken), json_string_length(taken)))) {
            json_object_del(members, name);
        }
    }
    return taken;
}

static token_t *token_of_landing(bool of_connection, const landing_t *l)
{
    int64_t lifetime = l->lifetime_ms < 0 ? LIFETIME_DEFAULT_MS : l->lifetime_ms;
    json_t *members = json_deep_copy(l->members), *kept = NULL;
    if (of_connection) {
        json_t *refresh = take_refresh_token(members);
        kept = l->refresh_kept ? json_pack("{s:O}", "refresh_token", refresh) : NULL;
        json_decref(refresh);
    }
    int64_t reuse_until = lifetime > 0 ? l->sent_at_ms + lifetime - jittered(margin_of(lifetime)) : 0;
    return token_new(members, kept, l->sent_at_ms, lifetime, reuse_until);
}

/* cache_key is that of the connection. */
static void keep_token(source_t *s, const connection_t *connection, const token_t *token)
{
    err_t ignored = ERR_INIT;
    put_token(s, token);
    if (s->of_connection && connection_fingerprint(connection, s->fingerprint, &ignored)) {
        durable_keep_token(s, connection->credential_generation);
    }
}

static void on_told(void *context, const err_t *err)
{
    source_flight_t *f = context;
    bool is_void = f->is_void;
    token_t *token = token_ref(f->token);
    token_waiter_t *waiters = end_flight(f);
    (void)err;
    if (is_void) {
        send_back(waiters);
    } else {
        answer_token(waiters, token);
    }
    token_unref(token);
}

static void on_success(source_flight_t *f, const landing_t *l)
{
    source_t *s = f->source;
    f->token = token_of_landing(s->of_connection, l);
    if (s->failures) {
        durable_forget_source(s->manager, s->key);
    }
    s->failures = 0;
    s->backoff_until_ms = 0;
    if (f->token->reuse_until_ms > 0) {
        keep_token(s, f->ask.connection, f->token);
    } else {
        s->short_lived_at_ms[0] = s->short_lived_at_ms[1];
        s->short_lived_at_ms[1] = l->sent_at_ms;
    }
    if (s->of_connection) {
        durable_accept_connection(s->manager, f->ask.connection);
    }
    if (f->replaces) { /* no loop goes on with the one that was not wanted */
        f->phase = KEEPING;
        manager_tell(s->manager, CHANGE_CONNECTION, f->ask.connection->name, on_told, f);
    } else {
        on_told(f, NULL);
    }
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
static void stretch_token(source_t *s, int64_t until_ms)
{
    if (until_ms > s->token->reuse_until_ms) {
        int64_t until = until_ms < s->token->expires_at_ms ? until_ms : s->token->expires_at_ms;
        token_t *stretched = token_with_reuse(s->token, until);
        put_token(s, stretched);
        token_unref(stretched);
    }
}

/* A failure hurts only those for whom the token at hand is not good enough. */
static void answer_failure(source_t *s, token_waiter_t *w, const err_t *err, int64_t now_ms)
{
    if (is_alive(s, now_ms) && w->ask->not_this != s->token->generation) {
        const err_t none = ERR_INIT;
        stretch_token(s, s->backoff_until_ms);
        w->on_token(w->context, s->token, false, &none);
    } else {
        w->on_token(w->context, NULL, false, err);
    }
}

static void answer_failures(source_t *s, token_waiter_t *w, const err_t *err)
{
    int64_t now = clock_boot_ms();
    for (token_waiter_t *next; w; w = next) {
        next = w->next;
        answer_failure(s, w, err, now);
    }
}

static void on_kept(void *context, const err_t *ignored)
{
    source_flight_t *f = context;
    source_t *s = f->source;
    bool is_void = f->is_void;
    err_t err = f->err;
    token_waiter_t *waiters = end_flight(f);
    (void)ignored;
    if (is_void) {
        send_back(waiters);
    } else {
        answer_failures(s, waiters, &err);
    }
}

/* Written before anyone is told: a crash loop must not try the same password again and again. */
static void keep_failure(source_flight_t *f, int64_t wait_ms)
{
    source_t *s = f->source;
    buf_t version;
    buf_init(&version, KEY_MAX);
    connection_write_version(f->ask.connection, &version);
    const refusal_t refusal = {.why = f->err,
                               .version = buf_view(&version),
                               .until_wall_ms = clock_wall_ms() + wait_ms,
                               .failures = s->failures};
    f->phase = KEEPING;
    durable_refuse_source(s->manager, s, &refusal, on_kept, f);
    buf_fini(&version);
}

static void on_transient(source_flight_t *f)
{
    source_t *s = f->source;
    int64_t wait = f->err.retry_after_ms > 0 ? f->err.retry_after_ms : backoff_ms(s);
    s->failures++;
    s->backoff_until_ms = clock_boot_ms() + wait;
    f->err.retry_after_ms = wait;
    s->last_failure = f->err;
    if (!s->of_connection && !is_alive(s, clock_boot_ms())) {
        token_cache_refuse(s->manager->tokens, s->key, &f->err, s->backoff_until_ms);
    }
    keep_failure(f, wait);
}

/* What was issued to the same credentials before goes, too: one answer to everybody. */
static void on_refused(source_flight_t *f, failure_class_t failure)
{
    source_t *s = f->source;
    drop_token(s);
    s->failures = 0;
    if (s->of_connection) {
        f->phase = KEEPING;
        durable_refuse_connection(s->manager, f->ask.connection, &f->err, on_kept, f);
        return;
    }
    bool paused = failure == FAILURE_LOCKED && f->err.retry_after_ms > 0;
    int64_t wait = paused ? f->err.retry_after_ms : CALL_REFUSAL_MS;
    token_cache_refuse(s->manager->tokens, s->key, &f->err, clock_boot_ms() + wait);
    keep_failure(f, wait);
}

static void on_failure(source_flight_t *f, failure_class_t failure)
{
    switch (failure) {
    case FAILURE_REJECTED:
    case FAILURE_LOCKED:
        on_refused(f, failure);
        break;
    case FAILURE_BACKOFF:
        on_transient(f);
        break;
    case FAILURE_LOCAL:
        on_kept(f, NULL);
        break;
    }
}

static void on_landing(void *context, const landing_t *l)
{
    source_flight_t *f = context;
    if (f->is_void) {
        send_back(end_flight(f));
        return;
    }
    f->err = l->err;
    if (l->ok) {
        on_success(f, l);
    } else {
        on_failure(f, l->failure);
    }
}

static void fly(source_t *s, const token_ask_t *ask, token_waiter_t *waiter, bool replaces)
{
    const grant_definition_t *grant = ask->grant ? ask->grant : &ask->connection->auth->grant;
    source_flight_t *f = new_flight(s, ask);
    f->phase = FLYING;
    f->replaces = replaces;
    if (waiter) {
        join(f, waiter);
    }
    if (s->token && ask->not_this == s->token->generation) {
        s->renewed_at_ms = clock_boot_ms();
    }
    flight_start(s->manager, f->ask.connection, grant, f->ask.input, on_landing, f);
}

/* --- what the store knows --- */

static bool is_of(const source_t *s, const token_ask_t *ask, const refusal_t *refusal)
{
    buf_t version;
    buf_init(&version, KEY_MAX);
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

/* A stored token serves where it is for what the connection is now. */
static void take_stored_token(source_t *s, const connection_t *connection, const stored_source_t *stored)
{
    unsigned char present[32];
    err_t ignored = ERR_INIT;
    if (connection_fingerprint(connection, present, &ignored) &&
        memcmp(present, stored->fingerprint, sizeof present) == 0) {
        memcpy(s->fingerprint, present, sizeof present);
        put_token(s, stored->token);
    }
}

static void on_stored(void *context, const stored_source_t *stored)
{
    source_flight_t *f = context;
    source_t *s = f->source;
    if (!f->is_void && err_is_set(&stored->err)) {
        f->err = stored->err;
        on_kept(f, NULL); /* who cannot know whether it was refused does not try */
        return;
    }
    if (!f->is_void) {
        s->loaded = true;
        if (stored->refused && is_of(s, &f->ask, &stored->refusal)) {
            take_refusal(s, &stored->refusal);
        }
        if (stored->token) {
            take_stored_token(s, f->ask.connection, stored);
        }
    }
    send_back(end_flight(f));
}

static void load(source_t *s, const token_ask_t *ask, token_waiter_t *waiter)
{
    source_flight_t *f = new_flight(s, ask);
    f->phase = LOADING;
    join(f, waiter);
    durable_load_source(s->manager, s, ask->connection->credential_generation, on_stored, f);
}

/* --- asking --- */

/* A connection that has become another one (credentials, host-wide values, definition): what was met under the old one
 * does not count, and its token only where it is for the same thing. */
static void follow_connection(source_t *s, const connection_t *connection)
{
    buf_t key;
    unsigned char present[32];
    err_t ignored = ERR_INIT;
    if (!s->of_connection) {
        return;
    }
    buf_init(&key, KEY_MAX);
    token_key_of_connection(connection, &key);
    if (!s->cache_key || !str_is(buf_view(&key), s->cache_key)) {
        bool same = s->token && connection_fingerprint(connection, present, &ignored) &&
                    memcmp(present, s->fingerprint, sizeof present) == 0;
        token_t *token = same ? token_ref(s->token) : NULL;
        drop_token(s);
        void_flight(s);
        forget_failures(s);
        free(s->cache_key);
        s->cache_key = str_dup(buf_view(&key));
        if (token) {
            put_token(s, token);
            token_unref(token);
        }
    }
    buf_fini(&key);
}

/* True where a state of the connection itself answers: refused, to be reviewed, incomplete, without tokens. */
static bool is_held_back(const token_ask_t *ask, err_t *err)
{
    const connection_t *c = ask->connection;
    int64_t left = c->until_wall_ms ? c->until_wall_ms - clock_wall_ms() : INT64_MAX;
    bool may_try = c->state == CONNECTION_READY || (c->state == CONNECTION_REJECTED && (ask->grant || left <= 0));
    if (!may_try) {
        *err = c->why;
        err->retry_after_ms = c->until_wall_ms ? left : 0;
    } else if (!ask->grant && !auth_type_gets_tokens(c->auth->type)) {
        err_set(err, ERR_not_supported, "this way to sign in has no token");
    }
    return err_is_set(err);
}

/* An API refused it, or the caller wants another: both at most once in a while. Of many calls whose token was refused
 * at the same time the first one starts the flight, and the others wait for it. */
static bool is_unwanted(const source_t *s, const token_ask_t *ask, int64_t now_ms)
{
    bool may_renew = s->flight || now_ms - s->renewed_at_ms >= FORCE_PAUSE_MS;
    return (ask->force && now_ms - s->token->obtained_at_ms >= FORCE_PAUSE_MS) ||
           (ask->not_this == s->token->generation && may_renew);
}

/* It is to be renewed, but will live long enough to serve meanwhile. */
static bool is_comfortable(const token_t *t, int64_t now_ms)
{
    return t->expires_at_ms - now_ms >= margin_of(t->expires_at_ms - t->obtained_at_ms) / 2;
}

/* Until when nothing is fetched, and why; 0: it may be. Tokens that live no longer than one call: at most two in 60 s. */
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
    token_t *cached = s->of_connection ? NULL : token_cache_get(s->manager->tokens, s->key, now_ms, refusal);
    if (cached && !is_alive(s, now_ms)) {
        put_token(s, cached);
    }
    token_unref(cached);
}

/* The token at hand is none, or not the one that is wanted. */
static void ask_for_new(source_t *s, token_waiter_t *waiter, int64_t now_ms, bool unwanted)
{
    err_t err = ERR_INIT;
    if (s->flight) {
        s->flight->replaces |= unwanted;
        join(s->flight, waiter);
    } else if (paused_until(s, now_ms, &err)) {
        answer_failure(s, waiter, &err, now_ms);
    } else {
        fly(s, waiter->ask, waiter, unwanted);
    }
}

/* It is due to be renewed: behind the back of those whom it still serves. */
static void renew(source_t *s, const token_ask_t *ask, int64_t now_ms)
{
    err_t ignored = ERR_INIT;
    int64_t until = s->flight ? 0 : paused_until(s, now_ms, &ignored);
    if (until) {
        stretch_token(s, until);
    } else if (!s->flight) {
        fly(s, ask, NULL, false);
    }
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
    bool unwanted = is_alive(s, now) && is_unwanted(s, ask, now);
    if (!is_alive(s, now) || unwanted || (now >= s->token->reuse_until_ms && !is_comfortable(s->token, now))) {
        ask_for_new(s, waiter, now, unwanted);
        return;
    }
    if (now >= s->token->reuse_until_ms) {
        renew(s, ask, now); /* before the answer, with which the question may go */
    }
    waiter->on_token(waiter->context, s->token, false, &err);
}

void source_ask(source_t *s, token_waiter_t *waiter)
{
    const token_ask_t *ask = waiter->ask;
    err_t err = ERR_INIT;
    follow_connection(s, ask->connection);
    if (s->flight && s->flight->phase != FLYING) {
        join(s->flight, waiter);
    } else if (is_held_back(ask, &err)) {
        waiter->on_token(waiter->context, NULL, false, &err);
    } else if (!s->loaded) {
        load(s, ask, waiter);
    } else {
        ask_here(s, waiter);
    }
}

/* --- from outside --- */

void source_keep_landing(manager_t *m, const connection_t *connection, const landing_t *landing)
{
    buf_t key;
    buf_init(&key, KEY_MAX);
    buf_printf(&key, "c/%.*s", STR_ARG(connection->name));
    source_t *s = source_get(m, buf_view(&key), true);
    buf_fini(&key);
    follow_connection(s, connection);
    s->loaded = true; /* what the store holds is older */
    token_t *token = token_of_landing(true, landing);
    if (token->reuse_until_ms > 0) {
        keep_token(s, connection, token);
    }
    token_unref(token);
}

void source_reset(manager_t *m, str_t key)
{
    source_t *s = map_get(m->sources, key);
    durable_forget_source(m, key);
    if (s) {
        void_flight(s);
        drop_token(s);
        forget_failures(s);
        free(s->cache_key);
        s->cache_key = NULL;
    }
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
            if (s->of_connection) {
                drop_token(s);
            }
            map_remove(m->sources, key);
            m->call_sources -= !s->of_connection;
            free_source(s);
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
