/* SPDX-License-Identifier: MIT */
/* When a key, or the connections or keys of a page, were used last. Those that ever were stand in a list of
 * their own, which is a part of the list that is paged: so as many of them behind the same place
 * reach at least as far. */
#include "codec/json.h"
#include "connection/admin_internal.h"
#include "connection/usage.h"

enum { PAGE_MAX = 1001 };

static void on_listed(void *context, const store_result_t *result)
{
    admin_call_t *call = context;
    if (!result->ok) {
        admin_answer(call, NULL, &result->err);
        return;
    }
    call->used = json_object();
    for (size_t i = 0; i < result->count; i++) {
        str_t id = result->records[i].id;
        json_object_setn_new(call->used, id.p, id.n,
                             json_integer(result->records[i].changed_at_ms));
    }
    call->on_used(call);
}

static void on_collected(void *context, const err_t *err)
{
    admin_call_t *call = context;
    (void)err;
    manager_store_list(call->manager, call->used_kind, json_member(call->input, "after"), PAGE_MAX,
                       on_listed, call);
}

static void ask(admin_call_t *call, str_t kind, void (*then)(admin_call_t *call))
{
    call->used_kind = kind;
    call->on_used = then;
    usage_collect(call->manager, on_collected, call);
}

void admin_ask_connections_used(admin_call_t *call, void (*then)(admin_call_t *call))
{
    ask(call, STR(CONNECTION_USED), then);
}

void admin_ask_keys_used(admin_call_t *call, void (*then)(admin_call_t *call))
{
    ask(call, STR(KEY_USED), then);
}

static void on_one_collected(void *context, const err_t *err)
{
    admin_call_t *call = context;
    (void)err;
    manager_store_get(call->manager, call->used_kind, json_member(call->input, "id"), on_listed,
                      call);
}

void admin_ask_key_used(admin_call_t *call, void (*then)(admin_call_t *call))
{
    call->used_kind = STR(KEY_USED);
    call->on_used = then;
    usage_collect(call->manager, on_one_collected, call);
}

static int64_t stored_at(const admin_call_t *call, str_t id)
{
    return json_integer_value(json_object_getn(call->used, id.p, id.n));
}

int64_t admin_connection_used_at(const admin_call_t *call, str_t name)
{
    const usage_pending_t *p = map_get(call->manager->usage, name);
    int64_t stored = stored_at(call, name);
    return p && p->last_wall_ms > stored ? p->last_wall_ms : stored;
}

int64_t admin_key_used_at(const admin_call_t *call, str_t id)
{
    const int64_t *pending = map_get(call->manager->keys_used, id);
    int64_t stored = stored_at(call, id);
    return pending && *pending > stored ? *pending : stored;
}
