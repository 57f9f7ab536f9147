/* SPDX-License-Identifier: MIT */
/* Connections: made, listed, shown, changed, removed, reset. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "codec/json.h"
#include "connection/manager_internal.h"
#include "definition/check_value.h"

enum { LIST_MAX = 1000, LIST_DEFAULT = 100, NAME_MAX_BYTES = 63 };

/* --- what is common --- */

static void fail(admin_call_t *call, err_t *err)
{
    admin_answer(call, NULL, err);
}

static void store_failed(admin_call_t *call, const store_result_t *result)
{
    err_t err = result->err;
    admin_answer(call, NULL, &err);
}

static json_t *show(manager_t *m, const char *name)
{
    entry_t *e = map_get(m->entries, str_of(name));
    return e && e->record ? connection_show(e->record, entry_connection(e)) : json_object();
}

static bool is_name(str_t name)
{
    bool ok = name.n >= 1 && name.n <= NAME_MAX_BYTES && name.p[0] != '-';
    for (size_t i = 0; ok && i < name.n; i++) {
        char c = name.p[i];
        ok = (c >= 'a' && c <= 'z') || ascii_is_digit(c) || c == '-';
    }
    return ok;
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

/* Sorts given values into readable and sealed ones; null takes a value away. */
static void apply_parameters(connection_record_t *r, const fields_t *fields, const json_t *given)
{
    json_t *parameters = json_object_get(r->plain, "parameters");
    if (!parameters) {
        parameters = json_object();
        json_object_set_new(r->plain, "parameters", parameters);
    }
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)given, name, value)
    {
        const field_t *field = fields_find(fields, str_of(name));
        json_t *to = field && field->secret ? r->secrets : parameters;
        if (json_is_null(value)) {
            json_object_del(to, name);
        } else {
            json_object_set(to, name, value);
        }
    }
}

static json_t *all_values(manager_t *m, const connection_record_t *r, const connector_t *connector)
{
    json_t *values = json_object();
    const json_t *host_values = map_get(m->host_values, connector->id);
    if (host_values) {
        json_object_update(values, (json_t *)(uintptr_t)host_values);
    }
    json_object_update(values, json_object_get(r->plain, "parameters"));
    json_object_update(values, r->secrets);
    return values;
}

/* Values against the connector's fields, then the connection as a whole: the hosts it would call. */
static bool check_record(manager_t *m, connection_record_t *r, const connector_t *connector, const auth_t *auth,
                         connection_t **resolved, err_t *err)
{
    arena_t *arena = arena_new(0);
    fields_t fields = connection_fields_in(arena, connector, auth);
    json_t *values = all_values(m, r, connector);
    fields_fill_defaults(&fields, values);
    fields_check(&fields, values, err);
    move_pointers(err);
    json_decref(values);
    arena_free(arena);
    if (err_is_set(err)) {
        return false;
    }
    json_object_del(r->plain, "destinations"); /* nothing to compare with: these are the ones accepted now */
    json_object_del(r->plain, "refusal");
    connection_t *c = connection_resolve(r, connector, map_get(m->host_values, connector->id));
    if (c->state == CONNECTION_INCOMPLETE) {
        *err = c->why;
        connection_unref(c);
        return false;
    }
    json_object_set_new(r->plain, "destinations", connection_destinations(c));
    *resolved = c;
    return true;
}

static const connector_t *find_connector(manager_t *m, str_t id, err_t *err)
{
    const connector_t *connector = snapshot_connector(m->snapshot, id);
    if (!connector) {
        err_add_detail(err, ERR_param_value, "/connector", "there is no connector `%.*s`", STR_ARG(id));
    }
    return connector;
}

static const auth_t *find_auth(const connector_t *connector, str_t name, err_t *err)
{
    const auth_t *auth = name.p ? connector_auth(connector, name)
                                : connector->auth_count == 1 ? &connector->auths[0] : NULL;
    if (!auth) {
        buf_t names;
        buf_init(&names, 2048);
        for (size_t i = 0; i < connector->auth_count; i++) {
            buf_printf(&names, "%s`%.*s`", i ? ", " : "", STR_ARG(connector->auths[i].name));
        }
        err_add_detail(err, name.p ? ERR_param_value : ERR_param_missing, "/auth", "one of %s", buf_c(&names));
        buf_fini(&names);
    }
    return auth;
}

/* --- writing --- */

typedef struct writing {
    admin_call_t *call;
    connection_record_t *record;
    connection_t *candidate; /* as it will be; NULL on removal */
    bool credentials_changed;
} writing_t;

static void free_writing(writing_t *w)
{
    connection_record_free(w->record);
    connection_unref(w->candidate);
    free(w);
}

