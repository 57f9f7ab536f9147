/* SPDX-License-Identifier: MIT */
/* Keys: added (shown this once) and revoked. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "codec/base64.h"
#include "codec/json.h"
#include "connection/admin_internal.h"
#include "connection/key_record.h"
#include "connection/usage.h"
#include "seal/api_key.h"

enum { TEXT_MAX = 1024 * 1024 };
static const json_int_t EXPIRES_MAX_S = 10LL * 366 * 24 * 3600;

/* --- add --- */

typedef struct adding {
    admin_call_t *call;
    size_t at; /* the next connection to look for */
    err_t err;
    json_t *shown;
} adding_t;

static void check_role(const json_t *input, err_t *err)
{
    str_t role = json_member(input, "role");
    if (!str_is(role, "admin") && !str_is(role, "caller")) {
        err_add_detail(err, role.p ? ERR_param_value : ERR_param_missing, "/role",
                       "`caller` or `admin`");
    }
    if (str_is(role, "admin") && json_array_size(json_object_get(input, "connections"))) {
        err_add_detail(err, ERR_param_value, "/connections", "an admin key opens all connections");
    }
}

static void check_rights(const json_t *input, err_t *err)
{
    const json_t *rights = json_object_get(input, "rights");
    if (rights && !json_is_array(rights)) {
        err_add_detail(err, ERR_param_type, "/rights", "a list of rights");
    }
    for (size_t i = 0; i < json_array_size(rights); i++) {
        bool known = false;
        for (unsigned right = 0; right < KEY_RIGHT_COUNT; right++) {
            known = known || str_is(json_view(json_array_get(rights, i)),
                                    key_right_name((key_right_t)right));
        }
        if (!known) {
            err_add_detail(err, ERR_param_value, "/rights",
                           "rights are `token`, `proxy` and `metrics`");
        }
    }
}

static void check_expiry(const json_t *input, err_t *err)
{
    const json_t *expires_in = json_object_get(input, "expires_in");
    json_int_t seconds = json_integer_value(expires_in);
    if (expires_in && (!json_is_integer(expires_in) || seconds < 1 || seconds > EXPIRES_MAX_S)) {
        err_add_detail(err, ERR_param_range, "/expires_in",
                       "whole seconds from now, up to ten years");
    }
}

static void on_told(void *context, const err_t *err)
{
    adding_t *a = context;
    (void)err;
    admin_answer_told(a->call, a->shown);
    free(a);
}

static void add_key(adding_t *a);

static void on_added(void *context, const store_result_t *result)
{
    adding_t *a = context;
    if (result->conflict) { /* the id was drawn before */
        json_decref(a->shown);
        add_key(a);
        return;
    }
    if (!result->ok) {
        err_t err = result->err;
        json_decref(a->shown);
        if (a->call->verb == ADMIN_SETUP) {
            setup_link_give_back(&a->call->manager->setup);
        }
        admin_answer(a->call, NULL, &err);
        free(a);
        return;
    }
    if (str_is(json_member(a->shown, "role"), "admin")) {
        setup_link_close(&a->call->manager->setup);
    }
    tell_key_created(a->call, a->shown);
    manager_tell(a->call->manager, CHANGE_KEY, json_member(a->shown, "id"), on_told, a);
}

static json_t *key_plain(const json_t *input, const api_key_t *key)
{
    json_t *plain = json_object();
    int64_t now = clock_wall_ms();
    json_int_t expires_in = json_integer_value(json_object_get(input, "expires_in"));
    json_object_set(plain, "role", json_object_get(input, "role"));
    json_object_set_new(plain, "connections",
                        json_deep_copy(json_object_get(input, "connections")));
    json_object_set_new(plain, "rights", json_deep_copy(json_object_get(input, "rights")));
    if (!json_object_get(plain, "connections")) {
        json_object_set_new(plain, "connections", json_array());
    }
    if (!json_object_get(plain, "rights")) {
        json_object_set_new(plain, "rights", json_array());
    }
    json_object_set_new(plain, "created_at_ms", json_integer(now));
    if (expires_in) {
        json_object_set_new(plain, "expires_at_ms", json_integer(now + expires_in * 1000));
    }
    buf_t hex;
    buf_init(&hex, 128);
    hex_write(&hex, str_at(key->digest, sizeof key->digest));
    json_object_set_new(plain, "digest", json_str(buf_view(&hex)));
    buf_fini(&hex);
    return plain;
}

