/* SPDX-License-Identifier: MIT */
#include "connection/token.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/secret.h"
#include "codec/json.h"
#include "grant/grant.h"

enum { ANSWER_MAX = 1024 * 1024, SHARDS = 16 };

/* token_t is what readers see; the count and the memory behind it are here. */
typedef struct counted_token {
    token_t token;
    atomic_uint references;
    char *rendered;
} counted_token_t;

static counted_token_t *counted(const token_t *t)
{
    return (counted_token_t *)(uintptr_t)t;
}

token_t *token_ref(const token_t *t)
{
    atomic_fetch_add_explicit(&counted(t)->references, 1, memory_order_relaxed);
    return &counted(t)->token;
}

void token_unref(const token_t *t)
{
    if (!t || atomic_fetch_sub_explicit(&counted(t)->references, 1, memory_order_acq_rel) != 1) {
        return;
    }
    counted_token_t *c = counted(t);
    json_decref(c->token.members);
    secret_wipe(c->rendered, c->token.head.n + c->token.tail.n);
    free(c->rendered);
    free(c);
}

/* The answer without expires_in, cut where its value goes: it is last, so that the rest is rendered
 * once. */
static void render(counted_token_t *c)
{
    json_t *members = json_copy(c->token.members);
    json_object_del(members, "expires_in");
    json_object_del(members, "expires_in_ms");
    json_object_del(members, "expires_at");
    json_object_del(members, GRANT_SIGNING);
    buf_t b;
    buf_init_wiping(&b, ANSWER_MAX);
    json_write(&b, members);
    json_decref(members);
    size_t n = b.n - 1; /* without the closing brace */
    c->rendered = mem_alloc(n + 32);
    memcpy(c->rendered, b.p, n);
    static const char GAP[] = "\"expires_in\":";
    size_t head = n;
    if (n > 1) {
        c->rendered[head++] = ',';
    }
    memcpy(c->rendered + head, GAP, sizeof GAP - 1);
    head += sizeof GAP - 1;
    c->rendered[head] = '}';
    c->token.head = str_at(c->rendered, head);
    c->token.tail = str_at(c->rendered + head, 1);
    buf_fini(&b);
}

static token_t *make(json_t *members, const token_t *times)
{
    counted_token_t *c = mem_new(counted_token_t);
    c->token = *times;
    c->token.members = members;
    c->token.access_token = json_member(members, "access_token");
    atomic_init(&c->references, 1);
    render(c);
    return &c->token;
}

token_t *token_new(json_t *members, int64_t obtained_at_ms, int64_t lifetime_ms,
                   int64_t reuse_until_ms)
{
    static atomic_uint_fast64_t last_generation;
    token_t times = {.generation = atomic_fetch_add(&last_generation, 1) + 1,
                     .obtained_at_ms = obtained_at_ms,
                     .expires_at_ms = obtained_at_ms + lifetime_ms,
                     .reuse_until_ms = reuse_until_ms};
    return make(members, &times);
}

token_t *token_with_reuse(const token_t *t, int64_t reuse_until_ms)
{
    token_t times = *t;
    times.reuse_until_ms = reuse_until_ms;
    /* Copies: the two may end in different threads. */
    return make(json_deep_copy(t->members), &times);
}

int64_t token_seconds_left(const token_t *t, int64_t now_ms)
{
    return now_ms >= t->expires_at_ms ? 0 : (t->expires_at_ms - now_ms) / 1000;
}

void token_write_answer(const token_t *t, int64_t now_ms, buf_t *to)
{
    buf_str(to, t->head);
    buf_i64(to, token_seconds_left(t, now_ms));
    buf_str(to, t->tail);
}

/* --- the shared map --- */

/* Entries of a shard stand in a list by last use, the latest first, so that the oldest can go. */
typedef struct entry {
    struct entry *newer, *older;
    char *key;
    size_t key_length;
    token_t *token; /* or */
    err_t *refusal; /* until then */
    int64_t refused_until_ms;
    bool evictable;
} entry_t;

typedef struct shard {
    pthread_mutex_t lock;
    map_t *entries;
    entry_t ends; /* newer: oldest entry, older: newest entry */
    size_t evictable;
} shard_t;

struct token_cache {
    shard_t shards[SHARDS];
    size_t shard_capacity;
};

static shard_t *shard_of(token_cache_t *c, str_t key)
{
    return &c->shards[hash_keyed(key.p, key.n) % SHARDS];
}

static void unlink_entry(entry_t *e)
{
    e->newer->older = e->older;
    e->older->newer = e->newer;
}

static void link_newest(shard_t *s, entry_t *e)
{
    e->newer = &s->ends;
    e->older = s->ends.older;
    e->older->newer = e;
    s->ends.older = e;
}