static void source_key(const char *name, char key[80])
{
    snprintf(key, 80, "c/%s", name);
}

static void on_told(void *context, const err_t *err)
{
    admin_call_t *call = context;
    (void)err;
    str_t name = json_member(call->input, "name");
    bool removed = call->verb == ADMIN_CONNECTION_REMOVE;
    admin_answer(call, removed ? NULL : show(call->manager, name.p), NULL);
}

static void forget_tokens(manager_t *m, const char *name)
{
    char key[80];
    source_key(name, key);
    source_reset(m, str_of(key));
    durable_forget_token(m, str_of(name));
}

static void on_written(void *context, const store_result_t *result)
{
    writing_t *w = context;
    admin_call_t *call = w->call;
    manager_t *m = call->manager;
    if (!result->ok || result->conflict) {
        err_t err = result->err;
        if (result->conflict) {
            err_set(&err, ERR_connection_exists, "a connection `%s` exists", w->record->name);
        }
        admin_answer(call, NULL, &err);
        free_writing(w);
        return;
    }
    char name[64];
    memcpy(name, w->record->name, sizeof name);
    if (w->credentials_changed) {
        forget_tokens(m, name);
    }
    entry_replace(m, w->record);
    w->record = NULL;
    free_writing(w);
    manager_tell(m, CHANGE_CONNECTION, str_of(name), on_told, call);
}

static void write_record(writing_t *w, const char *action)
{
    manager_t *m = w->call->manager;
    arena_t *arena = arena_new(0);
    store_change_t changes[2];
    connection_record_write(w->record, m->keyring, clock_wall_ms(), arena, &changes[0]);
    audit_line(w->call, arena, action, str_of(w->record->name), &changes[1]);
    store_write(m->options.store, m->loop, changes, 2, true, on_written, w);
    arena_free(arena);
}

/* --- create --- */

static connection_record_t *new_record(const json_t *input, const connector_t *connector, const auth_t *auth)
{
    connection_record_t *r = connection_record_new(json_member(input, "name"));
    json_object_set_new(r->plain, "connector", json_str(connector->id));
    json_object_set_new(r->plain, "auth", json_str(auth->name));
    json_object_set(r->plain, "title", json_object_get(input, "title"));
    json_object_set_new(r->plain, "created_at_ms", json_integer(clock_wall_ms()));
    arena_t *arena = arena_new(0);
    fields_t fields = connection_fields_in(arena, connector, auth);
    apply_parameters(r, &fields, json_object_get(input, "parameters"));
    arena_free(arena);
    /* Never the generation of a removed connection of that name: its tokens must not come back. */
    r->credential_generation = (uint64_t)clock_wall_ms();
    return r;
}

void admin_connection_create(admin_call_t *call)
{
    err_t err = ERR_INIT;
    const json_t *input = call->input;
    if (!is_name(json_member(input, "name"))) {
        err_add_detail(&err, json_object_get(input, "name") ? ERR_param_pattern : ERR_param_missing, "/name",
                       "1 to 63 of a-z, 0-9 and -, not beginning with -");
    }
    const connector_t *connector = find_connector(call->manager, json_member(input, "connector"), &err);
    const auth_t *auth = connector ? find_auth(connector, json_member(input, "auth"), &err) : NULL;
    if (err_is_set(&err)) {
        fail(call, &err);
        return;
    }
    connection_record_t *r = new_record(input, connector, auth);
    connection_t *resolved;
    if (!check_record(call->manager, r, connector, auth, &resolved, &err)) {
        connection_record_free(r);
        fail(call, &err);
        return;
    }
    writing_t *w = mem_new(writing_t);
    *w = (writing_t){.call = call, .record = r, .candidate = resolved, .credentials_changed = true};
    write_record(w, "connection.create");
}

/* --- show and list --- */

static void on_shown(void *context, entry_t *entry, const err_t *err)
{
    admin_call_t *call = context;
    err_t copy = *err;
    admin_answer(call, entry ? connection_show(entry->record, entry_connection(entry)) : NULL, &copy);
}

void admin_connection_show(admin_call_t *call)
{
    entry_get(call->manager, json_member(call->input, "name"), on_shown, call);
}

static json_t *show_stored(manager_t *m, const store_record_t *stored)
{
    entry_t *e = map_get(m->entries, stored->id);
    if (e && e->record) {
        return connection_show(e->record, entry_connection(e));
    }
    err_t err = ERR_INIT;
    connection_record_t *r = connection_record_read(stored, m->keyring, &err);
    if (!r) { /* listed with what is wrong, so that it can be found and removed */
        return json_pack("{s:o, s:s, s:{s:s}}", "name", json_str(stored->id), "state", "incomplete", "reason", "code",
                         err_code_name(err.code));
    }
    str_t id = json_member(r->plain, "connector");
    connection_t *c = connection_resolve(r, snapshot_connector(m->snapshot, id), map_get(m->host_values, id));
    json_t *shown = connection_show(r, c);
    connection_unref(c);
    connection_record_free(r);
    return shown;
}

