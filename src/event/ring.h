/* SPDX-License-Identifier: MIT */
/* The latest events of a lasting, up to a number: the oldest leaves for the newest. Pure; belongs to one thread. */
#ifndef TENON_EVENT_RING_H
#define TENON_EVENT_RING_H

#include "event/event.h"

typedef struct event_ring {
    event_t **list; /* references; grows up to most */
    size_t first, count, room, most;
    uint64_t dropped_id; /* the newest that has left; 0: none has */
} event_ring_t;

void event_ring_init(event_ring_t *r, size_t most);
void event_ring_fini(event_ring_t *r);
/* Takes the reference. Answers the one that leaves, with its reference, or NULL. Ids grow. */
event_t *event_ring_add(event_ring_t *r, event_t *e);
/* The index-th, from the oldest on. Borrowed. */
event_t *event_ring_at(const event_ring_t *r, size_t index);
/* The index of the first behind that id. */
size_t event_ring_after(const event_ring_t *r, uint64_t id);

#endif
