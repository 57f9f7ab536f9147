/* SPDX-License-Identifier: MIT */
/* What the control loop knows of the use of connections: pending, stored, and both together. For
 * this folder. */
#ifndef TENON_CONNECTION_USAGE_H
#define TENON_CONNECTION_USAGE_H

#include "connection/manager_internal.h"
#include "connection/usage_table.h"

enum {
    USAGE_MINUTES = 2 * 60,
    USAGE_QUARTERS = 24 * 4, /* of an hour: a day */
    USAGE_QUARTER_MINUTES = 15,
    USAGE_HOURS = 31 * 24
};

/* Kinds of records, each by the name of a connection or the id of a key. When it was used last is
 * the time of the record's change. */
#define USAGE_RECENT "usage"
#define USAGE_MONTH "usage_month"
#define CONNECTION_USED "connection_used"
#define KEY_USED "key_used"

typedef struct usage_pending {
    char name[64];
    usage_table_t table; /* by minutes */
    int64_t last_wall_ms;
    unsigned round; /* of writing that it was looked at in */
} usage_pending_t;

/* As the store holds it: the last two hours by minutes, the total of the last day by quarters of an hour, today by
 * hours, the month before today by hours. */
typedef struct usage_stored {
    usage_table_t minutes, quarters, hours, month;
    bool month_known;
} usage_stored_t;

/* --- usage_pending.c --- */
/* Found or made. */
usage_pending_t *usage_pending_of(manager_t *m, str_t connection);
void usage_note_last_use(manager_t *m, usage_pending_t *p, int64_t wall_ms);

/* --- key_used.c --- */
/* What is no id of a stored key is left out. */
void key_used_note(manager_t *m, str_t id, int64_t wall_ms);
void key_used_write(manager_t *m);

/* --- usage_keep.c --- */
/* Who reads the store's part, or moves what is pending there, has the turn of this name: so pending
 * and stored together are everything, once. */
enum { USAGE_TURN_BYTES = 80 };
str_t usage_turn(str_t connection, char to[USAGE_TURN_BYTES]);

/* --- usage_stored.c --- */
void usage_stored_fini(usage_stored_t *s);
/* What came since, by minutes, but for the month. */
void usage_stored_add(usage_stored_t *s, const usage_table_t *pending);
/* Results of store_get. */
void usage_stored_read_recent(usage_stored_t *s, const store_result_t *result);
void usage_stored_read_month(usage_stored_t *s, const store_result_t *result);
/* The recent record. New reference. */
json_t *usage_stored_write(const usage_stored_t *s);

#endif
