/* SPDX-License-Identifier: MIT */
/* Where the token of one key comes from: the sources, and what each has at hand (DESIGN 5). */
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "connection/source_internal.h"

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

void source_forget_failures(source_t *s)
{
    s->failures = 0;
    s->backoff_until_ms = 0;
    s->renewed_at_ms = s->short_lived_at_ms[0] = s->short_lived_at_ms[1] = LONG_AGO;
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
        source_forget_failures(s);
        map_set(m->sources, key, s);
    }
    s->used_at_ms = clock_boot_ms();
    return s;
}

/* --- what it has at hand --- */

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

void source_show_token(const source_t *s)
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
    source_show_token(s);
}

static void put_token(source_t *s, token_t *token)
{
    holding_drop_token(&s->holding);
    s->holding.token = token;
    source_show_token(s);
}

void source_unload(source_t *s)
{
    source_drop_token(s);
    holding_fini(&s->holding);
    s->loaded = false;
    s->lost = s->cut_short = 0;
}

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
