/* SPDX-License-Identifier: MIT */
/* The parameters that an admin gives once for the host (`ask: admin`): an OAuth application's id and secret. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "codec/json.h"
#include "connection/manager_internal.h"
#include "definition/check_value.h"

enum { SEALED_MAX = 1024 * 1024 };

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
    json_t *shown = field->secret || !value ? json_pack("{s:b}", "set", value != NULL) : json_incref(value);
    json_object_setn_new(s->shown, field->name.p, field->name.n, shown);
}

static json_t *show(manager_t *m, const connector_t *c)
{
    showing_t s = {map_get(m->host_values, c->id), json_object()};
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
    json_t *values;
    uint64_t generation;
} setting_t;

static void on_told(void *context, const err_t *err)
{
    admin_call_t *call = context;
    const connector_t *c = snapshot_connector(call->manager->snapshot, json_member(call->input, "connector"));
    (void)err;
    admin_answer(call, c ? show(call->manager, c) : NULL, NULL);
}

static void on_written(void *context, const store_result_t *result)
{
    setting_t *s = context;
    admin_call_t *call = s->call;
    manager_t *m = call->manager;
    if (!result->ok) {
        err_t err = result->err;
        admin_answer(call, NULL, &err);
    } else {
        str_t id = json_member(call->input, "connector");
        json_decref(map_set(m->host_values, id, json_incref(s->values)));
        map_set(m->host_generations, id, (void *)(uintptr_t)s->generation);
        entries_forget_resolved(m);
        manager_tell(m, CHANGE_ALL, STR_NONE, on_told, call);
    }
    json_decref(s->values);
    free(s);
}

static void write_values(setting_t *s, str_t id)
{
    manager_t *m = s->call->manager;
    arena_t *arena = arena_new(0);
    buf_t text, sealed;
    buf_init_wiping(&text, SEALED_MAX);
    buf_init(&sealed, SEALED_MAX + 1024);
    json_write(&text, s->values);
    seal_place_t place = {.type = STR("parameters"), .id = id, .field = STR("values"), .generation = s->generation};
    keyring_seal(m->keyring, &place, buf_view(&text), &sealed);
    store_change_t changes[2] = {
        {.verb = STORE_PUT,
         .record = {.kind = STR("parameters"), .id = id, .generation = s->generation, .changed_at_ms = clock_wall_ms(),
                    .plain = STR("{}"), .sealed = buf_view(&sealed)}},
    };
    audit_line(s->call, arena, "connector.parameters", id, &changes[1]);
    store_write(m->options.store, m->loop, changes, 2, true, on_written, s);
    buf_fini(&text);
    buf_fini(&sealed);
    arena_free(arena);
}

typedef struct checking {
    const json_t *given;
    err_t *err;
    size_t known;
} checking_t;

static void check_field(const field_t *field, void *context)
{
    checking_t *c = context;
    const json_t *value = json_object_getn(c->given, field->name.p, field->name.n);
    if (value) {
        c->known++;
        if (!json_is_null(value)) {
            char pointer[128];
            snprintf(pointer, sizeof pointer, "/parameters/%.*s", STR_ARG(field->name));
            field_check(field, value, pointer, c->err);
        }
    }
}

void admin_parameters_set(admin_call_t *call)
{
    const connector_t *c = find(call);
    if (!c) {
        return;
    }
    err_t err = ERR_INIT;
    json_t *given = json_object_get(call->input, "parameters");
    checking_t checking = {given, &err, 0};
    each_host_field(c, check_field, &checking);
    if (checking.known < json_object_size(given)) {
        err_add_detail(&err, ERR_param_unknown, "/parameters", "only parameters marked `ask: admin` belong here");
    }
    if (err_is_set(&err)) {
        admin_answer(call, NULL, &err);
        return;
    }
    manager_t *m = call->manager;
    setting_t *s = mem_new(setting_t);
    s->call = call;
    const json_t *old = map_get(m->host_values, c->id);
    s->values = old ? json_copy((json_t *)(uintptr_t)old) : json_object();
    s->generation = (uint64_t)(uintptr_t)map_get(m->host_generations, c->id) + 1;
    json_object_update(s->values, given);
    const char *name;
    json_t *value;
    void *next;
    json_object_foreach_safe(s->values, next, name, value)
    {
        if (json_is_null(value)) {
            json_object_del(s->values, name);
        }
    }
    write_values(s, c->id);
}
