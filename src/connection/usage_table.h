/* SPDX-License-Identifier: MIT */
/* The use of one connection over time: a row for all of it, one for each action and one for each
 * key, each a list of buckets in the order of time. What a bucket is long - a minute, an hour - is
 * the user's business. Pure. */
#ifndef TENON_CONNECTION_USAGE_TABLE_H
#define TENON_CONNECTION_USAGE_TABLE_H

#include <jansson.h>

#include "connection/usage_book.h"

/* Actions, and keys, that are told apart; the rest is summed in one row, USAGE_OTHERS. */
enum { USAGE_ROWS_MAX = 32 };

typedef struct usage_bucket {
    uint32_t at; /* minutes or hours since the epoch */
    uint32_t counts[USAGE_NUMBERS]; /* how long calls took is told of the total only */
} usage_bucket_t;

typedef struct usage_row {
    char *name; /* NULL: of all */
    usage_bucket_t *buckets;
    size_t count, capacity;
} usage_row_t;

typedef struct usage_rows {
    usage_row_t *list;
    size_t count, capacity;
} usage_rows_t;

typedef struct usage_table {
    usage_row_t total;
    usage_rows_t actions, keys;
} usage_table_t;

/* A zeroed one is empty. */
void usage_table_fini(usage_table_t *t);
bool usage_table_begins_before(const usage_table_t *t, uint32_t at);

/* Adds to the total and to the rows of action and key; absent: to none of that kind. */
void usage_table_add(usage_table_t *t, uint32_t at, str_t action, str_t key,
                     const uint32_t counts[USAGE_NUMBERS]);
/* per: so many buckets of from make one of to: 1, or 60 where minutes become hours. */
void usage_table_merge(usage_table_t *to, const usage_table_t *from, uint32_t per);
/* The same of the total alone. */
void usage_table_merge_total(usage_table_t *to, const usage_table_t *from, uint32_t per);
/* Moves the buckets before a time into another table. */
void usage_table_move_before(usage_table_t *from, uint32_t at, usage_table_t *to);
/* Lets go of the buckets before a time, and of rows that have none left. */
void usage_table_prune(usage_table_t *t, uint32_t at);

/* For the store: {"total": [[at, calls, …], …], "actions": {name: […]}, "keys": {…}}, zeros at the
 * end left out. New reference. */
json_t *usage_table_write(const usage_table_t *t);
/* Adds what was written; what cannot be read is left out. */
void usage_table_read(usage_table_t *t, const json_t *written);

#endif
