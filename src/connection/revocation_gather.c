/* SPDX-License-Identifier: MIT */
/* What there is to give back, and how it stands in the store meanwhile. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "codec/json.h"
#include "connection/browser_secret.h"
#include "connection/manager_internal.h"
#include "connection/moment.h"
#include "connection/sealed_json.h"

static const str_t KIND = STR_INIT("revocation");
static const int64_t LIFE_MS = 60LL * 60 * 1000;

void revocation_free(revocation_t *r)
{
    if (r) {
        connection_record_free(r->record);
        json_decref(r->tokens);
        free(r);
    }
}

/* --- gathered --- */

typedef struct gathering {
    revocation_t *revocation;
    connection_t *connection; /* a reference */
    on_revocation_t *then;
    void *context;
} gathering_t;

static void add_token(json_t *tokens, const char *hint, const json_t *token)
{
    if (json_string_length(token)) {
        json_array_append_new(tokens, json_pack("{s:o, s:s}", "token", json_deep_copy(token),
                                                "token_type_hint", hint));
    }
}

/* What somebody gave by hand is theirs, as long as it is what it was. */
static bool is_given(const connection_t *c, const json_t *token)
{
    json_t *given = errand_given_token(&(errand_t){.connection = c, .grant = &c->auth->grant});
    bool same = given && token && json_equal(given, token);
    json_decref(given);
    return same;
}

static void add_tokens(revocation_t *r, const connection_t *c, const holding_t *h)
{
    const json_t *refresh = json_object_get(h->refresh, "refresh_token");
    if (!is_given(c, refresh)) {
        add_token(r->tokens, "refresh_token", refresh);
    }
    if (h->token && h->token->expires_at_ms > clock_boot_ms()) {
        add_token(r->tokens, "access_token", json_object_get(h->token->members, "access_token"));
    }
}

static void finish(gathering_t *g, const holding_t *h)
{
    gathering_t copy = *g;
    revocation_t *r = copy.revocation;
    free(g);
    add_tokens(r, copy.connection, h);
    connection_unref(copy.connection);
    if (json_array_size(r->tokens) == 0) {
        revocation_free(r);
        r = NULL;
    }
    copy.then(copy.context, r);
}

/* A store that cannot tell keeps nobody from removing the connection. */
static void on_stored(void *context, stored_source_t *stored)
{
    finish(context, &stored->holding);
}

static revocation_t *new_revocation(manager_t *m, const connection_record_t *record)
{
    revocation_t *r = mem_new(revocation_t);
    r->manager = m;
    browser_id_make(r->id);
    r->record = connection_record_copy(record);
    r->tokens = json_array();
    r->until_ms = clock_boot_ms() + LIFE_MS;
    return r;
}

void revocation_gather(manager_t *m, entry_t *entry, on_revocation_t *then, void *context)
{
    const connection_t *c = entry ? entry_connection(entry) : NULL;
    if (!c || !c->auth || !c->auth->grant.revoke_url) {
        then(context, NULL);
        return;
    }
    char key[80];
    gathering_t *g = mem_new(gathering_t);
    *g = (gathering_t){.revocation = new_revocation(m, entry->record),
                       .connection = connection_ref(c),
                       .then = then,
                       .context = context};
    snprintf(key, sizeof key, "c/%s", entry->name);
    const source_t *s = source_get(m, str_of(key), true);
    if (s->loaded) {
        finish(g, &s->holding);
    } else {
        durable_load_source(m, s, c->credential_generation, on_stored, g);
    }
}

/* --- in the store --- */

void revocation_write(const revocation_t *r, arena_t *arena, store_change_t *change)
{
    const connection_record_t *of = r->record;
    json_t *all =
        json_pack("{s:s, s:O, s:O, s:O, s:I, s:I}", "connection", of->name, "plain", of->plain,
                  "secrets", of->secrets, "tokens", r->tokens, "credential_generation",
                  (json_int_t)of->credential_generation, "until_boot_ms", (json_int_t)r->until_ms);
    moment_write(all);
    const store_record_t record = {.kind = KIND, .id = str_of(r->id), .generation = 1};
    sealed_json_write(&record, all, r->manager->keyring, arena, change);
    json_decref(all);
}

static void delete_record(manager_t *m, str_t id)
{
    store_change_t change = {.verb = STORE_DELETE, .record = {.kind = KIND, .id = id}};
    manager_store_write(m, &change, 1, false, NULL, NULL);
}

void revocation_delete(const revocation_t *r)
{
    delete_record(r->manager, str_of(r->id));
}

static revocation_t *read_revocation(manager_t *m, str_t id, const json_t *all)
{
    revocation_t *r = mem_new(revocation_t);
    connection_record_t *of = connection_record_new(json_member(all, "connection"));
    json_decref(of->plain);
    json_decref(of->secrets);
    of->plain = json_deep_copy(json_object_get(all, "plain"));
    of->secrets = json_deep_copy(json_object_get(all, "secrets"));
    of->credential_generation =
        (uint64_t)json_integer_value(json_object_get(all, "credential_generation"));
    r->manager = m;
    snprintf(r->id, sizeof r->id, "%.*s", STR_ARG(id));
    r->record = of;
    r->tokens = json_deep_copy(json_object_get(all, "tokens"));
    r->until_ms = clock_boot_ms() - moment_age_ms(all) +
                  json_integer_value(json_object_get(all, "until_boot_ms")) - moment_boot_ms(all);
    return r;
}

void revocation_restore(manager_t *m, const store_record_t *record)
{
    json_t *all = sealed_json_read(record, m->keyring);
    if (all) {
        revocation_begin(read_revocation(m, record->id, all));
    } else {
        delete_record(m, record->id);
    }
    json_decref(all);
}