token_cache_t *token_cache_new(size_t capacity)
{
    token_cache_t *c = mem_new(token_cache_t);
    c->shard_capacity = capacity / SHARDS + 1;
    for (size_t i = 0; i < SHARDS; i++) {
        shard_t *s = &c->shards[i];
        pthread_mutex_init(&s->lock, NULL);
        s->entries = map_new();
        s->ends.newer = s->ends.older = &s->ends;
    }
    return c;
}

static void drop(shard_t *s, entry_t *e)
{
    map_remove(s->entries, str_at(e->key, e->key_length));
    unlink_entry(e);
    s->evictable -= e->evictable;
    token_unref(e->token);
    free(e->refusal);
    free(e->key);
    free(e);
}

/* What is left of a pause is told, not what it was. */
static void copy_refusal(const entry_t *e, int64_t now_ms, err_t *to)
{
    *to = *e->refusal;
    if (to->retry_after_ms > 0) {
        to->retry_after_ms = e->refused_until_ms - now_ms;
    }
}

void token_cache_free(token_cache_t *c)
{
    for (size_t i = 0; c && i < SHARDS; i++) {
        shard_t *s = &c->shards[i];
        while (s->ends.older != &s->ends) {
            drop(s, s->ends.older);
        }
        map_free(s->entries);
        pthread_mutex_destroy(&s->lock);
    }
    free(c);
}

token_t *token_cache_get(token_cache_t *c, str_t key, int64_t now_ms, err_t *refusal)
{
    shard_t *s = shard_of(c, key);
    token_t *found = NULL;
    pthread_mutex_lock(&s->lock);
    entry_t *e = map_get(s->entries, key);
    if (e && e->token && now_ms < e->token->reuse_until_ms) {
        found = token_ref(e->token);
    } else if (e && e->refusal && now_ms < e->refused_until_ms) {
        copy_refusal(e, now_ms, refusal);
    }
    if (e && e->evictable) {
        unlink_entry(e);
        link_newest(s, e);
    }
    pthread_mutex_unlock(&s->lock);
    return found;
}

/* Under the shard's lock: an empty entry of that key, new or cleared. */
static entry_t *place(shard_t *s, str_t key, bool evictable)
{
    entry_t *e = map_get(s->entries, key);
    if (!e) {
        e = mem_new(entry_t);
        e->key = str_dup(key);
        e->key_length = key.n;
        map_set(s->entries, key, e);
    } else {
        unlink_entry(e);
        s->evictable -= e->evictable;
        token_unref(e->token);
        free(e->refusal);
        e->token = NULL;
        e->refusal = NULL;
    }
    e->evictable = evictable;
    s->evictable += evictable;
    link_newest(s, e);
    return e;
}

static void evict_beyond(token_cache_t *c, shard_t *s)
{
    for (entry_t *e = s->ends.newer; s->evictable > c->shard_capacity && e != &s->ends;) {
        entry_t *next = e->newer;
        if (e->evictable) {
            drop(s, e);
        }
        e = next;
    }
}

void token_cache_put(token_cache_t *c, str_t key, const token_t *token, bool evictable)
{
    shard_t *s = shard_of(c, key);
    pthread_mutex_lock(&s->lock);
    place(s, key, evictable)->token = token_ref(token);
    evict_beyond(c, s);
    pthread_mutex_unlock(&s->lock);
}

void token_cache_refuse(token_cache_t *c, str_t key, const err_t *why, int64_t until_ms)
{
    shard_t *s = shard_of(c, key);
    pthread_mutex_lock(&s->lock);
    entry_t *e = place(s, key, true);
    e->refusal = mem_new(err_t);
    *e->refusal = *why;
    e->refusal->details = NULL;
    e->refusal->detail_count = 0;
    e->refused_until_ms = until_ms;
    evict_beyond(c, s);
    pthread_mutex_unlock(&s->lock);
}

void token_cache_remove(token_cache_t *c, str_t key)
{
    shard_t *s = shard_of(c, key);
    pthread_mutex_lock(&s->lock);
    entry_t *e = map_get(s->entries, key);
    if (e) {
        drop(s, e);
    }
    pthread_mutex_unlock(&s->lock);
}

void token_cache_remove_prefix(token_cache_t *c, str_t prefix)
{
    for (size_t i = 0; i < SHARDS; i++) {
        shard_t *s = &c->shards[i];
        pthread_mutex_lock(&s->lock);
        void *value;
        for (size_t at = 0; map_next(s->entries, &at, NULL, &value);) {
            entry_t *e = value;
            if (str_starts(str_at(e->key, e->key_length), prefix)) {
                drop(s, e);
            }
        }
        pthread_mutex_unlock(&s->lock);
    }
}
