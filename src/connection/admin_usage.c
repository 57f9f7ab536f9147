/* SPDX-License-Identifier: MIT */
/* The use of one connection, as the API shows it: what the store holds, with what came since. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "codec/json.h"
#include "connection/usage_show.h"

enum { MINUTE_MS = 60 * 1000, MINUTES_AN_HOUR = 60 };

typedef struct view {
    admin_call_t *call;
    bool by_hours;
    str_t connector; /* in the arena */
    arena_t *arena;
    int64_t last_used_wall_ms;
    uint32_t minute;      /* the present one */
    uint32_t from, until; /* of the window: buckets, both within */
    usage_table_t table;
    usage_stored_t stored;
} view_t;

/* --- as JSON --- */

static int64_t unit_ms(const view_t *v)
{
    return v->by_hours ? MINUTES_AN_HOUR * MINUTE_MS : MINUTE_MS;
}

static json_t *show_at(const view_t *v, uint32_t at)
{
    return shown_time((int64_t)at * unit_ms(v));
}

static void sum_row(const usage_row_t *r, uint64_t total[USAGE_COUNT])
{
    memset(total, 0, USAGE_COUNT * sizeof *total);
    for (size_t i = 0; i < r->count; i++) {
        for (int c = 0; c < USAGE_COUNT; c++) {
            total[c] += r->buckets[i].counts[c];
        }
    }
}

static void show_row(const view_t *v, const usage_row_t *r, json_t *to)
{
    uint64_t total[USAGE_COUNT];
    sum_row(r, total);
    json_object_set_new(to, "total", usage_show_counts(total, true));
    json_object_set_new(to, "buckets", usage_show_buckets(r, unit_ms(v)));
}

/* The busiest first. */
static int by_calls(const void *left, const void *right)
{
    uint64_t a[USAGE_COUNT], b[USAGE_COUNT];
    const usage_row_t *l = left, *r = right;
    sum_row(l, a);
    sum_row(r, b);
    return a[USAGE_CALLS] == b[USAGE_CALLS]  ? strcmp(l->name, r->name)
           : a[USAGE_CALLS] < b[USAGE_CALLS] ? 1
                                             : -1;
}

static json_t *show_rows(const view_t *v, const usage_rows_t *rows, const char *name)
{
    json_t *list = json_array();
    if (rows->count) {
        qsort(rows->list, rows->count, sizeof *rows->list, by_calls);
    }
    for (size_t i = 0; i < rows->count; i++) {
        json_t *shown = json_pack("{s:s}", name, rows->list[i].name);
        show_row(v, &rows->list[i], shown);
        json_array_append_new(list, shown);
    }
    return list;
}

static json_t *show(const view_t *v)
{
    json_t *shown = json_object();
    json_object_set_new(shown, "connection", json_str(json_member(v->call->input, "name")));
    json_object_set_new(shown, "connector", json_str(v->connector));
    json_object_set_new(shown, "resolution", json_string(v->by_hours ? "hour" : "minute"));
    json_object_set_new(shown, "from", show_at(v, v->from));
    json_object_set_new(shown, "until", show_at(v, v->until + 1));
    if (v->last_used_wall_ms) {
        json_object_set_new(shown, "last_used_at", shown_time(v->last_used_wall_ms));
    }
    show_row(v, &v->table.total, shown);
    json_object_set_new(shown, "actions", show_rows(v, &v->table.actions, "action"));
    json_object_set_new(shown, "keys", show_rows(v, &v->table.keys, "key"));
    json_object_set_new(shown, "history", usage_show_history(&v->stored, v->minute));
    return shown;
}

/* --- gathering --- */

static void end(view_t *v, const err_t *err)
{
    json_t *shown = NULL;
    if (!err_is_set(err)) {
        usage_stored_t *s = &v->stored;
        usage_table_merge(&v->table, v->by_hours ? &s->hours : &s->minutes, 1);
        usage_table_merge(&v->table, &s->month, 1);
        usage_table_prune(&v->table, v->from);
        shown = show(v);
    }
    admin_answer(v->call, shown, err);
    usage_stored_fini(&v->stored);
    usage_table_fini(&v->table);
    arena_free(v->arena);
    free(v);
}

static void on_month(void *context, const store_result_t *result)
{
    view_t *v = context;
    usage_stored_read_month(&v->stored, result);
    end(v, &result->err);
}

static void on_recent(void *context, const store_result_t *result)
{
    view_t *v = context;
    usage_stored_read_recent(&v->stored, result);
    if (result->ok && v->by_hours) {
        manager_store_get(v->call->manager, STR(USAGE_MONTH), json_member(v->call->input, "name"),
                          on_month, v);
    } else {
        end(v, &result->err);
    }
}

static void on_entry(void *context, entry_t *entry, const err_t *err)
{
    view_t *v = context;
    manager_t *m = v->call->manager;
    if (!entry) {
        end(v, err);
        return;
    }
    const usage_pending_t *p = map_get(m->usage, str_of(entry->name));
    v->minute = (uint32_t)(clock_wall_ms() / MINUTE_MS);
    v->until = v->by_hours ? v->minute / MINUTES_AN_HOUR : v->minute;
    v->from = v->until + 1 - (v->by_hours ? USAGE_HOURS : USAGE_MINUTES);
    v->connector = arena_str(v->arena, json_member(entry->record->plain, "connector"));
    v->last_used_wall_ms = entry->last_used_wall_ms;
    if (p) {
        usage_stored_add(&v->stored, &p->table);
    }
    manager_store_get(m, STR(USAGE_RECENT), str_of(entry->name), on_recent, v);
}

static void on_turn(void *context)
{
    view_t *v = context;
    entry_get(v->call->manager, json_member(v->call->input, "name"), on_entry, v);
}

static void on_collected(void *context, const err_t *err)
{
    view_t *v = context;
    char turn[USAGE_TURN_BYTES];
    (void)err;
    admin_take_turn(v->call, usage_turn(json_member(v->call->input, "name"), turn), on_turn, v);
}

void admin_connection_usage(admin_call_t *call)
{
    view_t *v = mem_new(view_t);
    v->call = call;
    v->arena = arena_new(256);
    v->by_hours = str_is(json_member(call->input, "resolution"), "hour");
    usage_collect(call->manager, on_collected, v);
}
