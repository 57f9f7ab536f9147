/* SPDX-License-Identifier: MIT */
#include "connection/usage_table.h"

#include <stdlib.h>

#include "base/mem.h"

enum { ROWS_LEAST = 2, BUCKETS_LEAST = 4 };

/* --- rows --- */

static void row_fini(usage_row_t *r)
{
    free(r->name);
    free(r->buckets);
    *r = (usage_row_t){.name = NULL};
}

static void rows_fini(usage_rows_t *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        row_fini(&rows->list[i]);
    }
    free(rows->list);
}

void usage_table_fini(usage_table_t *t)
{
    row_fini(&t->total);
    rows_fini(&t->actions);
    rows_fini(&t->keys);
    *t = (usage_table_t){.total = {.name = NULL}};
}

bool usage_table_begins_before(const usage_table_t *t, uint32_t at)
{
    return t->total.count && t->total.buckets[0].at < at;
}

/* Found or made; one place more than those told apart is for the others. */
static usage_row_t *row_of(usage_rows_t *rows, str_t name)
{
    for (size_t i = 0; i < rows->count; i++) {
        if (str_is(name, rows->list[i].name)) {
            return &rows->list[i];
        }
    }
    if (rows->count >= USAGE_ROWS_MAX && !str_is(name, USAGE_OTHERS)) {
        return row_of(rows, STR(USAGE_OTHERS));
    }
    if (rows->count == rows->capacity) {
        rows->capacity = rows->capacity ? rows->capacity * 2 : ROWS_LEAST;
        rows->list = mem_resize(rows->list, rows->capacity * sizeof *rows->list);
    }
    usage_row_t *added = &rows->list[rows->count++];
    *added = (usage_row_t){.name = str_dup(name)};
    return added;
}

/* --- buckets --- */

/* What comes is nearly always the latest. */
static usage_bucket_t *bucket_at(usage_row_t *r, uint32_t at)
{
    size_t place = r->count;
    while (place > 0 && r->buckets[place - 1].at > at) {
        place--;
    }
    if (place > 0 && r->buckets[place - 1].at == at) {
        return &r->buckets[place - 1];
    }
    if (r->count == r->capacity) {
        r->capacity = r->capacity ? r->capacity * 2 : BUCKETS_LEAST;
        r->buckets = mem_resize(r->buckets, r->capacity * sizeof *r->buckets);
    }
    usage_bucket_t *b = &r->buckets[place];
    memmove(b + 1, b, (r->count - place) * sizeof *b);
    *b = (usage_bucket_t){.at = at};
    r->count++;
    return b;
}

static void row_add(usage_row_t *r, uint32_t at, const uint32_t *counts, int number)
{
    usage_bucket_t *b = bucket_at(r, at);
    for (int i = 0; i < number; i++) {
        b->counts[i] += counts[i];
    }
}

void usage_table_add(usage_table_t *t, uint32_t at, str_t action, str_t key,
                     const uint32_t counts[USAGE_NUMBERS])
{
    row_add(&t->total, at, counts, USAGE_NUMBERS);
    if (action.p) {
        row_add(row_of(&t->actions, action), at, counts, USAGE_COUNT);
    }
    if (key.p) {
        row_add(row_of(&t->keys, key), at, counts, USAGE_COUNT);
    }
}

/* --- whole tables --- */

static void row_merge(usage_row_t *to, const usage_row_t *from, size_t count, uint32_t per)
{
    for (size_t i = 0; i < count; i++) {
        row_add(to, from->buckets[i].at / per, from->buckets[i].counts, USAGE_NUMBERS);
    }
}

static void rows_merge(usage_rows_t *to, const usage_rows_t *from, uint32_t per)
{
    for (size_t i = 0; i < from->count; i++) {
        const usage_row_t *row = &from->list[i];
        row_merge(row_of(to, str_of(row->name)), row, row->count, per);
    }
}

void usage_table_merge_total(usage_table_t *to, const usage_table_t *from, uint32_t per)
{
    row_merge(&to->total, &from->total, from->total.count, per);
}

