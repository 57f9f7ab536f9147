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
        connection_unref((connection_t *)(uintptr_t)r->connection);
        json_decref(r->tokens);
        free(r);
    }
}

/* --- its tokens --- */

static bool has_token(const revocation_t *r, const json_t *token)
{
    const json_t *other;
    size_t i;
    json_array_foreach(r->tokens, i, other)
    {
        if (json_equal(json_object_get(other, "token"), token)) {
            return true;
        }
    }
    return false;
}

static void add_token(revocation_t *r, const char *hint, const json_t *token)
{
    if (json_string_length(token) && !has_token(r, token)) {
        json_array_append_new(r->tokens, json_pack("{s:o, s:s}", "token", json_deep_copy(token),
                                                   "token_type_hint", hint));
        r->is_stale = true;
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

static void add_refresh_token(revocation_t *r, const json_t *token)
{
    if (!is_given(r->connection, token)) {
        add_token(r, "refresh_token", token);
    }
}

void revocation_add_holding(revocation_t *r, const holding_t *h)
{
    if (!r) {
        return;
    }
    add_refresh_token(r, json_object_get(h->refresh, "refresh_token"));
    if (h->token && h->token->expires_at_ms > clock_boot_ms()) {
        add_token(r, "access_token", json_object_get(h->token->members, "access_token"));
    }
}

void revocation_add_landing(revocation_t *r, const landing_t *l)
{
    if (r) {
        add_refresh_token(r, l->refresh_token);
        add_token(r, "access_token", json_object_get(l->members, "access_token"));
    }
}

/* --- gathered --- */

typedef struct gathering {
    revocation_t *revocation;
    on_revocation_t *then;
    void *context;
} gathering_t;

static void finish(gathering_t *g, const holding_t *h)
{
    gathering_t copy = *g;
    free(g);
    revocation_add_holding(copy.revocation, h);
    copy.then(copy.context, copy.revocation);
}

/* Answers that the process before sealed, and had no time to use. */
static void add_sealed(revocation_t *r, const under_way_t *u)
{
    landing_t landing;
    errand_t errand;
    under_way_errand(u, r->connection, NULL, &errand);
    if (!under_way_land(u, &errand, &landing)) {
        err_t err = ERR_INIT;
        err_set(&err, ERR_draining, "its other requests are not made any more");
        landing_stop(&landing, &errand, &err);
    }
    revocation_add_landing(r, &landing);
    landing_fini(&landing);
    errand_fini(&errand);
}

/* A store that cannot tell keeps nobody from removing the connection. */
static void on_stored(void *context, stored_source_t *stored)
{
    const gathering_t *g = context;
    const under_way_t *u = &stored->under_way;
    if (stored->is_under_way && u->answers.count && u->follows == stored->holding.rotation) {
        add_sealed(g->revocation, u);
    }
    finish(context, &stored->holding);
}

revocation_t *revocation_new(manager_t *m, const connection_record_t *record,
                             const connection_t *connection)
{
    revocation_t *r = mem_new(revocation_t);
    r->manager = m;
    browser_id_make(r->id);
    r->record = connection_record_copy(record);
    r->connection = connection_ref(connection);
    r->tokens = json_array();
    r->until_ms = clock_boot_ms() + LIFE_MS;
    return r;
}

revocation_t *revocation_beside(const revocation_t *r)
{
    return r ? revocation_new(r->manager, r->record, r->connection) : NULL;
}

void revocation_gather(manager_t *m, entry_t *entry, on_revocation_t *then, void *context)
{
    const connection_t *c = entry ? entry_connection(entry) : NULL;
    if (!c || !c->auth || !grant_definition_may_revoke(&c->auth->grant)) {
        then(context, NULL);
        return;
    }
    char key[80];
    gathering_t *g = mem_new(gathering_t);
    *g = (gathering_t){
        .revocation = revocation_new(m, entry->record, c), .then = then, .context = context};
    snprintf(key, sizeof key, "c/%s", entry->name);
    const source_t *s = source_get(m, str_of(key), true);
    if (s->loaded) {
        finish(g, &s->holding);
    } else {
        durable_load_source(m, s, c->credential_generation, on_stored, g);
    }
}

/* --- in the store --- */

size_t revocation_write(revocation_t *r, arena_t *arena, store_change_t *change)
{
    if (!r || json_array_size(r->tokens) == 0) {
        return 0;
    }
    const connection_record_t *of = r->record;
    json_t *all =
        json_pack("{s:s, s:O, s:O, s:O, s:I, s:I}", "connection", of->name, "plain", of->plain,
                  "secrets", of->secrets, "tokens", r->tokens, "credential_generation",
                  (json_int_t)of->credential_generation, "until_boot_ms", (json_int_t)r->until_ms);
    moment_write(all);
    const store_record_t record = {.kind = KIND, .id = str_of(r->id), .generation = 1};
    size_t changes = sealed_json_write(&record, all, r->manager->keyring, arena, change);
    json_decref(all);
    r->is_stale = false;
    return changes;
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
