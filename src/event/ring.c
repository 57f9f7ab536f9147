/* SPDX-License-Identifier: MIT */
#include "event/ring.h"

#include <stdlib.h>

#include "base/mem.h"

enum { FIRST_ROOM = 64 };

void event_ring_init(event_ring_t *r, size_t most)
{
    *r = (event_ring_t){.most = most};
}

void event_ring_fini(event_ring_t *r)
{
    for (size_t i = 0; i < r->count; i++) {
        event_unref(event_ring_at(r, i));
    }
    free(r->list);
    *r = (event_ring_t){0};
}

event_t *event_ring_at(const event_ring_t *r, size_t index)
{
    return r->list[(r->first + index) % r->room];
}

/* It is only full while it grows, and then begins at the front. */
static void grow(event_ring_t *r)
{
    r->room = r->room ? r->room * 2 : FIRST_ROOM;
    r->room = r->room < r->most ? r->room : r->most;
    r->list = mem_resize(r->list, r->room * sizeof *r->list);
}

event_t *event_ring_add(event_ring_t *r, event_t *e)
{
    event_t *leaving = NULL;
    if (r->count == r->room && r->room < r->most) {
        grow(r);
    }
    if (r->count == r->room) {
        leaving = event_ring_at(r, 0);
        r->dropped_id = leaving->id;
        r->first = (r->first + 1) % r->room;
        r->count--;
    }
    r->list[(r->first + r->count++) % r->room] = e;
    return leaving;
}

size_t event_ring_after(const event_ring_t *r, uint64_t id)
{
    size_t low = 0;
    size_t high = r->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (event_ring_at(r, middle)->id <= id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}
