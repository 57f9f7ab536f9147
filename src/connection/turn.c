/* SPDX-License-Identifier: MIT */
/* Turns: what reads a record, changes it and writes it back has it for itself until the store has
 * answered. One queue a name; whoever waits runs when the one before has passed. */
#include <stdlib.h>

#include "base/mem.h"
#include "connection/manager_internal.h"

typedef struct turn {
    struct turn *next;
    void (*run)(void *context);
    void *context;
} turn_t;

/* Stands in the map while somebody has the turn. */
typedef struct turn_queue {
    turn_t *first, *last; /* who waits */
} turn_queue_t;

void turn_take(manager_t *m, str_t name, void (*run)(void *context), void *context)
{
    turn_queue_t *q = map_get(m->turns, name);
    if (!q) {
        map_set(m->turns, name, mem_new(turn_queue_t));
        run(context);
        return;
    }
    turn_t *t = mem_new(turn_t);
    *t = (turn_t){.run = run, .context = context};
    *(q->last ? &q->last->next : &q->first) = t;
    q->last = t;
}

void turn_pass(manager_t *m, str_t name)
{
    turn_queue_t *q = map_get(m->turns, name);
    turn_t *next = q ? q->first : NULL;
    if (!next) {
        free(map_remove(m->turns, name));
        return;
    }
    q->first = next->next;
    q->last = q->first ? q->last : NULL;
    next->run(next->context);
    free(next);
}
