/* SPDX-License-Identifier: MIT */
/* What the control loop keeps over a restart while it runs: refusals and pauses, and gates. A
 * refusal stands in the store before anyone is told, so that a host that dies then does not try the
 * same password again. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "codec/json.h"
#include "connection/manager_internal.h"

enum { TEXT_MAX = 64 * 1024 };

static str_t json_text_in(arena_t *arena, const json_t *value)
{
    buf_t text;
    buf_init(&text, TEXT_MAX);
    json_write(&text, value);
    str_t copy = arena_str(arena, buf_view(&text));
    buf_fini(&text);
    return copy;
}

/* --- a connection: its refusal is part of its record --- */

typedef struct judging {
    manager_t *manager;
    connection_t *tried;
    err_t why; /* none: it works again */
    connection_record_t *record;
    then_t *then;
    void *context;
} judging_t;

static void end(judging_t *j)
{
    err_t none = ERR_INIT;
    if (j->then) {
        j->then(j->context, &none);
    }
    connection_unref(j->tried);
    free(j);
}

static void on_told(void *context, const err_t *err)
{
    (void)err;
    end(context);
}

/* Where the store fails, the refusal counts at least as long as the host runs. */
static void on_written(void *context, const store_result_t *result)
{
    judging_t *j = context;
    manager_t *m = j->manager;
    if (!result->ok) {
        j->record->generation--; /* what the store holds */
    }
    entry_replace(m, j->record);
    turn_pass(m, j->tried->name);
    manager_tell(m, CHANGE_CONNECTION, j->tried->name, on_told, j);
}

static void set_refusal(const judging_t *j, json_t *plain)
{
    buf_t version;
    buf_init(&version, 256);
    connection_write_version(j->tried, &version);
    bool paused = j->why.code == ERR_account_locked && j->why.retry_after_ms > 0;
    const refusal_t refusal = {.why = j->why,
                               .version = buf_view(&version),
                               .until_wall_ms =
                                   paused ? clock_wall_ms() + j->why.retry_after_ms : 0};
    refusal_keep(plain, &refusal);
    buf_fini(&version);
}

static bool has_changed(const judging_t *j, const entry_t *entry)
{
    const connection_record_t *r = entry->record;
    return r->credential_generation != j->tried->credential_generation ||
           r->resets != j->tried->resets;
}

static void write_record(judging_t *j)
{
    manager_t *m = j->manager;
    err_t err = ERR_INIT;
    store_change_t change;
    arena_t *arena = arena_new(0);
    if (connection_record_write(j->record, m->keyring, clock_wall_ms(), arena, &change, &err)) {
        manager_store_write(m, &change, 1, true, on_written, j);
    } else {
        on_written(j, &(store_result_t){.err = err});
    }
    arena_free(arena);
}

static void judge(void *context, entry_t *entry, const err_t *err)
{
    judging_t *j = context;
    bool accepts = !err_is_set(&j->why);
    (void)err;
    if (!entry || has_changed(j, entry) ||
        (accepts && !json_object_get(entry->record->plain, "refusal"))) {
        turn_pass(j->manager, j->tried->name);
        end(j);
        return;
    }
    j->record = connection_record_copy(entry->record);
    if (accepts) {
        json_object_del(j->record->plain, "refusal");
    } else {
        set_refusal(j, j->record->plain);
    }
    write_record(j);
}

static void on_turn(void *context)
{
    judging_t *j = context;
    entry_get(j->manager, j->tried->name, judge, j);
}

static void take_up(manager_t *m, const connection_t *tried, const err_t *why, then_t *then,
                    void *context)
{
    judging_t *j = mem_new(judging_t);
    *j = (judging_t){.manager = m,
                     .tried = connection_ref(tried),
                     .why = *why,
                     .then = then,
                     .context = context};
    turn_take(m, tried->name, on_turn, j);
}

void durable_refuse_connection(manager_t *m, const connection_t *tried, const err_t *why,
                               then_t *then, void *context)
{
    log_event(LOG_WARN, "connection.rejected", LOG_S("connection", tried->name),
              LOG_S("code", str_of(err_code_name(why->code))),
              LOG_S("error", str_of(why->upstream_error)));
    static const actor_t HOST = {.kind = ACTOR_HOST};
    audit_note(m->audit, &(audit_entry_t){.what = AUDIT_CONNECTION_REJECTED,
                                          .actor = &HOST,
                                          .object = tried->name,
                                          .refused = why->code});
    take_up(m, tried, why, then, context);
}

void durable_accept_connection(manager_t *m, const connection_t *tried)
{
    const err_t none = ERR_INIT;
    take_up(m, tried, &none, NULL, NULL);
}

/* --- a source: refusals of calls, and pauses of both kinds --- */

typedef struct keeping {
    then_t *then;
    void *context;
} keeping_t;

static void on_kept(void *context, const store_result_t *result)
{
    keeping_t k = *(keeping_t *)context;
    free(context);
    err_t none = ERR_INIT;
    (void)result; /* the store has told the log; a refusal counts as long as the host runs */
    k.then(k.context, &none);
}

void durable_refuse_source(manager_t *m, const source_t *s, const refusal_t *refusal, then_t *then,
                           void *context)
{
    arena_t *arena = arena_new(0);
    json_t *plain = json_object();
    keeping_t *k = mem_new(keeping_t);
    *k = (keeping_t){then, context};
    refusal_keep(plain, refusal);
    store_change_t change = {
        .verb = STORE_PUT,
        .record = {.kind = STR("refusal"),
                   .id = s->key,
                   .generation = (uint64_t)refusal->until_wall_ms, /* tidy.c goes by it */
                   .changed_at_ms = clock_wall_ms(),
                   .plain = json_text_in(arena, plain)}};
    manager_store_write(m, &change, 1, true, on_kept, k);
    json_decref(plain);
    arena_free(arena);
}

void durable_forget_pause(manager_t *m, str_t key)
{
    store_change_t change = {.verb = STORE_DELETE, .record = {.kind = STR("refusal"), .id = key}};
    manager_store_write(m, &change, 1, false, NULL, NULL);
}

/* --- gates --- */

typedef struct gate {
    manager_t *manager;
    int64_t until_wall_ms;
} gate_t;

static void keep_gate(void *context, entry_t *entry, const err_t *err)
{
    gate_t g = *(gate_t *)context;
    free(context);
    (void)err;
    if (!entry) { /* removed meanwhile */
        return;
    }
    arena_t *arena = arena_new(0);
    json_t *plain = json_object();
    json_object_set(plain, "connector", json_object_get(entry->record->plain, "connector"));
    json_object_set_new(plain, "until_ms", json_integer(g.until_wall_ms));
    store_change_t change = {.verb = STORE_PUT,
                             .record = {.kind = STR("gate"),
                                        .id = str_of(entry->name),
                                        .generation = (uint64_t)g.until_wall_ms,
                                        .changed_at_ms = clock_wall_ms(),
                                        .plain = json_text_in(arena, plain)}};
    manager_store_write(g.manager, &change, 1, false, NULL, NULL);
    json_decref(plain);
    arena_free(arena);
}

void durable_keep_gate(manager_t *m, const connection_t *c, int64_t until_wall_ms)
{
    gate_t *g = mem_new(gate_t);
    *g = (gate_t){m, until_wall_ms};
    entry_get(m, c->name, keep_gate, g);
}
