/* SPDX-License-Identifier: MIT */
/* Administration: one function a verb, run in the control loop; every change is written together
 * with its audit line, so that none happens unrecorded. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "codec/json.h"
#include "connection/manager_internal.h"

typedef struct verb {
    void (*run)(admin_call_t *call);
    audit_what_t what; /* the line it leaves */
} verb_t;

static const verb_t VERBS[ADMIN_VERB_COUNT] = {
    [ADMIN_CONNECTION_CREATE] = {admin_connection_create, AUDIT_CONNECTION_CREATED},
    [ADMIN_CONNECTION_LIST] = {admin_connection_list, AUDIT_NONE},
    [ADMIN_CONNECTION_SHOW] = {admin_connection_show, AUDIT_NONE},
    [ADMIN_CONNECTION_CHANGE] = {admin_connection_change, AUDIT_CONNECTION_CHANGED},
    [ADMIN_CONNECTION_REMOVE] = {admin_connection_remove, AUDIT_CONNECTION_REMOVED},
    [ADMIN_CONNECTION_RESET] = {admin_connection_reset, AUDIT_CONNECTION_RESET},
    [ADMIN_CONNECTION_USAGE] = {admin_connection_usage, AUDIT_NONE},
    [ADMIN_KEY_ADD] = {admin_key_add, AUDIT_KEY_CREATED},
    [ADMIN_SETUP] = {admin_setup, AUDIT_KEY_CREATED},
    [ADMIN_KEY_LIST] = {admin_key_list, AUDIT_NONE},
    [ADMIN_KEY_SHOW] = {admin_key_show, AUDIT_NONE},
    [ADMIN_KEY_REVOKE] = {admin_key_revoke, AUDIT_KEY_REVOKED},
    [ADMIN_PARAMETERS_SHOW] = {admin_parameters_show, AUDIT_NONE},
    [ADMIN_PARAMETERS_SET] = {admin_parameters_set, AUDIT_PARAMETERS_CHANGED},
    [ADMIN_KEYRING_SHOW] = {admin_keyring_show, AUDIT_NONE},
    [ADMIN_KEYRING_ROTATE] = {admin_keyring_rotate, AUDIT_KEYRING_KEY_ADDED},
    [ADMIN_KEYRING_REWRAP] = {admin_keyring_rewrap, AUDIT_KEYRING_REWRAPPED},
    [ADMIN_BACKUP_MAKE] = {admin_backup_make, AUDIT_BACKUP_MADE},
    [ADMIN_WEBHOOK_ADD] = {admin_webhook_add, AUDIT_WEBHOOK_ADDED},
    [ADMIN_WEBHOOK_LIST] = {admin_webhook_list, AUDIT_NONE},
    [ADMIN_WEBHOOK_SHOW] = {admin_webhook_show, AUDIT_NONE},
    [ADMIN_WEBHOOK_REMOVE] = {admin_webhook_remove, AUDIT_WEBHOOK_REMOVED},
    [ADMIN_WEBHOOK_ROTATE] = {admin_webhook_rotate, AUDIT_WEBHOOK_ROTATED},
    [ADMIN_WEBHOOK_ENABLE] = {admin_webhook_enable, AUDIT_WEBHOOK_ENABLED},
    [ADMIN_WEBHOOK_TEST] = {admin_webhook_test, AUDIT_WEBHOOK_TESTED},
    [ADMIN_SESSION_CREATE] = {admin_session_create, AUDIT_CONNECT_SESSION_CREATED},
    [ADMIN_SESSION_TRADE] = {admin_session_trade, AUDIT_NONE},
    [ADMIN_SESSION_SHOW] = {admin_session_show, AUDIT_NONE},
    [ADMIN_SESSION_NOTE] = {admin_session_note, AUDIT_NONE},
    [ADMIN_SIGN_IN_BEGIN] = {admin_sign_in_begin, AUDIT_NONE},
    [ADMIN_SIGN_IN_END] = {admin_sign_in_end, AUDIT_CONNECTION_SIGNED_IN},
    [ADMIN_DEVICE_BEGIN] = {admin_device_begin, AUDIT_CONNECTION_SIGN_IN_BEGUN},
    [ADMIN_DEVICE_SHOW] = {admin_device_show, AUDIT_NONE},
};

static void run_verb(exchange_t *e)
{
    admin_call_t *call = STRUCT_OF(e, admin_call_t, exchange);
    err_t err = ERR_INIT;
    if (admin_may_change(call, &err)) {
        VERBS[call->verb].run(call);
    } else {
        admin_answer(call, NULL, &err);
    }
}

audit_what_t admin_what(admin_verb_t verb)
{
    return VERBS[verb].what;
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
    if (call->has_line) {
        audit_moved_on(m->audit);
    }
    if (err) {
        call->err = *err; /* with its details, which the call frees */
        admin_line_refused(call, err);
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
