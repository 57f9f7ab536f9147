/* SPDX-License-Identifier: MIT */
/* Keys shown and listed, never with their secret half. */
#include "codec/json.h"
#include "connection/admin_internal.h"
#include "connection/key_record.h"

static json_t *show(const admin_call_t *call, const store_record_t *record)
{
    return key_record_show(record, admin_key_used_at(call, record->id));
}

/* --- one --- */

static void on_shown(void *context, const store_result_t *result)
{
    admin_call_t *call = context;
    err_t err = result->err;
    if (result->ok && result->count == 0) {
        err_set(&err, ERR_not_found, "there is no key `%.*s`",
                STR_ARG(json_member(call->input, "id")));
    }
    admin_answer(call, err_is_set(&err) ? NULL : show(call, &result->records[0]), &err);
}

static void show_one(admin_call_t *call)
{
    manager_store_get(call->manager, STR("key"), json_member(call->input, "id"), on_shown, call);
}

void admin_key_show(admin_call_t *call)
{
    admin_ask_key_used(call, show_one);
}

/* --- a page of all --- */

static void on_listed(void *context, const store_result_t *result)
{
    admin_call_t *call = context;
    if (!result->ok) {
        admin_answer(call, NULL, &result->err);
        return;
    }
    json_t *list = json_array(), *output = json_pack("{s:o}", "keys", list);
    size_t count = admin_page_end(call, result, output);
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(list, show(call, &result->records[i]));
    }
    admin_answer(call, output, NULL);
}

static void list_page(admin_call_t *call)
{
    admin_page_ask(call, STR("key"), on_listed);
}

void admin_key_list(admin_call_t *call)
{
    admin_ask_keys_used(call, list_page);
}
