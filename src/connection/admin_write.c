/* SPDX-License-Identifier: MIT */
/* What writing a connection takes: its values checked, its record and the audit line stored
 * together, everyone told. */
#include "connection/admin_internal.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "codec/json.h"
#include "definition/value/check.h"
#include "seal/hash.h"

enum { NAMES_MAX = 4096 };

/* --- connector and auth --- */

const connector_t *admin_find_connector(manager_t *m, str_t id, err_t *err)
{
    const connector_t *connector = snapshot_connector(m->snapshot, id);
    if (!connector) {
        err_add_detail(err, id.p ? ERR_param_value : ERR_param_missing, "/connector",
                       "there is no connector `%.*s`", STR_ARG(id));
    }
    return connector;
}

const auth_t *admin_find_auth(const connector_t *connector, str_t name, err_t *err)
{
    const auth_t *auth = name.p                       ? connector_auth(connector, name)
                         : connector->auth_count == 1 ? &connector->auths[0]
                                                      : NULL;
    if (!auth) {
        buf_t names;
        buf_init(&names, NAMES_MAX);
        for (size_t i = 0; i < connector->auth_count; i++) {
            buf_printf(&names, "%s`%.*s`", i ? ", " : "", STR_ARG(connector->auths[i].name));
        }
        err_add_detail(err, name.p ? ERR_param_value : ERR_param_missing, "/auth",
                       "`auth` must be one of %s", buf_c(&names));
        buf_fini(&names);
    }
    return auth;
}

/* --- values --- */

/* Values that the definition declares no more go; one that it made a secret is sealed from now on.
 */
static void follow_fields(connection_record_t *r, json_t *parameters, const fields_t *fields)
{
    const char *name;
    json_t *value;
    void *next;
    json_object_foreach_safe(parameters, next, name, value)
    {
        const field_t *field = fields_find(fields, str_of(name));
        if (field && field->secret) {
            json_object_set(r->secrets, name, value);
        }
        if (!field || field->secret) {
            json_object_del(parameters, name);
        }
    }
    json_object_foreach_safe(r->secrets, next, name, value)
    {
        if (!fields_find(fields, str_of(name))) {
            json_object_del(r->secrets, name);
        }
    }
}

void admin_apply_parameters(connection_record_t *r, const connector_t *connector,
                            const auth_t *auth, const json_t *given)
{
    arena_t *arena = arena_new(0);
    fields_t fields = connection_fields_in(arena, connector, auth);
    json_t *parameters = json_object_get(r->plain, "parameters");
    if (!parameters) {
        parameters = json_object();
        json_object_set_new(r->plain, "parameters", parameters);
    }
    follow_fields(r, parameters, &fields);
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)given, name, value)
    {
        const field_t *field = fields_find(&fields, str_of(name));
        json_object_del(parameters, name);
        json_object_del(r->secrets, name);
        if (field && !json_is_null(value)) {
            json_object_set_new(field->secret ? r->secrets : parameters, name,
                                json_deep_copy(value));
        }
    }
    arena_free(arena);
}

/* Faults of values are found as /name; in a body they stand under /parameters. */
static void move_pointers(err_t *err)
{
    for (unsigned i = 0; i < err->detail_count; i++) {
        char pointer[sizeof err->details[i].pointer];
        snprintf(pointer, sizeof pointer, "/parameters%.100s", err->details[i].pointer);
        memcpy(err->details[i].pointer, pointer, sizeof pointer);
    }
}

/* Those that are the user's to give. */
static fields_t own_fields(arena_t *arena, const connector_t *connector, const auth_t *auth)
{
    fields_t all = connection_fields_in(arena, connector, auth);
    field_t *own = arena_array_of(arena, field_t, all.count + 1);
    size_t count = 0;
    for (size_t i = 0; i < all.count; i++) {
        if (!all.list[i].ask_admin) {
            own[count++] = all.list[i];
        }
    }
    return (fields_t){.list = own, .count = count};
}

/* All values, and what was given that no field of the user's declares. */
static void check_values(const connection_t *c, const json_t *given, err_t *err)
{
    arena_t *arena = arena_new(0);
    fields_t fields = own_fields(arena, c->connector, c->auth);
    json_t *values = json_object();
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)given, name, value)
    {
        if (!json_is_null(value)) {
            json_object_set(values, name, value);
        }
    }
    for (size_t i = 0; i < fields.count; i++) {
        str_t field = fields.list[i].name;
        json_object_setn(values, field.p, field.n, json_object_getn(c->values, field.p, field.n));
    }
    fields_check(&fields, values, err);
    move_pointers(err);
    json_decref(values);
    arena_free(arena);
}

/* Told while whoever gave the key is there to give another one. A key of the admin's is not theirs.
 */
static void check_keys(const connection_t *c, err_t *err)
{
    arena_t *arena = arena_new(0);
    value_scope_t scope;
    str_t parameter;
    err_t why = ERR_INIT;
    connection_scope(c, &scope, clock_wall_ms());
    grant_build_t build = {.arena = arena,
                           .definition = &c->auth->grant,
                           .scope = &scope.scope,
                           .base_url = c->base_url};
    if (!grant_check_keys(&build, &parameter, &why)) {
        const field_t *field = connection_field(c->connector, c->auth, parameter);
        if (field && !field->ask_admin) {
            char pointer[128];
            snprintf(pointer, sizeof pointer, "/parameters/%.*s", STR_ARG(parameter));
            err_add_detail(err, ERR_param_value, pointer, "%s", why.text);
        }
    }
    arena_free(arena);
}

