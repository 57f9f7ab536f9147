/* SPDX-License-Identifier: MIT */
/* How connections and keys are used: what the loops have counted is gathered here, and once a
 * minute what came new is added to what the store holds - of a connection one record for the last
 * two hours and today, one for the month before today, and one that tells when it was used last. In
 * memory is only what came since. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "codec/json.h"
#include "connection/usage.h"

enum {
    MINUTE_MS = 60 * 1000,
    MINUTES_AN_HOUR = 60,
    HOURS_A_DAY = 24,
    /* Kept in memory where the store cannot take it. */
    PENDING_MINUTES_MAX = 24 * 60,
    /* Connections that are written at a time: few enough to leave the store to others in between.
     */
    WAVE = 64,
    TEXT_MAX = 16 * 1024 * 1024,
};

/* --- what came since --- */

static void free_pending(void *value)
{
    usage_pending_t *p = value;
    usage_table_fini(&p->table);
    free(p);
}

static usage_pending_t *pending_of(manager_t *m, str_t connection)
{
    usage_pending_t *p = map_get(m->usage, connection);
    if (!p) {
        p = mem_new(usage_pending_t);
        (void)snprintf(p->name, sizeof p->name, "%.*s", STR_ARG(connection));
        map_set(m->usage, connection, p);
    }
    return p;
}

static void note_last_use(manager_t *m, usage_pending_t *p, int64_t wall_ms)
{
    entry_t *e = map_get(m->entries, str_of(p->name));
    p->last_wall_ms = wall_ms > p->last_wall_ms ? wall_ms : p->last_wall_ms;
    if (e && wall_ms > e->last_used_wall_ms) {
        e->last_used_wall_ms = wall_ms;
    }
}

static void note_key(manager_t *m, str_t id, int64_t wall_ms)
{
    int64_t *known = map_get(m->keys_used, id);
    if (!known) {
        known = mem_new(int64_t);
        map_set(m->keys_used, id, known);
    }
    *known = wall_ms > *known ? wall_ms : *known;
}

/* Of those that stand in the store: the command line's and the environment's do not. */
static bool is_stored_key(str_t id)
{
    return id.n && !str_is(id, "local") && !str_is(id, "env") && !str_is(id, USAGE_OTHERS);
}

static void take_cell(manager_t *m, uint32_t minute, const usage_cell_t *cell)
{
    if (is_stored_key(cell->key)) {
        note_key(m, cell->key, cell->last_wall_ms);
    }
    if (cell->connection.n) {
        usage_pending_t *p = pending_of(m, cell->connection);
        usage_table_add(&p->table, minute, cell->action, cell->key, cell->counts);
        usage_table_prune(&p->table, minute - PENDING_MINUTES_MAX);
        note_last_use(m, p, cell->last_wall_ms);
    }
}

void usage_take_pages(manager_t *m, usage_page_t *pages)
{
    for (const usage_page_t *page = pages; page; page = page->next) {
        for (const usage_cell_t *cell = page->cells; cell; cell = cell->next) {
            take_cell(m, (uint32_t)page->minute, cell);
        }
    }
    usage_pages_free(pages);
}

void usage_count_token_request(manager_t *m, str_t connection)
{
    static const uint32_t ONE[USAGE_COUNT] = {[USAGE_TOKEN_REQUESTS] = 1};
    usage_table_add(&pending_of(m, connection)->table, (uint32_t)(clock_wall_ms() / MINUTE_MS),
                    STR_NONE, STR_NONE, ONE);
}

void usage_forget(manager_t *m, str_t connection)
{
    usage_pending_t *p = map_remove(m->usage, connection);
    if (p) {
        free_pending(p);
    }
}

void usage_free(manager_t *m)
{
    map_free_with(m->usage, free_pending);
    map_free_with(m->keys_used, free);
}

/* --- gathering --- */

typedef struct handover {
    loop_message_t message;
    manager_t *manager;
    usage_page_t *pages;
} handover_t;

static void take_over(loop_message_t *message)
{
    handover_t *h = STRUCT_OF(message, handover_t, message);
    usage_take_pages(h->manager, h->pages);
    free(h);
}

void manager_hand_usage(manager_t *m, usage_page_t *pages)
{
    if (!pages) {
        return;
    }
    if (loop_current() == m->loop) { /* at the end, when the loops have stopped */
        usage_take_pages(m, pages);
        return;
    }
    handover_t *h = mem_new(handover_t);
    *h = (handover_t){{.run = take_over}, m, pages};
    loop_post(m->loop, &h->message);
}

/* A loop hands over before it says that it has taken note, and messages of a loop keep their order.
 */
void usage_collect(manager_t *m, then_t *then, void *context)
{
    manager_tell(m, CHANGE_USAGE, STR_NONE, then, context);
}

/* --- into the store --- */

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
    if (!result
             ->ok) { /* a connection that is not there any more is found out at the next attempt */
        usage_pending_t *p = pending_of(k->manager, str_of(k->name));
        usage_table_merge(&p->table, &k->taken.table, 1);
        note_last_use(k->manager, p, k->taken.last_wall_ms);
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
    usage_table_merge(&s->minutes, &k->taken.table, 1);
    usage_table_merge(&s->hours, &k->taken.table, MINUTES_AN_HOUR);
    usage_table_prune(&s->minutes, minute + 1 - USAGE_MINUTES);
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

/* --- keys --- */

typedef struct key_keeping {
    manager_t *manager;
    char id[16];
    int64_t last_wall_ms;
} key_keeping_t;

static void on_key_written(void *context, const store_result_t *result)
{
    key_keeping_t *k = context;
    if (!result->ok && !result->conflict) {
        note_key(k->manager, str_of(k->id), k->last_wall_ms);
    }
    free(k);
}

/* Of a key that is revoked meanwhile, nothing stays. */
static void keep_key(manager_t *m, str_t id, int64_t last_wall_ms)
{
    key_keeping_t *k = mem_new(key_keeping_t);
    k->manager = m;
    k->last_wall_ms = last_wall_ms;
    (void)snprintf(k->id, sizeof k->id, "%.*s", STR_ARG(id));
    const store_change_t changes[] = {{.verb = STORE_CHECK,
                                       .record = {.kind = STR("key"), .id = id},
                                       .check_generation = true,
                                       .expected = 1},
                                      {.verb = STORE_PUT,
                                       .record = {.kind = STR(KEY_USED),
                                                  .id = id,
                                                  .generation = 1,
                                                  .changed_at_ms = last_wall_ms,
                                                  .plain = STR("{}")}}};
    manager_store_write(m, changes, sizeof changes / sizeof *changes, false, on_key_written, k);
}

static void keep_keys(manager_t *m)
{
    str_t id;
    void *value;
    for (size_t at = 0; map_next(m->keys_used, &at, &id, &value);) {
        keep_key(m, id, *(int64_t *)value);
    }
    map_free_with(m->keys_used, free);
    m->keys_used = map_new();
}

/* --- now and then, and at the end --- */

static void flush(void *context, const err_t *err)
{
    manager_t *m = context;
    (void)err;
    if (!store_is_healthy(m->options.store)) {
        return; /* it stays here, until the store has recovered */
    }
    keep_keys(m);
    if (m->usage_keeping == 0) { /* else the last round is still under way */
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
