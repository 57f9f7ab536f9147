/* SPDX-License-Identifier: MIT */
/* Connections shown and listed. */
#include <stdlib.h>

#include "base/mem.h"
#include "codec/json.h"
#include "connection/admin_internal.h"

/* --- one --- */

json_t *admin_show_entry(entry_t *e)
{
    connection_circumstances_t now;
    const connection_t *c = entry_connection(e);
    circumstances_find(e->manager, c, e->last_used_wall_ms, &now);
    return connection_show(e->record, c, &now);
}

static void on_shown(void *context, entry_t *entry, const err_t *err)
{
    admin_answer(context, entry ? admin_show_entry(entry) : NULL, err);
}

static void on_collected_to_show(void *context, const err_t *err)
{
    admin_call_t *call = context;
    (void)err;
    entry_get(call->manager, json_member(call->input, "name"), on_shown, call);
}

void admin_connection_show(admin_call_t *call)
{
    usage_collect(call->manager, on_collected_to_show, call);
}

/* --- a page of all --- */

/* Listed with what is wrong, so that it can be found and removed. */
static json_t *show_corrupt(const store_record_t *stored, const err_t *err)
{
    return json_pack("{s:o, s:s, s:{s:s, s:s}}", "name", json_str(stored->id), "state",
                     connection_state_name(CONNECTION_INCOMPLETE), "reason", "code",
                     err_code_name(err->code), "detail", err->text);
}

static json_t *show_stored(const admin_call_t *call, const store_record_t *stored)
{
    manager_t *m = call->manager;
    entry_t *e = map_get(m->entries, stored->id);
    if (e && e->record) {
        return admin_show_entry(e);
    }
    err_t err = ERR_INIT;
    connection_record_t *r = connection_record_read(stored, m->keyring, &err);
    if (!r) {
        return show_corrupt(stored, &err);
    }
    str_t id = json_member(r->plain, "connector");
    connection_t *c =
        connection_resolve(r, snapshot_connector(m->snapshot, id), map_get(m->host_values, id));
    connection_circumstances_t now;
    circumstances_find(m, c, admin_connection_used_at(call, stored->id), &now);
    json_t *shown = connection_show(r, c, &now);
    connection_unref(c);
    connection_record_free(r);
    return shown;
}

static void on_listed(void *context, const store_result_t *result)
{
    admin_call_t *call = context;
    if (!result->ok) {
        admin_answer(call, NULL, &result->err);
        return;
    }
    str_t connector = json_member(call->input, "connector");
    json_t *list = json_array(), *output = json_pack("{s:o}", "connections", list);
    size_t count = admin_page_end(call, result, output);
    for (size_t i = 0; i < count; i++) {
        json_t *shown = show_stored(call, &result->records[i]);
        if (!connector.p || str_eq(json_member(shown, "connector"), connector)) {
            json_array_append(list, shown);
        }
        json_decref(shown);
    }
    admin_answer(call, output, NULL);
}

static void list_page(admin_call_t *call)
{
    admin_page_ask(call, STR("connection"), on_listed);
}

/* --- a caller's: the connections of its key, one look-up each --- */

typedef struct named_list {
    admin_call_t *call;
    json_t *list;
    size_t at;
    err_t err; /* the store could not tell */
} named_list_t;

static void next_named(named_list_t *n);

static void on_named(void *context, entry_t *entry, const err_t *err)
{
    named_list_t *n = context;
    if (entry) {
        json_array_append_new(n->list, admin_show_entry(entry));
    } else if (err->code != ERR_not_found) {
        n->err = *err;
    }
    next_named(n);
}

static void next_named(named_list_t *n)
{
    const json_t *names = json_object_get(n->call->input, "names");
    if (n->at < json_array_size(names) && !err_is_set(&n->err)) {
        entry_get(n->call->manager, json_view(json_array_get(names, n->at++)), on_named, n);
        return;
    }
    json_t *output = json_pack("{s:o}", "connections", n->list);
    if (err_is_set(&n->err)) {
        json_decref(output);
        output = NULL;
    }
    admin_answer(n->call, output, &n->err);
    free(n);
}

static void on_collected_to_list(void *context, const err_t *err)
{
    named_list_t *n = mem_new(named_list_t);
    *n = (named_list_t){.call = context, .list = json_array(), .err = ERR_INIT};
    (void)err;
    next_named(n);
}

void admin_connection_list(admin_call_t *call)
{
    if (json_object_get(call->input, "names")) {
        usage_collect(call->manager, on_collected_to_list, call);
    } else {
        admin_ask_connections_used(call, list_page);
    }
}
