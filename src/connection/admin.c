/* SPDX-License-Identifier: MIT */
/* Administration: one function a verb, run in the control loop; every change is written together
 * with its audit line, so that none happens unrecorded. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "codec/json.h"
#include "connection/manager_internal.h"

enum { AUDIT_MAX = 64 * 1024 };

static void (*const VERBS[])(admin_call_t *call) = {
    [ADMIN_CONNECTION_CREATE] = admin_connection_create,
    [ADMIN_CONNECTION_LIST] = admin_connection_list,
    [ADMIN_CONNECTION_SHOW] = admin_connection_show,
    [ADMIN_CONNECTION_CHANGE] = admin_connection_change,
    [ADMIN_CONNECTION_REMOVE] = admin_connection_remove,
    [ADMIN_CONNECTION_RESET] = admin_connection_reset,
    [ADMIN_CONNECTION_USAGE] = admin_connection_usage,
    [ADMIN_KEY_ADD] = admin_key_add,
    [ADMIN_KEY_LIST] = admin_key_list,
    [ADMIN_KEY_SHOW] = admin_key_show,
    [ADMIN_KEY_REVOKE] = admin_key_revoke,
    [ADMIN_PARAMETERS_SHOW] = admin_parameters_show,
    [ADMIN_PARAMETERS_SET] = admin_parameters_set,
    [ADMIN_KEYRING_SHOW] = admin_keyring_show,
    [ADMIN_KEYRING_ROTATE] = admin_keyring_rotate,
    [ADMIN_KEYRING_REWRAP] = admin_keyring_rewrap,
    [ADMIN_BACKUP_MAKE] = admin_backup_make,
    [ADMIN_WEBHOOK_ADD] = admin_webhook_add,
    [ADMIN_WEBHOOK_LIST] = admin_webhook_list,
    [ADMIN_WEBHOOK_SHOW] = admin_webhook_show,
    [ADMIN_WEBHOOK_REMOVE] = admin_webhook_remove,
    [ADMIN_WEBHOOK_ROTATE] = admin_webhook_rotate,
    [ADMIN_WEBHOOK_ENABLE] = admin_webhook_enable,
    [ADMIN_WEBHOOK_TEST] = admin_webhook_test,
    [ADMIN_SESSION_CREATE] = admin_session_create,
    [ADMIN_SESSION_TRADE] = admin_session_trade,
    [ADMIN_SESSION_SHOW] = admin_session_show,
    [ADMIN_SESSION_NOTE] = admin_session_note,
    [ADMIN_SIGN_IN_BEGIN] = admin_sign_in_begin,
    [ADMIN_SIGN_IN_END] = admin_sign_in_end,
};

static void run_verb(exchange_t *e)
{
    admin_call_t *call = STRUCT_OF(e, admin_call_t, exchange);
    VERBS[call->verb](call);
}

static void answer(exchange_t *e)
{
    admin_call_t *call = STRUCT_OF(e, admin_call_t, exchange);
    call->on_done(call->context, call->output, &call->err);
}

static void release(exchange_t *e)
{
    admin_call_t *call = STRUCT_OF(e, admin_call_t, exchange);
    json_decref(call->input);
    json_decref(call->output);
    json_decref(call->used);
    err_fini(&call->err);
    free(call);
}

exchange_t *manager_admin(manager_t *m, admin_verb_t verb, json_t *input, const actor_t *actor,
                          manager_on_admin_t *on_done, void *context)
{
    admin_call_t *call = mem_new(admin_call_t);
    *call = (admin_call_t){.manager = m,
                           .verb = verb,
                           .input = input,
                           .actor = *actor,
                           .on_done = on_done,
                           .context = context};
    call->err = ERR_INIT;
    call->exchange = (exchange_t){.work = run_verb, .answer = answer, .release = release};
    exchange_ask(&call->exchange, m->loop);
    return &call->exchange;
}

void admin_answer(admin_call_t *call, json_t *output, const err_t *err)
{
    manager_t *m = call->manager;
    char turn[sizeof call->turn];
    memcpy(turn, call->turn, sizeof turn);
    call->output = output;
    if (err) {
        call->err = *err; /* with its details, which the call frees */
    }
    exchange_answer(&call->exchange);
    if (turn[0]) {
        turn_pass(m, str_of(turn));
    }
}

static void on_durable(void *context, const store_result_t *result)
{
    admin_call_t *call = context;
    (void)result; /* what was asked for is done, whatever became of its event */
    admin_answer(call, call->output, NULL);
}

void admin_answer_told(admin_call_t *call, json_t *output)
{
    call->output = output;
    manager_store_write(call->manager, NULL, 0, true, on_durable, call);
}

void admin_take_turn(admin_call_t *call, str_t name, void (*run)(void *context), void *context)
{
    if (name.n == 0 || name.n >= sizeof call->turn) {
        run(context); /* nothing can bear that name */
        return;
    }
    memcpy(call->turn, name.p, name.n);
    turn_take(call->manager, name, run, context);
}

static void write_actor(const actor_t *actor, json_t *plain)
{
    json_object_set_new(plain, "actor", json_string(actor_kind_name(actor->kind)));
    json_object_set_new(plain, "key", json_string(actor->key));
    json_object_set_new(plain, "session", json_string(actor->session));
    json_object_set_new(plain, "address", json_string(actor->address));
    json_object_set_new(plain, "request_id", json_string(actor->request_id));
}

void audit_line(admin_call_t *call, arena_t *arena, const char *action, str_t object,
                store_change_t *change)
{
    int64_t wall = clock_wall_ms();
    json_t *plain = json_object();
    json_object_set_new(plain, "time_ms", json_integer(wall));
    write_actor(&call->actor, plain);
    json_object_set_new(plain, "action", json_string(action));
    json_object_set_new(plain, "object", json_str(object));
    buf_t text;
    buf_init(&text, AUDIT_MAX);
    json_write(&text, plain);
    *change = (store_change_t){
        .verb = STORE_PUT,
        .record = {.kind = STR("audit"),
                   .id = arena_printf(arena, "%013llx-%06x", (unsigned long long)wall,
                                      call->manager->audit_count++),
                   .generation = 1,
                   .changed_at_ms = wall,
                   .plain = arena_str(arena, buf_view(&text))}};
    buf_fini(&text);
    json_decref(plain);
}