static void on_listed(void *context, const store_result_t *result)
{
    admin_call_t *call = context;
    if (!result->ok) {
        store_failed(call, result);
        return;
    }
    str_t connector = json_member(call->input, "connector");
    json_int_t limit = json_integer_value(json_object_get(call->input, "limit"));
    json_t *list = json_array(), *output = json_pack("{s:o}", "connections", list);
    for (size_t i = 0; i < result->count; i++) {
        json_t *shown = show_stored(call->manager, &result->records[i]);
        if (!connector.p || str_eq(json_member(shown, "connector"), connector)) {
            json_array_append(list, shown);
        }
        json_decref(shown);
    }
    if (result->count && (json_int_t)result->count == limit) {
        json_object_set_new(output, "next", json_str(result->records[result->count - 1].id));
    }
    admin_answer(call, output, NULL);
}

/* A caller's list: the connections of its key, one look-up each. */
typedef struct named_list {
    admin_call_t *call;
    json_t *list;
    size_t at;
} named_list_t;

static void next_named(named_list_t *n);

static void on_named(void *context, entry_t *entry, const err_t *err)
{
    named_list_t *n = context;
    (void)err;
    if (entry) {
        json_array_append_new(n->list, connection_show(entry->record, entry_connection(entry)));
    }
    next_named(n);
}

static void next_named(named_list_t *n)
{
    const json_t *names = json_object_get(n->call->input, "names");
    if (n->at < json_array_size(names)) {
        entry_get(n->call->manager, json_view(json_array_get(names, n->at++)), on_named, n);
        return;
    }
    admin_answer(n->call, json_pack("{s:o}", "connections", n->list), NULL);
    free(n);
}

void admin_connection_list(admin_call_t *call)
{
    if (json_object_get(call->input, "names")) {
        named_list_t *n = mem_new(named_list_t);
        *n = (named_list_t){call, json_array(), 0};
        next_named(n);
        return;
    }
    json_int_t limit = json_integer_value(json_object_get(call->input, "limit"));
    limit = limit < 1 ? LIST_DEFAULT : limit > LIST_MAX ? LIST_MAX : limit;
    json_object_set_new(call->input, "limit", json_integer(limit));
    store_list(call->manager->options.store, call->manager->loop, STR("connection"), STR_NONE,
               json_member(call->input, "after"), (unsigned)limit, on_listed, call);
}

/* --- change --- */

static bool differs(const connection_record_t *r, const char *name, const json_t *value)
{
    const json_t *old = json_object_get(json_object_get(r->plain, "parameters"), name);
    return !old || !json_equal(old, value);
}

/* DESIGN 7: who moves a connection to another host must bring its secrets again, so that none is sent somewhere by
 * someone who does not know it. */
static bool check_secrets_again(const connection_record_t *old, const fields_t *fields, const json_t *given, err_t *err)
{
    const char *name;
    json_t *value;
    bool moves = false;
    json_object_foreach((json_t *)(uintptr_t)given, name, value)
    {
        const field_t *field = fields_find(fields, str_of(name));
        moves = moves || (field && field->in_url && !field->secret && differs(old, name, value));
    }
    json_object_foreach(old->secrets, name, value)
    {
        if (moves && !json_is_string(json_object_get(given, name))) {
            char pointer[128];
            snprintf(pointer, sizeof pointer, "/parameters/%.100s", name);
            err_add_detail(err, ERR_secret_required, pointer,
                           "a parameter that stands in a URL changes, so the secret must be given again");
        }
    }
    return !err_is_set(err);
}

static void on_verified(void *context, const landing_t *landing)
{
    writing_t *w = context;
    if (landing->ok) {
        write_record(w, "connection.change");
        return;
    }
    err_t err = landing->err;
    admin_answer(w->call, NULL, &err);
    free_writing(w);
}

/* New credentials are tried before the old ones are dropped, where a grant can tell. */
static void verify_then_write(writing_t *w)
{
    const connection_t *c = w->candidate;
    bool wanted = !json_is_false(json_object_get(w->call->input, "verify"));
    if (w->credentials_changed && wanted && c->state == CONNECTION_READY && grant_type_of(c->auth->type)) {
        flight_start(w->call->manager, c, &c->auth->grant, NULL, on_verified, w);
    } else {
        write_record(w, "connection.change");
    }
}