static json_t *new_proof_key(void)
{
    buf_t text;
    buf_init_wiping(&text, 1024);
    proof_key_make(&text);
    json_t *key = json_str(buf_view(&text));
    buf_fini(&text);
    return key;
}

connection_t *admin_candidate(manager_t *m, connection_record_t *r, const connector_t *connector,
                              const auth_t *auth, const json_t *given, err_t *err)
{
    json_object_set_new(r->plain, "auth", json_str(auth->name));
    json_object_del(r->plain,
                    "destinations"); /* nothing to compare with: these are the ones accepted now */
    json_object_del(r->plain, "refusal");
    if (auth->grant.dpop && !r->proof_key) {
        r->proof_key = new_proof_key();
    }
    connection_t *c = connection_resolve(r, connector, map_get(m->host_values, connector->id));
    check_values(c, given, err);
    if (!err_is_set(err) && c->state == CONNECTION_INCOMPLETE) {
        *err = c->why;
    }
    if (!err_is_set(err)) {
        check_keys(c, err);
    }
    if (err_is_set(err)) {
        connection_unref(c);
        return NULL;
    }
    json_object_set_new(r->plain, "destinations", connection_destinations(c));
    return c;
}

/* Grows with time, so that no connection of a name that was removed comes back with it. */
uint64_t admin_new_credential_generation(void)
{
    uint16_t random;
    random_bytes(&random, sizeof random);
    return (uint64_t)clock_wall_ms() << 16 | random;
}

/* --- writing --- */

writing_t *writing_new(admin_call_t *call, connection_record_t *record)
{
    writing_t *w = mem_new(writing_t);
    w->call = call;
    w->record = record;
    w->landing.err = ERR_INIT;
    return w;
}

/* What was tried and is not going to be used. */
static void give_back_tried(const writing_t *w)
{
    if (w->landing.ok && w->record && grant_definition_may_revoke(&w->candidate->auth->grant)) {
        revocation_t *r = revocation_new(w->call->manager, w->record, w->candidate);
        revocation_add_landing(r, &w->landing);
        revocation_begin(r);
    }
}

void writing_free(writing_t *w)
{
    give_back_tried(w);
    connection_record_free(w->record);
    connection_unref(w->candidate);
    landing_fini(&w->landing);
    revocation_free(w->revocation);
    free(w);
}

void writing_fail(writing_t *w, const err_t *err)
{
    admin_call_t *call = w->call;
    err_t copy = *err;
    writing_free(w);
    admin_answer(call, NULL, &copy);
}

void admin_source_key(str_t name, char key[80])
{
    snprintf(key, 80, "c/%.*s", STR_ARG(name));
}

static json_t *show(manager_t *m, str_t name)
{
    entry_t *e = map_get(m->entries, name);
    return e && e->record ? admin_show_entry(e) : json_object();
}

static void on_told(void *context, const err_t *err)
{
    admin_call_t *call = context;
    (void)err;
    admin_answer_told(call, show(call->manager, json_member(call->input, "name")));
}

static void put_in_place(writing_t *w)
{
    manager_t *m = w->call->manager;
    char key[80];
    str_t name = json_member(w->call->input, "name");
    admin_source_key(name, key);
    tell_connection(w->call, w->record);
    if (w->is_new) {
        states_begin(m, name);
    }
    if (w->forgets) {
        source_reset(m, str_of(key), !w->keeps_sign_in, w->revocation);
    }
    entry_replace(m, w->record);
    w->record = NULL;
    revocation_begin(w->revocation);
    w->revocation = NULL;
    entry_t *entry = map_get(m->entries, name);
    if (w->landing.ok) {
        source_keep_landing(m, entry_connection(entry), &w->landing);
    }
}

static void on_written(void *context, const store_result_t *result)
{
    writing_t *w = context;
    admin_call_t *call = w->call;
    err_t err = result->err;
    if (result->conflict) {
        err_set(&err, ERR_connection_exists, "a connection `%s` exists", w->record->name);
    }
    if (err_is_set(&err)) {
        writing_fail(w, &err);
        return;
    }
    put_in_place(w);
    writing_free(w);
    manager_tell(call->manager, CHANGE_CONNECTION, json_member(call->input, "name"), on_told, call);
}

void writing_store(writing_t *w)
{
    manager_t *m = w->call->manager;
    arena_t *arena = arena_new(0);
    store_change_t changes[3];
    size_t count = 2;
    err_t err = ERR_INIT;
    admin_await_person(w);
    bool ok =
        connection_record_write(w->record, m->keyring, clock_wall_ms(), arena, &changes[0], &err);
    if (ok) {
        admin_line(w->call, arena, &(admin_line_t){.object = str_of(w->record->name)}, &changes[1]);
        count += revocation_write(w->revocation, arena, &changes[count]);
        manager_store_write(m, changes, count, true, on_written, w);
    }
    arena_free(arena);
    if (!ok) {
        writing_fail(w, &err);
    }
}
