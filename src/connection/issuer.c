/* SPDX-License-Identifier: MIT */
/* Which issuers are known, and who waits for what they say. */
#include "connection/issuer.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "codec/base64.h"
#include "connection/issuer_internal.h"

enum { ISSUERS_MAX = 1000, KEY_MAX = ISSUER_URL_MAX + 128 };

/* How a key begins: whether the name is a resource's, and whether an issuer's may have lost its
 * last `/`. Then, in hex, the identity that asks. */
enum { OF_RESOURCE = '@', LOSES_SLASH = '/', IS_EXACT = '=', NAME_AT = 1 + 2 * 32 };

struct issuers {
    map_t *by_key;
};

static void free_issuer(void *value)
{
    issuer_t *i = value;
    grant_metadata_unref(i->metadata);
    connection_unref(i->connection);
    buf_fini(&i->key);
    buf_fini(&i->server);
    free(i);
}

issuers_t *issuers_new(void)
{
    issuers_t *all = mem_new(issuers_t);
    all->by_key = map_new();
    return all;
}

void issuers_free(issuers_t *all)
{
    map_free_with(all->by_key, free_issuer);
    free(all);
}

static bool is_idle(const issuer_t *i)
{
    return !i->call && !i->waiters;
}

static void forget(issuers_t *all, issuer_t *i)
{
    map_remove(all->by_key, buf_view(&i->key));
    free_issuer(i);
}

void issuers_sweep(issuers_t *all, int64_t now_ms)
{
    void *value;
    for (size_t at = 0; map_next(all->by_key, &at, NULL, &value);) {
        issuer_t *i = value;
        if (is_idle(i) && now_ms > i->used_at_ms + ISSUER_LIFE_MOST_MS) {
            forget(all, i);
        }
    }
}

/* The one that was not used for longest makes room. */
static void make_room(issuers_t *all)
{
    issuer_t *oldest = NULL;
    void *value;
    for (size_t at = 0; map_next(all->by_key, &at, NULL, &value);) {
        issuer_t *i = value;
        oldest = is_idle(i) && (!oldest || i->used_at_ms < oldest->used_at_ms) ? i : oldest;
    }
    if (oldest && map_count(all->by_key) >= ISSUERS_MAX) {
        forget(all, oldest);
    }
}

static issuer_t *get_issuer(manager_t *m, str_t key)
{
    issuer_t *i = map_get(m->issuers->by_key, key);
    if (i) {
        return i;
    }
    make_room(m->issuers);
    i = mem_new(issuer_t);
    i->manager = m;
    i->failure = ERR_INIT;
    buf_init(&i->key, KEY_MAX);
    buf_str(&i->key, key);
    buf_init(&i->server, ISSUER_URL_MAX);
    i->is_resource = key.p[0] == OF_RESOURCE;
    i->loses_slash = key.p[0] != IS_EXACT;
    i->name = str_slice(buf_view(&i->key), NAME_AT, key.n);
    map_set(m->issuers->by_key, key, i);
    return i;
}

/* --- who waits --- */

static void join(issuer_t *i, issuer_ask_t *ask)
{
    ask->next = i->waiters;
    ask->at = &i->waiters;
    if (ask->next) {
        ask->next->at = &ask->next;
    }
    i->waiters = ask;
}

void issuer_leave(issuer_ask_t *ask)
{
    if (ask->at) {
        *ask->at = ask->next;
        if (ask->next) {
            ask->next->at = ask->at;
        }
        ask->at = NULL;
    }
}

void issuer_tell(issuer_t *i, const err_t *err)
{
    grant_metadata_t *metadata = i->metadata ? grant_metadata_ref(i->metadata) : NULL;
    err_t why = *err;
    for (issuer_ask_t *ask; (ask = i->waiters);) {
        issuer_leave(ask);
        ask->on_metadata(ask, metadata, &why);
    }
    grant_metadata_unref(metadata);
}

void issuers_end(issuers_t *all)
{
    void *value;
    err_t err = ERR_INIT;
    err_set(&err, ERR_draining, "the host is shutting down");
    for (size_t at = 0; map_next(all->by_key, &at, NULL, &value);) {
        issuer_t *i = value;
        if (i->call) {
            upstream_cancel(i->call);
            i->call = NULL;
        }
        grant_metadata_unref(i->metadata);
        i->metadata = NULL;
        issuer_tell(i, &err);
    }
}

/* --- asking --- */

static void answer_or_fetch(issuer_t *i, const connection_t *c, issuer_ask_t *ask)
{
    int64_t now = clock_boot_ms();
    const err_t none = ERR_INIT;
    i->used_at_ms = now;
    if (i->call) {
        join(i, ask);
    } else if (i->metadata && (now < i->fresh_until_ms || now < i->paused_until_ms)) {
        ask->on_metadata(ask, i->metadata, &none);
    } else if (now < i->paused_until_ms) {
        ask->on_metadata(ask, NULL, &i->failure);
    } else {
        join(i, ask);
        issuer_fetch(i, c);
    }
}

static void write_key_head(const connection_t *c, const url_template_t *issuer, buf_t *key)
{
    static const unsigned char NOBODY[sizeof c->identity->digest];
    buf_char(key, !issuer ? OF_RESOURCE : issuer->kind == URL_WHOLE ? LOSES_SLASH : IS_EXACT);
    hex_write(key, str_at(c->identity ? c->identity->digest : NOBODY, sizeof NOBODY));
}

void issuer_ask(manager_t *m, const connection_t *c, grant_build_t *build, issuer_ask_t *ask)
{
    err_t err = ERR_INIT;
    buf_t key;
    ask->at = NULL;
    buf_init(&key, KEY_MAX);
    write_key_head(c, build->definition->issuer, &key);
    if (m->stopping) {
        err_set(&err, ERR_draining, "the host is shutting down");
    } else if (grant_discovery_name(build, &key, &err) &&
               connection_check_host(c, m->options.upstream.egress,
                                     str_slice(buf_view(&key), NAME_AT, key.n), &err)) {
        answer_or_fetch(get_issuer(m, buf_view(&key)), c, ask);
    }
    buf_fini(&key);
    if (err_is_set(&err)) {
        ask->on_metadata(ask, NULL, &err);
    }
}
