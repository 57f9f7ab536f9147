/* SPDX-License-Identifier: MIT */
/* What is pending of the use of connections, on its way into the store: once a minute it is added
 * to what stands there - of a connection one record for the last two hours, the last day and today, one for the
 * month before today, and one that tells when it was used last. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "codec/json.h"
#include "connection/usage.h"

enum {
    MINUTE_MS = 60 * 1000,
    MINUTES_AN_HOUR = 60,
    HOURS_A_DAY = 24,
    /* Connections that are written at a time: few enough to leave the store to others in between.
     */
    WAVE = 64,
    TEXT_MAX = 16 * 1024 * 1024,
};

str_t usage_turn(str_t connection, char to[USAGE_TURN_BYTES])
{
    buf_t name = {.p = to, .capacity = USAGE_TURN_BYTES, .ceiling = USAGE_TURN_BYTES - 1};
    buf_lit(&name, "usage/");
    buf_str(&name, connection);
    return buf_view(&name);
}

typedef struct keeping {
    manager_t *manager;
    char name[64];
    uint64_t generation; /* of the connection's record */
    uint32_t today;      /* days since the epoch, when it was looked at */
    usage_stored_t stored;
    usage_pending_t taken; /* comes back where the store refuses */
} keeping_t;

static void next_wave(manager_t *m);

static void keeping_free(keeping_t *k)
{
    usage_stored_fini(&k->stored);
    usage_table_fini(&k->taken.table);
    free(k);
}

static void leave_wave(keeping_t *k)
{
    manager_t *m = k->manager;
    char turn[USAGE_TURN_BYTES];
    turn_pass(m, usage_turn(str_of(k->name), turn));
    if (--m->usage_keeping == 0) {
        next_wave(m);
    }
}

/* Nothing was taken yet: it stays where it is. */
static void give_up(keeping_t *k)
{
    leave_wave(k);
    keeping_free(k);
}

static void on_written(void *context, const store_result_t *result)
{
    keeping_t *k = context;
    if (!result->ok) { /* one that is not there any more is found out at the next attempt */
        usage_pending_t *p = usage_pending_of(k->manager, str_of(k->name));
        usage_table_merge(&p->table, &k->taken.table, 1);
        usage_note_last_use(k->manager, p, k->taken.last_wall_ms);
    }
    keeping_free(k);
}

static str_t text_in(arena_t *arena, json_t *value)
{
    buf_t text;
    buf_init(&text, TEXT_MAX);
    json_write(&text, value);
    json_decref(value);
    str_t copy = arena_str(arena, buf_view(&text));
    buf_fini(&text);
    return copy;
}

static store_change_t put(str_t kind, const keeping_t *k, int64_t at_ms, str_t plain)
{
    return (store_change_t){.verb = STORE_PUT,
                            .record = {.kind = kind,
                                       .id = str_of(k->name),
                                       .generation = 1,
                                       .changed_at_ms = at_ms,
                                       .plain = plain}};
}

/* Only together with the connection as it is: nothing stays of one that is removed meanwhile. */
static void write_all(keeping_t *k, bool with_month)
{
    int64_t now = clock_wall_ms();
    arena_t *arena = arena_new(0);
    store_change_t changes[4] = {{.verb = STORE_CHECK,
                                  .record = {.kind = STR("connection"), .id = str_of(k->name)},
                                  .check_generation = true,
                                  .expected = k->generation}};
    size_t count = 1;
    changes[count++] =
        put(STR(USAGE_RECENT), k, now, text_in(arena, usage_stored_write(&k->stored)));
    if (with_month) {
        changes[count++] =
            put(STR(USAGE_MONTH), k, now, text_in(arena, usage_table_write(&k->stored.month)));
    }
    if (k->taken.last_wall_ms) {
        changes[count++] = put(STR(CONNECTION_USED), k, k->taken.last_wall_ms, STR("{}"));
    }
    manager_store_write(k->manager, changes, count, false, on_written, k);
    arena_free(arena);
}

