/* SPDX-License-Identifier: MIT */
/* The parameters that an admin gives once for the host (`ask: admin`): an OAuth application's id
 * and secret. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "codec/json.h"
#include "connection/admin_internal.h"
#include "connection/sealed_place.h"
#include "definition/value/check.h"

enum { SEALED_MAX = 4 * 1024 * 1024 };

typedef void on_field_t(const field_t *field, void *context);

static void each_host_field(const connector_t *c, on_field_t *on_field, void *context)
{
    for (size_t i = 0; i < c->parameters.count; i++) {
        if (c->parameters.list[i].ask_admin) {
            on_field(&c->parameters.list[i], context);
        }
    }
    for (size_t a = 0; a < c->auth_count; a++) {
        for (size_t i = 0; i < c->auths[a].parameters.count; i++) {
            if (c->auths[a].parameters.list[i].ask_admin) {
                on_field(&c->auths[a].parameters.list[i], context);
            }
        }
    }
}

typedef struct showing {
    const json_t *values;
    json_t *shown;
} showing_t;

static void show_field(const field_t *field, void *context)
{
    showing_t *s = context;
    json_t *value = json_object_getn(s->values, field->name.p, field->name.n);
    json_t *shown =
        field->secret || !value ? json_pack("{s:b}", "set", value != NULL) : json_deep_copy(value);
    json_object_setn_new(s->shown, field->name.p, field->name.n, shown);
}

static json_t *show(manager_t *m, const connector_t *c)
{
    const host_values_t *host = map_get(m->host_values, c->id);
    showing_t s = {host ? host->values : NULL, json_object()};
    each_host_field(c, show_field, &s);
    return json_pack("{s:o, s:o}", "connector", json_str(c->id), "parameters", s.shown);
}

static const connector_t *find(admin_call_t *call)
{
    str_t id = json_member(call->input, "connector");
    const connector_t *c = snapshot_connector(call->manager->snapshot, id);
    if (!c) {
        err_t err = ERR_INIT;
        err_set(&err, ERR_not_found, "there is no connector `%.*s`", STR_ARG(id));
        admin_answer(call, NULL, &err);
    }
    return c;
}

void admin_parameters_show(admin_call_t *call)
{
    const connector_t *c = find(call);
    if (c) {
        admin_answer(call, show(call->manager, c), NULL);
    }
}

/* --- set --- */

typedef struct setting {
    admin_call_t *call;
    host_values_t *host; /* as it will be */
} setting_t;

static void free_setting(setting_t *s)
{
    if (s->host) {
        json_decref(s->host->values);
        free(s->host);
    }
    free(s);
}

static void on_told(void *context, const err_t *err)
{
    admin_call_t *call = context;
    const connector_t *c =
        snapshot_connector(call->manager->snapshot, json_member(call->input, "connector"));
    (void)err;
    admin_answer(call, c ? show(call->manager, c) : NULL, NULL);
}

/* Tokens and refusals of the connector's connections do not count any more: their version holds the
 * generation. */
static void on_written(void *context, const store_result_t *result)
{
    setting_t *s = context;
    admin_call_t *call = s->call;
    manager_t *m = call->manager;
    if (!result->ok) {
        free_setting(s);
        admin_answer(call, NULL, &result->err);
        return;
    }
    s->host = map_set(m->host_values, json_member(call->input, "connector"), s->host);
    free_setting(s);
    entries_forget_resolved(m);
    manager_tell(m, CHANGE_ALL, STR_NONE, on_told, call);
}

static bool write_values(setting_t *s, str_t id, err_t *err)
{
    manager_t *m = s->call->manager;
    arena_t *arena = arena_new(0);
    buf_t text, sealed;
    buf_init_wiping(&text, SEALED_MAX);
    buf_init(&sealed, SEALED_MAX + 1024);
    json_write(&text, s->host->values);
    bool ok = buf_ok(&text) || err_set(err, ERR_param_too_long, "the values together are too long");
    if (ok) {
        store_change_t changes[2] = {{.verb = STORE_PUT,
                                      .record = {.kind = STR("parameters"),
                                                 .id = id,
                                                 .generation = s->host->generation,
                                                 .changed_at_ms = clock_wall_ms(),
                                                 .plain = STR("{}")}}};
        seal_place_t place = sealed_place(&changes[0].record);
        keyring_seal(m->keyring, &place, buf_view(&text), &sealed);
        changes[0].record.sealed = buf_view(&sealed);
        admin_line(s->call, arena, &(admin_line_t){.object = id}, &changes[1]);
        manager_store_write(m, changes, 2, true, on_written, s);
    }
    buf_fini(&text);
    buf_fini(&sealed);
    arena_free(arena);
    return ok;
}