void usage_table_merge(usage_table_t *to, const usage_table_t *from, uint32_t per)
{
    usage_table_merge_total(to, from, per);
    rows_merge(&to->actions, &from->actions, per);
    rows_merge(&to->keys, &from->keys, per);
}

static size_t count_before(const usage_row_t *r, uint32_t at)
{
    size_t count = 0;
    while (count < r->count && r->buckets[count].at < at) {
        count++;
    }
    return count;
}

static void row_drop(usage_row_t *r, size_t count)
{
    if (count) {
        r->count -= count;
        memmove(r->buckets, r->buckets + count, r->count * sizeof *r->buckets);
    }
}

static void rows_prune(usage_rows_t *rows, uint32_t at)
{
    size_t kept = 0;
    for (size_t i = 0; i < rows->count; i++) {
        row_drop(&rows->list[i], count_before(&rows->list[i], at));
        if (rows->list[i].count == 0) {
            row_fini(&rows->list[i]);
        } else {
            rows->list[kept++] = rows->list[i];
        }
    }
    rows->count = kept;
}

void usage_table_prune(usage_table_t *t, uint32_t at)
{
    row_drop(&t->total, count_before(&t->total, at));
    rows_prune(&t->actions, at);
    rows_prune(&t->keys, at);
}

static void rows_move(const usage_rows_t *from, uint32_t at, usage_rows_t *to)
{
    for (size_t i = 0; i < from->count; i++) {
        const usage_row_t *row = &from->list[i];
        size_t count = count_before(row, at);
        if (count) {
            row_merge(row_of(to, str_of(row->name)), row, count, 1);
        }
    }
}

void usage_table_move_before(usage_table_t *from, uint32_t at, usage_table_t *to)
{
    row_merge(&to->total, &from->total, count_before(&from->total, at), 1);
    rows_move(&from->actions, at, &to->actions);
    rows_move(&from->keys, at, &to->keys);
    usage_table_prune(from, at);
}

/* --- as JSON --- */

static json_t *write_bucket(const usage_bucket_t *b)
{
    json_t *list = json_array();
    int last = USAGE_NUMBERS;
    while (last > 0 && b->counts[last - 1] == 0) {
        last--;
    }
    json_array_append_new(list, json_integer(b->at));
    for (int i = 0; i < last; i++) {
        json_array_append_new(list, json_integer(b->counts[i]));
    }
    return list;
}

static json_t *write_row(const usage_row_t *r)
{
    json_t *list = json_array();
    for (size_t i = 0; i < r->count; i++) {
        json_array_append_new(list, write_bucket(&r->buckets[i]));
    }
    return list;
}

static json_t *write_rows(const usage_rows_t *rows)
{
    json_t *all = json_object();
    for (size_t i = 0; i < rows->count; i++) {
        json_object_set_new(all, rows->list[i].name, write_row(&rows->list[i]));
    }
    return all;
}

json_t *usage_table_write(const usage_table_t *t)
{
    return json_pack("{s:o, s:o, s:o}", "total", write_row(&t->total), "actions",
                     write_rows(&t->actions), "keys", write_rows(&t->keys));
}

static void read_row(usage_row_t *r, const json_t *list)
{
    size_t i;
    json_t *written;
    json_array_foreach(list, i, written)
    {
        uint32_t counts[USAGE_NUMBERS];
        const json_t *at = json_array_get(written, 0);
        for (size_t c = 0; c < USAGE_NUMBERS; c++) {
            counts[c] = (uint32_t)json_integer_value(json_array_get(written, c + 1));
        }
        if (json_is_integer(at)) {
            row_add(r, (uint32_t)json_integer_value(at), counts, USAGE_NUMBERS);
        }
    }
}

static void read_rows(usage_rows_t *rows, const json_t *all)
{
    const char *name;
    json_t *list;
    json_object_foreach((json_t *)(uintptr_t)all, name, list)
    {
        read_row(row_of(rows, str_of(name)), list);
    }
}

void usage_table_read(usage_table_t *t, const json_t *written)
{
    read_row(&t->total, json_object_get(written, "total"));
    read_rows(&t->actions, json_object_get(written, "actions"));
    read_rows(&t->keys, json_object_get(written, "keys"));
}