static bool apply_change(manager_t *m, connection_record_t *r, const json_t *input, connection_t **candidate,
                         bool *credentials_changed, err_t *err)
{
    const connector_t *connector = find_connector(m, json_member(r->plain, "connector"), err);
    str_t wanted = json_object_get(input, "auth") ? json_member(input, "auth") : json_member(r->plain, "auth");
    const auth_t *auth = connector ? find_auth(connector, wanted, err) : NULL;
    if (!auth) {
        return false;
    }
    const json_t *given = json_object_get(input, "parameters");
    arena_t *arena = arena_new(0);
    fields_t fields = connection_fields_in(arena, connector, auth);
    bool other_auth = !str_eq(auth->name, json_member(r->plain, "auth"));
    bool ok = check_secrets_again(r, &fields, given, err);
    if (ok) {
        if (other_auth) { /* values of the old way to sign in go with it */
            json_object_clear(r->secrets);
        }
        apply_parameters(r, &fields, given);
        json_object_set_new(r->plain, "auth", json_str(auth->name));
        if (json_object_get(input, "title")) {
            json_object_set(r->plain, "title", json_object_get(input, "title"));
        }
    }
    arena_free(arena);
    *credentials_changed = other_auth || json_object_size(given) > 0;
    return ok && check_record(m, r, connector, auth, candidate, err);
}

static void on_change_entry(void *context, entry_t *entry, const err_t *err)
{
    admin_call_t *call = context;
    err_t fault = *err;
    if (!entry) {
        fail(call, &fault);
        return;
    }
    writing_t *w = mem_new(writing_t);
    *w = (writing_t){.call = call, .record = connection_record_copy(entry->record)};
    json_t *refusal = json_incref(json_object_get(w->record->plain, "refusal"));
    json_t *destinations = json_incref(json_object_get(w->record->plain, "destinations"));
    bool ok = apply_change(call->manager, w->record, call->input, &w->candidate, &w->credentials_changed, &fault);
    bool accepts = json_is_true(json_object_get(call->input, "accept"));
    if (ok && w->credentials_changed) {
        w->record->credential_generation++;
    } else if (ok) { /* a new title alone neither accepts a definition nor forgives a refusal */
        if (refusal) {
            json_object_set(w->record->plain, "refusal", refusal);
        }
        if (!accepts && destinations) {
            json_object_set(w->record->plain, "destinations", destinations);
        }
    }
    json_decref(refusal);
    json_decref(destinations);
    if (!ok) {
        fail(call, &fault);
        free_writing(w);
        return;
    }
    verify_then_write(w);
}

void admin_connection_change(admin_call_t *call)
{
    entry_get(call->manager, json_member(call->input, "name"), on_change_entry, call);
}

/* --- reset and remove --- */

static void on_reset_entry(void *context, entry_t *entry, const err_t *err)
{
    admin_call_t *call = context;
    err_t fault = *err;
    if (!entry) {
        fail(call, &fault);
        return;
    }
    writing_t *w = mem_new(writing_t);
    *w = (writing_t){.call = call, .record = connection_record_copy(entry->record), .credentials_changed = true};
    json_object_del(w->record->plain, "refusal");
    write_record(w, "connection.reset");
}

void admin_connection_reset(admin_call_t *call)
{
    entry_get(call->manager, json_member(call->input, "name"), on_reset_entry, call);
}

static void on_removed(void *context, const store_result_t *result)
{
    admin_call_t *call = context;
    if (!result->ok) {
        store_failed(call, result);
        return;
    }
    str_t name = json_member(call->input, "name");
    char key[80];
    source_key(name.p, key);
    source_reset(call->manager, str_of(key));
    entry_remove(call->manager, name);
    manager_tell(call->manager, CHANGE_CONNECTION, name, on_told, call);
}

static void on_remove_entry(void *context, entry_t *entry, const err_t *err)
{
    admin_call_t *call = context;
    err_t fault = *err;
    /* A record that does not open can still be removed. */
    if (!entry && err->code == ERR_not_found) {
        fail(call, &fault);
        return;
    }
    str_t name = json_member(call->input, "name");
    arena_t *arena = arena_new(0);
    store_change_t changes[] = {
        {.verb = STORE_DELETE, .record = {.kind = STR("connection"), .id = name}},
        {.verb = STORE_DELETE, .record = {.kind = STR("token"), .id = name}},
        {.verb = STORE_DELETE, .record = {.kind = STR("gate"), .id = name}},
        {0},
    };
    audit_line(call, arena, "connection.remove", name, &changes[3]);
    store_write(call->manager->options.store, call->manager->loop, changes, 4, true, on_removed, call);
    arena_free(arena);
}

void admin_connection_remove(admin_call_t *call)
{
    entry_get(call->manager, json_member(call->input, "name"), on_remove_entry, call);
}