/* What came since goes in and, once the day is over, on to the month. */
static void settle(keeping_t *k)
{
    uint32_t minute = (uint32_t)(clock_wall_ms() / MINUTE_MS), hour = minute / MINUTES_AN_HOUR;
    usage_pending_t *p = map_remove(k->manager->usage, str_of(k->name));
    if (!p) { /* the connection was removed */
        give_up(k);
        return;
    }
    k->taken = *p;
    free(p);
    usage_stored_t *s = &k->stored;
    usage_stored_add(s, &k->taken.table);
    usage_table_prune(&s->minutes, minute + 1 - USAGE_MINUTES);
    usage_table_prune(&s->quarters, minute / USAGE_QUARTER_MINUTES + 1 - USAGE_QUARTERS);
    usage_table_move_before(&s->hours, k->today * HOURS_A_DAY, &s->month);
    usage_table_prune(&s->month, hour + 1 - USAGE_HOURS);
    write_all(k, s->month_known);
    leave_wave(k);
}

static void on_month(void *context, const store_result_t *result)
{
    keeping_t *k = context;
    if (!result->ok) {
        give_up(k);
        return;
    }
    usage_stored_read_month(&k->stored, result);
    settle(k);
}

/* Hours of a day that is over wait in the recent record, or come now. */
static bool needs_month(const keeping_t *k)
{
    const usage_pending_t *p = map_get(k->manager->usage, str_of(k->name));
    uint32_t hour = k->today * HOURS_A_DAY;
    return usage_table_begins_before(&k->stored.hours, hour) ||
           (p && usage_table_begins_before(&p->table, hour * MINUTES_AN_HOUR));
}

static void on_recent(void *context, const store_result_t *result)
{
    keeping_t *k = context;
    if (!result->ok) {
        give_up(k);
        return;
    }
    usage_stored_read_recent(&k->stored, result);
    k->today = (uint32_t)(clock_wall_ms() / MINUTE_MS / MINUTES_AN_HOUR / HOURS_A_DAY);
    if (needs_month(k)) {
        manager_store_get(k->manager, STR(USAGE_MONTH), str_of(k->name), on_month, k);
    } else {
        settle(k);
    }
}

static void on_entry(void *context, entry_t *entry, const err_t *err)
{
    keeping_t *k = context;
    if (!entry) {
        if (err->code == ERR_not_found) {
            usage_forget(k->manager, str_of(k->name));
        }
        give_up(k);
        return;
    }
    k->generation = entry->record->generation;
    manager_store_get(k->manager, STR(USAGE_RECENT), str_of(k->name), on_recent, k);
}

static void on_turn(void *context)
{
    keeping_t *k = context;
    entry_get(k->manager, str_of(k->name), on_entry, k);
}

static void keep(manager_t *m, const usage_pending_t *p)
{
    keeping_t *k = mem_new(keeping_t);
    k->manager = m;
    memcpy(k->name, p->name, sizeof k->name);
    char turn[USAGE_TURN_BYTES];
    m->usage_keeping++;
    turn_take(m, usage_turn(str_of(k->name), turn), on_turn, k);
}

static void next_wave(manager_t *m)
{
    void *value;
    unsigned started = 0;
    for (size_t at = 0; started < WAVE && map_next(m->usage, &at, NULL, &value);) {
        usage_pending_t *p = value;
        if (p->round != m->usage_round) {
            p->round = m->usage_round;
            started++;
            keep(m, p);
        }
    }
}

/* --- now and then, and at the end --- */

static void flush(void *context, const err_t *err)
{
    manager_t *m = context;
    (void)err;
    if (!store_is_healthy(m->options.store) && !m->stopping) {
        return; /* it stays here, until the store has recovered */
    }
    key_used_write(m);
    if (m->usage_keeping == 0) { /* else the last round is under way, and takes what is new, too */
        m->usage_round++;
        next_wave(m);
    }
}

void usage_sweep(manager_t *m)
{
    usage_collect(m, flush, m);
}

void usage_close(manager_t *m)
{
    for (unsigned i = 0; i < m->listener_count; i++) {
        m->listeners[i].on_change(m->listeners[i].context, CHANGE_USAGE, STR_NONE);
    }
    flush(m, NULL);
}
