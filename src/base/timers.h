/* SPDX-License-Identifier: MIT */
/* The timers of one loop, by time: a binary heap of the waiting ones and a queue of those that fire
 * in this turn. Time is a parameter. For loop.c alone, and as thread-safe as a loop: not. */
#ifndef TENON_BASE_TIMERS_H
#define TENON_BASE_TIMERS_H

#include "base/loop.h"

typedef struct timers {
    loop_timer_t **heap; /* from place 1, the earliest first */
    uint32_t heap_count;
    uint32_t heap_capacity;
    loop_timer_t **due; /* NULL: cleared or moved since */
    uint32_t due_first;
    uint32_t due_count;
    uint32_t due_capacity;
} timers_t;

/* A zeroed timers_t is ready for use. */
void timers_fini(timers_t *all);
/* Sets or moves t. */
void timers_set(timers_t *all, loop_timer_t *t, int64_t at_ms);
/* Harmless where t is not set. */
void timers_clear(timers_t *all, loop_timer_t *t);
/* Of the waiting ones; INT64_MAX where there is none. */
int64_t timers_earliest_ms(const timers_t *all);
/* Moves what is due from the heap to the queue, in order. A timer that is set after this waits for
 * the next turn, so that one which sets itself again at once holds up nobody. */
void timers_collect_due(timers_t *all, int64_t now_ms);
/* Takes the first out of the queue (it is not set any more), or answers NULL. */
loop_timer_t *timers_take_due(timers_t *all);

#endif
