/* SPDX-License-Identifier: MIT */
/* One event: something that happened, as it is told everywhere - listed and streamed. Immutable, shared by
 * reference count among threads. Its text is
 *   {"id": "…", "type": "connection.state_changed", "timestamp": "2026-11-29T08:15:30.123Z", "data": {…}}
 * and holds no secret: members are log fields, none of which takes one. */
#ifndef TENON_EVENT_EVENT_H
#define TENON_EVENT_EVENT_H

#include <stdatomic.h>

#include "base/buf.h"
#include "base/log.h"
#include "event/kinds.h"

/* Ids are numbers that grow, over restarts, too, and fit a double; as text they sort like the numbers. */
enum { EVENT_ID_DIGITS = 16, EVENT_DATA_MAX = 8 * 1024 };

typedef struct event {
    atomic_uint references;
    event_kind_t kind;
    uint64_t id;
    char id_text[EVENT_ID_DIGITS + 1];
    char connection[64]; /* "": of none */
    bool is_past;        /* of a connection that was removed, and another one has its name; the book's */
    str_t text;          /* of the whole, behind the struct */
    str_t who, who_member; /* of the text: the id of the key that did it, and the member that says so; absent: it names none */
} event_t;

event_t *event_ref(event_t *e);
void event_unref(event_t *e);

/* Appends its text as a key sees it (NULL: an admin's): of keys, an event names no other. */
void event_write(buf_t *to, const event_t *e, const char *key);
/* Appends the data's JSON. connection may be absent, as may be the texts of fields: they are left out. */
void event_write_data(buf_t *to, str_t connection, const log_field_t *fields);
/* data: JSON. A reference. */
event_t *event_new(event_kind_t kind, uint64_t id, int64_t wall_ms, str_t connection, str_t data);
/* As it was kept: kind, connection and id are read from its text. NULL where it is none. */
event_t *event_read(str_t text);

/* "2026-11-29T08:15:30.123Z" */
enum { EVENT_TIME_BYTES = 32 };
void event_time(char to[EVENT_TIME_BYTES], int64_t wall_ms);
/* An id as somebody wrote it; false where it is none. */
bool event_id_read(str_t text, uint64_t *id);
void event_id_write(char to[EVENT_ID_DIGITS + 1], uint64_t id);

#endif
