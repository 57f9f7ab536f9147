/* SPDX-License-Identifier: MIT */
/* Connections: made, reset, removed. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "codec/json.h"
#include "connection/admin_internal.h"
#include "connection/usage.h"

/* --- create --- */

static connection_record_t *new_record(const json_t *input, const connector_t *connector)
{
    connection_record_t *r = connection_record_new(json_member(input, "name"));
    json_object_set_new(r->plain, "connector", json_str(connector->id));
    json_object_set_new(r->plain, "title", json_deep_copy(json_object_get(input, "title")));
    json_object_set_new(r->plain, "created_at_ms", json_integer(clock_wall_ms()));
    r->credential_generation = admin_new_credential_generation();
    json_object_set_new(r->plain, "uid", json_integer((json_int_t)r->credential_generation));
    return r;
}

static void create(void *context)
{
    admin_call_t *call = context;
    err_t err = ERR_INIT;
    const json_t *input = call->input, *given = json_object_get(input, "parameters");
    const connector_t *connector =
        admin_find_connector(call->manager, json_member(input, "connector"), &err);
    const auth_t *auth =
        connector ? admin_find_auth(connector, json_member(input, "auth"), &err) : NULL;
    if (!auth) {
        admin_answer(call, NULL, &err);
        return;
    }
    writing_t *w = writing_new(call, new_record(input, connector));
    w->forgets = true;
    admin_apply_parameters(w->record, connector, auth, given);
    w->candidate = admin_candidate(call->manager, w->record, connector, auth, given, &err);
    if (w->candidate) {
        w->is_new = true;
        writing_store(w);
    } else {
        writing_fail(w, &err);
    }
}

bool admin_check_name(const json_t *input, err_t *err)
{
    return connection_name_fits(json_member(input, "name")) ||
           err_add_detail(err,
                          json_object_get(input, "name") ? ERR_param_pattern : ERR_param_missing,
                          "/name", "1 to 63 of a-z, 0-9 and -, not beginning with -");
}

void admin_connection_create(admin_call_t *call)
{
    err_t err = ERR_INIT;
    if (admin_check_name(call->input, &err)) {
        admin_take_turn(call, json_member(call->input, "name"), create, call);
    } else {
        admin_answer(call, NULL, &err);
    }
}

/* --- reset --- */

static void on_reset_entry(void *context, entry_t *entry, const err_t *err)
{
    admin_call_t *call = context;
    if (!entry) {
        admin_answer(call, NULL, err);
        return;
    }
    writing_t *w = writing_new(call, connection_record_copy(entry->record));
    w->candidate = connection_ref(entry_connection(entry));
    w->forgets = true;
    w->keeps_sign_in = admin_needs_person(w->candidate);
    admin_drop_refusal(w);
    /* What is kept under it elsewhere (of calls with credentials of their own) does not count any
     * more, too. */
    w->record->resets++;
    writing_store(w);
}

static void reset(void *context)
{
    admin_call_t *call = context;
    entry_get(call->manager, json_member(call->input, "name"), on_reset_entry, call);
}

void admin_connection_reset(admin_call_t *call)
{
    admin_take_turn(call, json_member(call->input, "name"), reset, call);
}

/* --- remove --- */

/* What loops had counted of it is here by now, and is not the next connection's of that name. */
static void on_remove_collected(void *context, const err_t *err)
{
    admin_call_t *call = context;
    (void)err;
    usage_forget(call->manager, json_member(call->input, "name"));
    admin_answer_told(call, NULL);
}

static void on_remove_told(void *context, const err_t *err)
{
    admin_call_t *call = context;
    (void)err;
    usage_collect(call->manager, on_remove_collected, call);
}

/* What is on its way into the store. */
typedef struct removing {
    admin_call_t *call;
    revocation_t *revocation; /* NULL: there is nowhere to give anything back */
} removing_t;

static void on_removed(void *context, const store_result_t *result)
{
    removing_t r = *(removing_t *)context;
    admin_call_t *call = r.call;
    manager_t *m = call->manager;
    str_t name = json_member(call->input, "name");
    char key[80];
    free(context);
    if (!result->ok) {
        revocation_free(r.revocation);
        admin_answer(call, NULL, &result->err);
        return;
    }
    admin_source_key(name, key);
    entry_remove(m, name); /* first: who waited for it looks whether it is there */
    connect_sessions_lose(m->sessions, name);
    source_reset(m, str_of(key), true,
                 r.revocation); /* also of what was kept while this was written */
    device_flow_remove(m, name);
    states_forget(m, name);
    tell_removed(call, name);
    revocation_begin(r.revocation);
    manager_tell(m, CHANGE_CONNECTION, name, on_remove_told, call);
}

static void on_gathered(void *context, revocation_t *revocation)
{
    enum { CHANGES_MAX = 11 };
    admin_call_t *call = context;
    str_t name = json_member(call->input, "name");
    char key[80];
    removing_t *r = mem_new(removing_t);
    admin_source_key(name, key);
    arena_t *arena = arena_new(0);
    *r = (removing_t){call, revocation};
    store_change_t changes[CHANGES_MAX] = {
        {.verb = STORE_DELETE, .record = {.kind = STR("connection"), .id = name}},
        {.verb = STORE_DELETE, .record = {.kind = STR("under_way"), .id = str_of(key)}},
        {.verb = STORE_DELETE, .record = {.kind = STR("token"), .id = str_of(key)}},
        {.verb = STORE_DELETE, .record = {.kind = STR("refusal"), .id = str_of(key)}},
        {.verb = STORE_DELETE, .record = {.kind = STR("device"), .id = name}},
        {.verb = STORE_DELETE, .record = {.kind = STR("gate"), .id = name}},
        {.verb = STORE_DELETE, .record = {.kind = STR(USAGE_RECENT), .id = name}},
        {.verb = STORE_DELETE, .record = {.kind = STR(USAGE_MONTH), .id = name}},
        {.verb = STORE_DELETE, .record = {.kind = STR(CONNECTION_USED), .id = name}},
    };
    size_t count = 9;
    admin_line(call, arena, &(admin_line_t){.object = name}, &changes[count++]);
    count += revocation_write(revocation, arena, &changes[count]);
    manager_store_write(call->manager, changes, count, true, on_removed, r);
    arena_free(arena);
}

static void on_remove_entry(void *context, entry_t *entry, const err_t *err)
{
    admin_call_t *call = context;
    /* A record that does not open can still be removed. */
    if (!entry && err->code == ERR_not_found) {
        admin_answer(call, NULL, err);
    } else {
        revocation_gather(call->manager, entry, on_gathered, call);
    }
}

static void remove_connection(void *context)
{
    admin_call_t *call = context;
    entry_get(call->manager, json_member(call->input, "name"), on_remove_entry, call);
}

void admin_connection_remove(admin_call_t *call)
{
    admin_take_turn(call, json_member(call->input, "name"), remove_connection, call);
}
