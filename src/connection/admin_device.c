/* SPDX-License-Identifier: MIT */
/* A person's sign-in by a code: asked for, and shown. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "codec/json.h"
#include "connection/admin_internal.h"

typedef struct beginning {
    admin_call_t *call;
    connection_t *connection; /* a reference */
    device_flow_t *flow;      /* while it is written */
} beginning_t;

/* output is stolen. */
static void finish(beginning_t *b, json_t *output, const err_t *err)
{
    admin_call_t *call = b->call;
    connection_unref(b->connection);
    free(b);
    admin_answer(call, output, output ? NULL : err);
}

/* --- it stands in the store: now it may be shown, and asked about --- */

static void on_written(void *context, const store_result_t *result)
{
    beginning_t *b = context;
    device_flow_t *f = b->flow;
    err_t err = result->err;
    if (!result->ok) {
        f->is_dropped = true;
        (void)device_flow_let_go(f);
        finish(b, NULL, &err);
        return;
    }
    bool entered = device_flow_enter(f, &err);
    finish(b, entered ? device_flow_show(f) : NULL, &err);
}

/* The code before counts no more: whatever comes of it must not take the new one out of the store.
 */
static void keep(beginning_t *b, const grant_device_codes_t *codes)
{
    manager_t *m = b->call->manager;
    store_change_t changes[2];
    arena_t *arena = arena_new(0);
    device_flow_drop(m, b->connection->name);
    b->flow = device_flow_new(b->connection, m, codes, json_member(b->call->input, "session"),
                              &b->call->actor);
    size_t count = device_flow_write(b->flow, m->keyring, arena, &changes[0]);
    admin_line(b->call, arena, &(admin_line_t){.object = b->connection->name}, &changes[count++]);
    manager_store_write(m, changes, count, true, on_written, b);
    arena_free(arena);
}

/* --- the device authorization request --- */

static void on_reply(void *context, const upstream_answer_t *answer)
{
    beginning_t *b = context;
    const grant_definition_t *grant = &b->connection->auth->grant;
    const errand_t errand = {.connection = b->connection, .grant = grant};
    grant_device_codes_t codes;
    errand_scope_t scope;
    err_t err = ERR_INIT;
    arena_t *arena = arena_new(0);
    errand_scope_init(&scope, &errand, clock_wall_ms());
    bool ok = grant_device_answer(grant, &scope.values, answer, arena, &codes, &err);
    errand_scope_fini(&scope);
    if (ok) {
        keep(b, &codes);
    } else {
        finish(b, NULL, &err);
    }
    arena_free(arena);
}

static void on_landing(void *context, const landing_t *landing)
{
    finish(context, NULL, &landing->err);
}

static void on_entry(void *context, entry_t *entry, const err_t *err)
{
    static const flight_target_t TARGET = {
        .event = "device.request", .build = grant_device_request, .on_reply = on_reply};
    static const flight_watch_t WATCH = {.target = &TARGET, .on_landing = on_landing};
    admin_call_t *call = context;
    err_t fault = *err;
    const connection_t *c = entry ? entry_connection(entry) : NULL;
    if (!c || !sign_in_is_possible(c, SIGN_IN_ELSEWHERE, &fault)) {
        admin_answer(call, NULL, &fault);
        return;
    }
    beginning_t *b = mem_new(beginning_t);
    *b = (beginning_t){.call = call, .connection = connection_ref(c)};
    const errand_t errand = {.connection = c, .grant = &c->auth->grant};
    flight_start(call->manager, &errand, &WATCH, b);
}

void admin_device_begin(admin_call_t *call)
{
    entry_get(call->manager, json_member(call->input, "name"), on_entry, call);
}

/* --- shown --- */

void admin_device_show(admin_call_t *call)
{
    err_t err = ERR_INIT;
    const device_flow_t *f = device_flow_of(call->manager, json_member(call->input, "name"));
    if (!f) {
        err_set(&err, ERR_not_found, "nobody signs in to this connection by a code");
    }
    admin_answer(call, f ? device_flow_show(f) : NULL, f ? NULL : &err);
}
