/* SPDX-License-Identifier: MIT */
/* What the store knows of a source: a refusal or pause that still lasts, and the token of a
 * connection. All of a token is sealed, its times and what it is for too: a digest over a password
 * in the clear could be guessed at. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "codec/base64.h"
#include "codec/json.h"
#include "connection/manager_internal.h"

enum { SEALED_MAX = 1024 * 1024 };
static const int64_t LIFETIME_MAX_MS = 24LL * 60 * 60 * 1000;

static seal_place_t token_place(str_t key, uint64_t credential_generation)
{
    return (seal_place_t){.type = STR("token"),
                          .id = key,
                          .field = STR("token"),
                          .generation = credential_generation};
}

/* --- keeping --- */

static json_t *describe(const source_t *s)
{
    const token_t *t = s->token;
    json_t *all = json_object();
    json_object_set(all, "members", t->members);
    json_object_set(all, "kept", t->kept);
    buf_t hex;
    buf_init(&hex, 128);
    hex_write(&hex, str_at(s->fingerprint, sizeof s->fingerprint));
    json_object_set_new(all, "fingerprint", json_str(buf_view(&hex)));
    buf_fini(&hex);
    json_object_set_new(all, "boot_id", json_string(clock_boot_id()));
    json_object_set_new(all, "kept_wall_ms", json_integer(clock_wall_ms()));
    json_object_set_new(all, "kept_boot_ms", json_integer(clock_boot_ms()));
    json_object_set_new(all, "obtained_boot_ms", json_integer(t->obtained_at_ms));
    json_object_set_new(all, "expires_boot_ms", json_integer(t->expires_at_ms));
    json_object_set_new(all, "reuse_boot_ms", json_integer(t->reuse_until_ms));
    return all;
}

void durable_keep_token(const source_t *s, uint64_t credential_generation)
{
    manager_t *m = s->manager;
    json_t *all = describe(s);
    buf_t text, sealed;
    buf_init_wiping(&text, SEALED_MAX);
    buf_init(&sealed, SEALED_MAX + 1024);
    json_write(&text, all);
    seal_place_t place = token_place(s->key, credential_generation);
    keyring_seal(m->keyring, &place, buf_view(&text), &sealed);
    store_change_t change = {.verb = STORE_PUT,
                             .record = {.kind = STR("token"),
                                        .id = s->key,
                                        .generation = credential_generation,
                                        .changed_at_ms = clock_wall_ms(),
                                        .plain = STR("{}"),
                                        .sealed = buf_view(&sealed)}};
    manager_store_write(m, &change, 1, false, NULL, NULL);
    buf_fini(&text);
    buf_fini(&sealed);
    json_decref(all);
}

/* --- loading --- */

typedef struct loading {
    manager_t *manager;
    char *key;
    bool of_connection;
    uint64_t credential_generation;
    stored_source_t found;
    json_t *refusal; /* what found.refusal points into */
    on_stored_t *on_stored;
    void *context;
} loading_t;

static int64_t number(const json_t *all, const char *name)
{
    return json_integer_value(json_object_get(all, name));
}

/* How long ago it was written. Within one boot the boot clock knows; else the wall clock, and one
 * that went back counts as a whole life: of two answers the shorter life is trusted. */
static int64_t age_ms(const json_t *all)
{
    int64_t by_wall = clock_wall_ms() - number(all, "kept_wall_ms");
    int64_t by_boot = clock_boot_ms() - number(all, "kept_boot_ms");
    bool same_boot = str_is(json_member(all, "boot_id"), clock_boot_id()) && by_boot >= 0;
    if (by_wall < 0) {
        return same_boot ? by_boot : LIFETIME_MAX_MS;
    }
    return same_boot && by_boot > by_wall ? by_boot : by_wall;
}

static bool read_fingerprint(const json_t *all, unsigned char out[32])
{
    buf_t digest;
    buf_init(&digest, 64);
    bool ok = hex_read(&digest, json_member(all, "fingerprint")) && digest.n == 32;
    if (ok) {
        memcpy(out, digest.p, 32);
    }
    buf_fini(&digest);
    return ok;
}

/* Its times belong to the boot clock of then; they are moved to that of now. */
static void take_token(stored_source_t *found, json_t *all)
{
    json_t *members = json_object_get(all, "members");
    int64_t obtained = number(all, "obtained_boot_ms");
    int64_t lifetime = number(all, "expires_boot_ms") - obtained;
    int64_t moved = clock_boot_ms() - age_ms(all) - (number(all, "kept_boot_ms") - obtained);
    int64_t reuse = moved + number(all, "reuse_boot_ms") - obtained;
    if (json_is_object(members) && moved + lifetime > clock_boot_ms() &&
        read_fingerprint(all, found->fingerprint)) {
        found->token = token_new(json_incref(members), json_incref(json_object_get(all, "kept")),
                                 moved, lifetime, reuse);
    }
}

static void open_token(loading_t *l, const store_record_t *record)
{
    seal_place_t place = token_place(record->id, record->generation);
    err_t err = ERR_INIT;
    buf_t text;
    if (record->generation != l->credential_generation) {
        return; /* of credentials that were replaced */
    }
    buf_init_wiping(&text, SEALED_MAX);
    json_t *all = keyring_unseal(l->manager->keyring, &place, record->sealed, &text, &err)
                      ? json_read(buf_view(&text), NULL, &err)
                      : NULL;
    if (all) {
        take_token(&l->found, all);
    } else {
        log_event(LOG_ERROR, "store.record_corrupt", LOG_S("kind", record->kind),
                  LOG_S("id", record->id));
    }
    buf_fini(&text);
    json_decref(all);
}

static void finish(loading_t *l)
{
    l->on_stored(l->context, &l->found);
    token_unref(l->found.token);
    json_decref(l->refusal);
    free(l->key);
    free(l);
}

static void on_token(void *context, const store_result_t *result)
{
    loading_t *l = context;
    if (!result->ok) {
        l->found.err = result->err;
    } else if (result->count) {
        open_token(l, &result->records[0]);
    }
    finish(l);
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
        manager_store_get(l->manager, STR("token"), str_of(l->key), on_token, l);
    } else {
        finish(l);
    }
}

void durable_load_source(manager_t *m, const source_t *s, uint64_t credential_generation,
                         on_stored_t *on_stored, void *context)
{
    loading_t *l = mem_new(loading_t);
    *l = (loading_t){.manager = m,
                     .key = str_dup(s->key),
                     .of_connection = s->of_connection,
                     .credential_generation = credential_generation,
                     .on_stored = on_stored,
                     .context = context};
    manager_store_get(m, STR("refusal"), str_of(l->key), on_refusal, l);
}