static void add_key(adding_t *a)
{
    admin_call_t *call = a->call;
    api_key_t key;
    api_key_make(&key);
    json_t *plain = key_plain(call->input, &key);
    arena_t *arena = arena_new(0);
    buf_t text;
    buf_init(&text, TEXT_MAX);
    json_write(&text, plain);
    store_change_t changes[2] = {
        {.verb = STORE_PUT,
         .check_generation = true, /* an id drawn twice must not replace another key */
         .expected = 0,
         .record = {.kind = STR("key"),
                    .id = str_of(key.id),
                    .generation = 1,
                    .changed_at_ms = clock_wall_ms(),
                    .plain = buf_view(&text)}},
    };
    admin_line(call, arena, &(admin_line_t){.object = str_of(key.id)}, &changes[1]);
    a->shown = key_show(str_of(key.id), plain);
    json_object_set_new(a->shown, "key", json_string(key.text));
    manager_store_write(call->manager, changes, 2, true, on_added, a);
    secret_wipe(&key, sizeof key);
    buf_fini(&text);
    json_decref(plain);
    arena_free(arena);
}

static void look_for_connection(adding_t *a);

static void on_connection(void *context, entry_t *entry, const err_t *err)
{
    adding_t *a = context;
    str_t name =
        json_view(json_array_get(json_object_get(a->call->input, "connections"), a->at - 1));
    if (!entry && err->code == ERR_not_found) {
        err_add_detail(&a->err, ERR_param_value, "/connections", "there is no connection `%.*s`",
                       STR_ARG(name));
    } else if (!entry) {
        err_set(&a->err, err->code, "%s", err->text);
    }
    look_for_connection(a);
}

/* A key bound to a name that does not exist is a typing error sooner than a plan. */
static void look_for_connection(adding_t *a)
{
    const json_t *names = json_object_get(a->call->input, "connections");
    if (a->at < json_array_size(names)) {
        entry_get(a->call->manager, json_view(json_array_get(names, a->at++)), on_connection, a);
    } else if (err_is_set(&a->err)) {
        admin_answer(a->call, NULL, &a->err);
        free(a);
    } else {
        add_key(a);
    }
}

void admin_key_add(admin_call_t *call)
{
    adding_t *a = mem_new(adding_t);
    *a = (adding_t){.call = call};
    a->err = ERR_INIT;
    check_role(call->input, &a->err);
    check_rights(call->input, &a->err);
    check_expiry(call->input, &a->err);
    if (json_object_get(call->input, "connections") &&
        !json_is_array(json_object_get(call->input, "connections"))) {
        err_add_detail(&a->err, ERR_param_type, "/connections", "a list of connection names");
    }
    look_for_connection(a);
}

/* --- revoke --- */

static void on_revoke_told(void *context, const err_t *err)
{
    (void)err;
    admin_answer_told(context, NULL);
}

static void on_revoked(void *context, const store_result_t *result)
{
    admin_call_t *call = context;
    if (!result->ok) {
        err_t err = result->err;
        admin_answer(call, NULL, &err);
        return;
    }
    tell_key_revoked(call, json_member(call->input, "id"));
    manager_tell(call->manager, CHANGE_KEY, json_member(call->input, "id"), on_revoke_told, call);
}

static void on_key_found(void *context, const store_result_t *result)
{
    admin_call_t *call = context;
    err_t err = result->err;
    str_t id = json_member(call->input, "id");
    if (!result->ok || result->count == 0) {
        err_set(&err, ERR_not_found, "there is no key `%.*s`", STR_ARG(id));
        admin_answer(call, NULL, &err);
        return;
    }
    arena_t *arena = arena_new(0);
    store_change_t changes[3] = {
        {.verb = STORE_DELETE, .record = {.kind = STR("key"), .id = id}},
        {.verb = STORE_DELETE, .record = {.kind = STR(KEY_USED), .id = id}}};
    admin_line(call, arena, &(admin_line_t){.object = id}, &changes[2]);
    manager_store_write(call->manager, changes, 3, true, on_revoked, call);
    arena_free(arena);
}

void admin_key_revoke(admin_call_t *call)
{
    manager_store_get(call->manager, STR("key"), json_member(call->input, "id"), on_key_found,
                      call);
}
