/* SPDX-License-Identifier: MIT */
/* The cells of one connector under one lock. A cell is a window or a gate, found by its name and
 * then held by pointer. Inside the folder only; functions want the lock held unless they say
 * otherwise. */
#ifndef TENON_THROTTLE_GROUP_H
#define TENON_THROTTLE_GROUP_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/map.h"
#include "throttle/throttle.h"
#include "throttle/window.h"

typedef struct cell {
    struct cell *next; /* in the order of sweeping */
    unsigned seats;    /* that hold it */
    uint32_t calls;    /* 0: a gate */
    int64_t per_ms;
    window_t *window; /* NULL: nothing in it */
    int64_t until_ms; /* of a gate; 0: open */
    size_t name_length;
    char name[];
} cell_t;

typedef struct group {
    pthread_mutex_t lock;
    int64_t seen_ms; /* latest moment that any call came at: time does not go back, not even for a
                        new window */
    map_t *cells;
    cell_t *first;
    cell_t **end;
    atomic_size_t *window_count; /* the table's */
    unsigned refs;               /* under the table's lock: seats and visitors */
} group_t;

group_t *group_new(int64_t seen_ms, atomic_size_t *window_count);
/* Not locked. */
void group_free(group_t *g);

/* The later of now_ms and what was seen. */
int64_t group_now(group_t *g, int64_t now_ms);
/* Found or made. */
cell_t *group_window(group_t *g, const throttle_limit_t *limit);
cell_t *group_gate(group_t *g, str_t key);
/* NULL where there is none. */
cell_t *group_find_window(const group_t *g, const throttle_limit_t *limit);
cell_t *group_find_gate(const group_t *g, str_t key);
/* The window of a cell, made where nothing is in it yet. */
window_t *cell_window(cell_t *cell);
/* Not locked: locks for a few cells at a time, so that calls get through meanwhile. */
void group_sweep(group_t *g, int64_t now_ms);

#endif
