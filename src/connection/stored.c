/* SPDX-License-Identifier: MIT */
/* What the store knows of a source: a refusal or pause that still lasts, what a connection holds,
 * and the request that was under way. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "codec/json.h"
#include "connection/manager_internal.h"
#include "connection/moment.h"
#include "connection/sealed_json.h"

/* --- holdings --- */

/* The members stand there once: those of the token are those that a refresh sees. */
static json_t *describe_refresh(const holding_t *h)
{
    json_t *refresh = json_copy(h->refresh);
    json_object_del(refresh, "members");
    return refresh;
}

static json_t *describe_token(const token_t *t)
{
    return json_pack("{s:I, s:I, s:I}", "obtained_boot_ms", (json_int_t)t->obtained_at_ms,
                     "expires_boot_ms", (json_int_t)t->expires_at_ms, "reuse_boot_ms",
                     (json_int_t)t->reuse_until_ms);
}

static json_t *describe(const holding_t *h)
{
    json_t *all = json_pack("{s:I, s:I}", "rotation", (json_int_t)h->rotation, "resets",
                            (json_int_t)h->resets);
    if (h->restores) {
        json_object_set_new(all, "restores", json_integer((json_int_t)h->restores));
    }
    fingerprints_write(all, &h->made_for);
    moment_write(all);
    if (h->refresh) {
        json_object_set_new(all, "refresh", describe_refresh(h));
        json_object_set(all, "members", json_object_get(h->refresh, "members"));
    }
    if (h->token) {
        json_object_set_new(all, "token", describe_token(h->token));
        json_object_set(all, "members", h->token->members);
    }
    return all;
}

size_t holding_write(const holding_t *h, const connection_t *c, keyring_t *keyring, arena_t *arena,
                     store_change_t *change)
{
    json_t *all = describe(h);
    const store_record_t record = {.kind = STR("token"),
                                   .id = arena_printf(arena, "c/%.*s", STR_ARG(c->name)),
                                   .generation = c->credential_generation};
    size_t changes = sealed_json_write(&record, all, keyring, arena, change);
    json_decref(all);
    return changes;
}

static int64_t number(const json_t *all, const char *name)
{
    return json_integer_value(json_object_get(all, name));
}

/* Its times belong to the boot clock of then; they are moved to that of now. */
static token_t *read_token(const json_t *all, json_t *members)
{
    const json_t *times = json_object_get(all, "token");
    int64_t obtained = number(times, "obtained_boot_ms");
    int64_t lifetime = number(times, "expires_boot_ms") - obtained;
    int64_t moved = clock_boot_ms() - moment_age_ms(all) - (moment_boot_ms(all) - obtained);
    int64_t reuse = moved + number(times, "reuse_boot_ms") - obtained;
    bool lives = times && json_is_object(members) && moved + lifetime > clock_boot_ms();
    return lives ? token_new(json_deep_copy(members), moved, lifetime, reuse) : NULL;
}

bool holding_read(holding_t *h, const store_record_t *record, keyring_t *keyring)
{
    json_t *all = sealed_json_read(record, keyring);
    *h = (holding_t){0};
    if (!all || !fingerprints_read(all, &h->made_for)) {
        json_decref(all);
        return false;
    }
    json_t *members = json_object_get(all, "members");
    h->rotation = (uint64_t)number(all, "rotation");
    h->resets = (uint64_t)number(all, "resets");
    h->restores = (uint64_t)number(all, "restores");
    h->token = read_token(all, members);
    h->refresh = json_deep_copy(json_object_get(all, "refresh"));
    if (h->refresh) {
        json_object_set(h->refresh, "members", members);
    }
    json_decref(all);
    return true;
}

/* --- all that is known --- */

typedef struct loading {
    manager_t *manager;
    arena_t *arena;
    char *key;
    bool of_connection;
    uint64_t credential_generation; /* what was made under another one is of credentials that were
                                       replaced */
    stored_source_t found;
    json_t *refusal; /* what found.refusal points into */
    on_stored_t *on_stored;
    void *context;
} loading_t;

static void finish(loading_t *l)
{
    l->on_stored(l->context, &l->found);
    holding_fini(&l->found.holding);
    under_way_fini(&l->found.under_way);
    json_decref(l->refusal);
    arena_free(l->arena);
    free(l->key);
    free(l);
}

static void on_under_way(void *context, const store_result_t *result)
{
    loading_t *l = context;
    const store_record_t *record = result->records;
    stored_source_t *found = &l->found;
    if (!result->ok) {
        found->err = result->err;
    } else if (result->count && record->generation == l->credential_generation) {
        found->is_under_way =
            under_way_read(&found->under_way, record, l->manager->keyring, l->arena);
        found->is_unreadable = !found->is_under_way;
    }
    finish(l);
}

static void on_holding(void *context, const store_result_t *result)
{
    loading_t *l = context;
    const store_record_t *record = result->records;
    if (!result->ok) {
        l->found.err = result->err;
        finish(l);
        return;
    }
    if (result->count && record->generation == l->credential_generation &&
        !holding_read(&l->found.holding, record, l->manager->keyring)) {
        holding_fini(&l->found.holding);
    }
    manager_store_get(l->manager, STR("under_way"), str_of(l->key), on_under_way, l);
}

static void on_refusal(void *context, const store_result_t *result)
{
    loading_t *l = context;
    err_t ignored = ERR_INIT;
    if (!result->ok) {
        l->found.err = result->err;
        finish(l);
        return;
    }
    if (result->count) {
        l->refusal = json_read(result->records[0].plain, NULL, &ignored);
        l->found.refused = refusal_read(l->refusal, &l->found.refusal) &&
                           l->found.refusal.until_wall_ms > clock_wall_ms();
    }
    if (l->of_connection) {
        manager_store_get(l->manager, STR("token"), str_of(l->key), on_holding, l);
    } else {
        finish(l);
    }
}

void durable_load_source(manager_t *m, const source_t *s, uint64_t credential_generation,
                         on_stored_t *on_stored, void *context)
{
    loading_t *l = mem_new(loading_t);
    *l = (loading_t){.manager = m,
                     .arena = arena_new(0),
                     .key = str_dup(s->key),
                     .of_connection = s->of_connection,
                     .credential_generation = credential_generation,
                     .on_stored = on_stored,
                     .context = context};
    manager_store_get(m, STR("refusal"), str_of(l->key), on_refusal, l);
}
