/* SPDX-License-Identifier: MIT */
/* Which state each connection was last told to be in, and since when: of those that are not ready.
 * A state is no member of a record, since it depends on definitions as well; it is seen when a
 * connection is resolved, by a call or by the census, and held against this. Kept in the store, so
 * that what changes while no host runs is told, too. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "codec/json.h"
#include "connection/manager_internal.h"

enum { TEXT_MAX = 512 };

typedef struct state_note {
    connection_state_t state; /* CONNECTION_STATE_COUNT: it has just been made */
    err_code_t code;
    int64_t since_wall_ms;
} state_note_t;

/* --- the store --- */

static void keep(manager_t *m, str_t name, const state_note_t *note)
{
    buf_t text;
    buf_init(&text, TEXT_MAX);
    buf_printf(&text, "{\"state\":\"%s\",\"code\":\"%s\",\"since_ms\":%lld}",
               connection_state_name(note->state), err_code_name(note->code),
               (long long)note->since_wall_ms);
    const store_change_t change = {.verb = STORE_PUT,
                                   .record = {.kind = STR("state"),
                                              .id = name,
                                              .generation = 1,
                                              .changed_at_ms = note->since_wall_ms,
                                              .plain = buf_view(&text)}};
    manager_store_write(m, &change, 1, false, NULL, NULL);
    buf_fini(&text);
}

static void drop(manager_t *m, str_t name)
{
    const store_change_t change = {.verb = STORE_DELETE,
                                   .record = {.kind = STR("state"), .id = name}};
    manager_store_write(m, &change, 1, false, NULL, NULL);
}

void states_take(manager_t *m, const store_record_t *record)
{
    err_t ignored = ERR_INIT;
    json_t *plain = json_read(record->plain, NULL, &ignored);
    state_note_t *note = mem_new(state_note_t);
    note->code = err_code_of(json_member(plain, "code"));
    note->since_wall_ms = json_integer_value(json_object_get(plain, "since_ms"));
    for (int i = 0; i < CONNECTION_STATE_COUNT; i++) {
        if (str_is(json_member(plain, "state"), connection_state_name((connection_state_t)i))) {
            note->state = (connection_state_t)i;
        }
    }
    free(map_set(m->states, record->id, note));
    json_decref(plain);
}

/* --- telling --- */

static void tell(manager_t *m, const connection_t *c, connection_state_t before)
{
    char until[EVENT_TIME_BYTES] = "";
    if (c->until_wall_ms) {
        event_time(until, c->until_wall_ms);
    }
    bool ready = c->state == CONNECTION_READY;
    event_tell(m->events, EVENT_STATE_CHANGED, c->name, LOG_S("connector", c->connector_id),
               LOG_S("state", str_of(connection_state_name(c->state))),
               LOG_S("before", before == CONNECTION_STATE_COUNT
                                   ? STR_NONE
                                   : str_of(connection_state_name(before))),
               LOG_S("code", ready ? STR_NONE : str_of(err_code_name(c->why.code))),
               LOG_S("detail", str_of(c->why.text)), LOG_S("error", str_of(c->why.upstream_error)),
               LOG_S("error_description", str_of(c->why.upstream_description)),
               LOG_S("until", str_of(until)));
}

void states_note(manager_t *m, const connection_t *c)
{
    state_note_t *note = map_get(m->states, c->name);
    connection_state_t before = note ? note->state : CONNECTION_READY;
    bool is_new = before == CONNECTION_STATE_COUNT;
    if (before == c->state && (!note || note->code == c->why.code)) {
        return;
    }
    if (!is_new || c->state != CONNECTION_READY) {
        tell(m, c, before);
    }
    if (c->state == CONNECTION_READY) {
        free(map_remove(m->states, c->name));
        drop(m, c->name);
        return;
    }
    if (!note) {
        note = mem_new(state_note_t);
        (void)map_set(m->states, c->name, note);
    }
    *note = (state_note_t){c->state, c->why.code, clock_wall_ms()};
    keep(m, c->name, note);
}

void states_begin(manager_t *m, str_t name)
{
    state_note_t *note = mem_new(state_note_t);
    note->state = CONNECTION_STATE_COUNT;
    free(map_set(m->states, name, note));
}

void states_forget(manager_t *m, str_t name)
{
    state_note_t *note = map_remove(m->states, name);
    if (note) {
        drop(m, name);
        free(note);
    }
}

int64_t states_since(const manager_t *m, str_t name)
{
    const state_note_t *note = map_get(m->states, name);
    return note ? note->since_wall_ms : 0;
}
