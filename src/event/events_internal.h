/* SPDX-License-Identifier: MIT */
/* What the files of the book share: events.c tells, page.c answers questions, listen.c keeps listeners. All of it belongs to
 * the book's loop, but for the atomics. */
#ifndef TENON_EVENT_EVENTS_INTERNAL_H
#define TENON_EVENT_EVENTS_INTERNAL_H

#include "base/map.h"
#include "event/events.h"

enum { PASSING_MAX = 1024 };

struct events {
    events_options_t options;
    event_ring_t kept, passing;
    uint64_t last_id;
    uint64_t passed_before; /* the latest passing event of the process before */
    map_t *circuits; /* host -> in how many loops its circuit is open, as uintptr_t */
    event_listener_t *listeners; /* list */
    void (*on_kept)(void *context);
    void *on_kept_context;
    loop_message_t drain_message;
    atomic_bool draining;
    atomic_uint listener_count;
    _Atomic event_kinds_t heard; /* of EVENT_LIVE: what listeners ask for */
};

/* --- which are not there any more, in the store (dropped.c) --- */
enum { DROPPED_BYTES = 80 };
/* A put of it, whose text is the caller's. ends: with the host goes all that passed. */
void dropped_note(const events_t *e, bool ends, char text[DROPPED_BYTES], store_change_t *change);
/* Waiting. */
void dropped_load(events_t *e);

/* Everything that query asks for, and no limit; list is to be freed, its events are borrowed. */
void events_collect(const events_t *e, const event_query_t *query, event_page_t *page);
/* To all listeners that take it. */
void events_spread(events_t *e, event_t *event);
/* A key is revoked: what it listens to ends. */
void events_end_key(events_t *e, str_t key);

#endif