/* --- what is given --- */

typedef struct checking {
    const json_t *given, *old;
    err_t *err;
    bool moves;
} checking_t;

static void write_pointer(const field_t *field, char pointer[128])
{
    snprintf(pointer, 128, "/parameters/%.*s", STR_ARG(field->name));
}

static void check_field(const field_t *field, void *context)
{
    checking_t *c = context;
    const json_t *value = json_object_getn(c->given, field->name.p, field->name.n);
    const json_t *old = json_object_getn(c->old, field->name.p, field->name.n);
    char pointer[128];
    if (!value) {
        return;
    }
    c->moves = c->moves || (field->in_url && old && !json_equal(old, value));
    if (!json_is_null(value)) {
        write_pointer(field, pointer);
        field_check(field, value, pointer, &VALUE_LIMITS, c->err);
    }
}

/* As for a connection (DESIGN 7): a secret does not follow to another host unasked. */
static void check_secret(const field_t *field, void *context)
{
    checking_t *c = context;
    char pointer[128];
    if (c->moves && field->secret && json_object_getn(c->old, field->name.p, field->name.n) &&
        !json_object_getn(c->given, field->name.p, field->name.n)) {
        write_pointer(field, pointer);
        err_add_detail(
            c->err, ERR_secret_required, pointer,
            "a parameter that stands in a URL changes, so the secret must be given again");
    }
}

typedef struct looking {
    str_t name;
    bool found;
} looking_t;

static void look_for(const field_t *field, void *context)
{
    looking_t *l = context;
    l->found = l->found || str_eq(l->name, field->name);
}

static void check_names(const connector_t *c, const json_t *given, err_t *err)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)given, name, value)
    {
        looking_t looking = {.name = str_of(name)};
        each_host_field(c, look_for, &looking);
        if (!looking.found) {
            char pointer[128];
            snprintf(pointer, sizeof pointer, "/parameters/%.100s", name);
            err_add_detail(err, ERR_param_unknown, pointer,
                           "only parameters marked `ask: admin` belong here");
        }
    }
}

static bool check(const connector_t *c, const json_t *given, const host_values_t *old, err_t *err)
{
    checking_t checking = {.given = given, .old = old ? old->values : NULL, .err = err};
    each_host_field(c, check_field, &checking);
    each_host_field(c, check_secret, &checking);
    check_names(c, given, err);
    return !err_is_set(err);
}

static host_values_t *merged(const host_values_t *old, const json_t *given)
{
    host_values_t *host = mem_new(host_values_t);
    host->values = old ? json_copy(old->values) : json_object();
    host->generation = old ? old->generation + 1 : 1;
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)given, name, value)
    {
        if (json_is_null(value)) {
            json_object_del(host->values, name);
        } else {
            json_object_set_new(host->values, name, json_deep_copy(value));
        }
    }
    return host;
}

static void set(void *context)
{
    admin_call_t *call = context;
    manager_t *m = call->manager;
    const connector_t *c = find(call);
    err_t err = ERR_INIT;
    if (!c) {
        return;
    }
    const host_values_t *old = map_get(m->host_values, c->id);
    const json_t *given = json_object_get(call->input, "parameters");
    if (!check(c, given, old, &err)) {
        admin_answer(call, NULL, &err);
        return;
    }
    setting_t *s = mem_new(setting_t);
    *s = (setting_t){call, merged(old, given)};
    if (!write_values(s, c->id, &err)) {
        free_setting(s);
        admin_answer(call, NULL, &err);
    }
}

void admin_parameters_set(admin_call_t *call)
{
    char turn[sizeof call->turn];
    snprintf(turn, sizeof turn, "parameters/%.*s", STR_ARG(json_member(call->input, "connector")));
    admin_take_turn(call, str_of(turn), set, call);
}
