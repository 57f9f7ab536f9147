/* SPDX-License-Identifier: MIT */
/* How a person's sign-in ended: where it went well all loops take note first, so that whoever is
 * told can call at once; then the session's page, the log and the audit trail. */
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "connection/manager_internal.h"

static void on_recorded(void *context, const store_result_t *result)
{
    sign_in_outcome_t *o = context;
    (void)result; /* the store has told the log; what was done is done */
    audit_moved_on(o->manager->audit);
    if (o->then) {
        o->then(o->context);
    }
    connection_unref(o->connection);
    free(o);
}

static void note(sign_in_outcome_t *o)
{
    connect_session_t *s = connect_session_of(o->manager->sessions, str_of(o->session));
    if (s) {
        connect_session_note(s, &o->err);
        memcpy(o->actor.key, s->made_by, sizeof o->actor.key);
    }
}

static void record(sign_in_outcome_t *o)
{
    store_change_t change;
    arena_t *arena = arena_new(0);
    bool failed = err_is_set(&o->err);
    note(o);
    log_event(
        failed ? LOG_WARN : LOG_INFO, failed ? "connection.sign_in_failed" : "connection.signed_in",
        LOG_S("connection", str_of(o->name)), LOG_S("code", str_of(err_code_name(o->err.code))),
        LOG_S("error", str_of(o->err.upstream_error)));
    const audit_entry_t entry = {.what = AUDIT_CONNECTION_SIGNED_IN,
                                 .actor = &o->actor,
                                 .object = str_of(o->name),
                                 .refused = o->err.code};
    audit_line(o->manager->audit, arena, &entry, &change);
    manager_store_write(o->manager, &change, 1, true, on_recorded, o);
    arena_free(arena);
}

static void on_told(void *context, const err_t *err)
{
    (void)err;
    record(context);
}

static void on_entry(void *context, entry_t *entry, const err_t *err)
{
    sign_in_outcome_t *o = context;
    bool is_lost = entry_has_lost(entry, err, o->connection); /* a removal had the turn before */
    turn_pass(o->manager, str_of(o->name));
    if (is_lost) {
        sign_in_is_lost(o->connection, &o->err);
        record(o);
    } else {
        manager_tell(o->manager, CHANGE_CONNECTION, str_of(o->name), on_told, o);
    }
}

/* That its connection is accepted again was written in a turn before this one. */
static void on_turn(void *context)
{
    sign_in_outcome_t *o = context;
    entry_get(o->manager, str_of(o->name), on_entry, o);
}

void sign_in_tell(const sign_in_outcome_t *outcome)
{
    sign_in_outcome_t *o = mem_new(sign_in_outcome_t);
    *o = *outcome;
    o->connection = o->connection ? connection_ref(o->connection) : NULL;
    o->err.details = NULL;
    o->err.detail_count = 0;
    if (err_is_set(&o->err)) {
        record(o);
    } else {
        turn_take(o->manager, str_of(o->name), on_turn, o);
    }
}
