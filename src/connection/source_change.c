/* SPDX-License-Identifier: MIT */
/* What changes a source from outside: its connection becomes another one, is reset, or was tried
 * out before it was stored. */
#include <stdlib.h>

#include "connection/source_internal.h"

enum { KEY_MAX = 512 };

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
        source_forget_failures(s);
        become(s, &present);
        source_show_token(s);
    }
    buf_fini(&key);
}

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
    brought.restores = m->restores;
    if (brought.token->reuse_until_ms == 0) {
        holding_drop_token(&brought);
    }
    source_take_holding(s, &brought);
    size_t count = holding_write(&s->holding, connection, m->keyring, arena, &change);
    manager_store_write(m, &change, count, true, NULL, NULL);
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

static void give_back(source_flight_t *f, const revocation_t *like)
{
    if (f && !f->gives_back) {
        f->gives_back = revocation_beside(like);
    }
}

/* Where a refresh token is being spent and is to be kept, its outcome is waited for. */
void source_reset(manager_t *m, str_t key, bool all, revocation_t *gives_back)
{
    source_t *s = map_get(m->sources, key);
    bool waits = s && !all && is_spending(s->flight);
    forget_stored(m, key, all, !waits);
    if (!s) {
        return;
    }
    if (all) {
        revocation_add_holding(gives_back, &s->holding);
    }
    source_drop_token(s);
    if (waits) {
        s->flight->is_outdated = true;
    } else {
        give_back(s->flight, gives_back);
        source_void_flight(s);
        s->lost = s->cut_short = 0;
    }
    if (all) {
        holding_fini(&s->holding);
    }
    source_forget_failures(s);
    free(s->cache_key);
    s->cache_key = NULL;
}
