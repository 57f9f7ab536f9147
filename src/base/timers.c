/* SPDX-License-Identifier: MIT */
#include "base/timers.h"

#include <stdlib.h>

#include "base/mem.h"

/* A timer's place says where it stands: 0 nowhere, from TOP on in the heap, with DUE in the queue.
 */
enum { TOP = 1 };
static const uint32_t DUE = UINT32_C(1) << 31;

void timers_fini(timers_t *all)
{
    free(all->heap);
    free(all->due);
}

static void put(timers_t *all, uint32_t place, loop_timer_t *t)
{
    all->heap[place] = t;
    t->place = place;
}

static void sift_up(timers_t *all, loop_timer_t *t)
{
    uint32_t place = t->place;
    while (place > TOP && all->heap[place / 2]->at_ms > t->at_ms) {
        put(all, place, all->heap[place / 2]);
        place /= 2;
    }
    put(all, place, t);
}

static void sift_down(timers_t *all, loop_timer_t *t)
{
    uint32_t place = t->place;
    for (uint32_t child = place * 2; child <= all->heap_count; child = place * 2) {
        if (child < all->heap_count && all->heap[child + 1]->at_ms < all->heap[child]->at_ms) {
            child++;
        }
        if (all->heap[child]->at_ms >= t->at_ms) {
            break;
        }
        put(all, place, all->heap[child]);
        place = child;
    }
    put(all, place, t);
}

static void make_room(loop_timer_t ***list, uint32_t *capacity, uint32_t needed)
{
    if (needed > *capacity) {
        *capacity = *capacity ? *capacity * 2 : 16;
        *list = mem_resize(*list, *capacity * sizeof(loop_timer_t *));
    }
}

void timers_set(timers_t *all, loop_timer_t *t, int64_t at_ms)
{
    if (t->place & DUE) {
        timers_clear(all, t);
    }
    t->at_ms = at_ms;
    if (t->place == 0) {
        all->heap_count++;
        make_room(&all->heap, &all->heap_capacity, all->heap_count + 1);
        put(all, all->heap_count, t);
    }
    sift_up(all, t);
    sift_down(all, t);
}

static void leave_heap(timers_t *all, loop_timer_t *t)
{
    loop_timer_t *last = all->heap[all->heap_count--];
    if (last != t) {
        put(all, t->place, last);
        sift_up(all, last);
        sift_down(all, last);
    }
    t->place = 0;
}

void timers_clear(timers_t *all, loop_timer_t *t)
{
    if (t->place & DUE) {
        all->due[t->place & ~DUE] = NULL;
        t->place = 0;
    } else if (t->place) {
        leave_heap(all, t);
    }
}

int64_t timers_earliest_ms(const timers_t *all)
{
    return all->heap_count ? all->heap[TOP]->at_ms : INT64_MAX;
}

void timers_collect_due(timers_t *all, int64_t now_ms)
{
    while (all->heap_count && all->heap[TOP]->at_ms <= now_ms) {
        loop_timer_t *t = all->heap[TOP];
        leave_heap(all, t);
        make_room(&all->due, &all->due_capacity, all->due_count + 1);
        t->place = DUE | all->due_count;
        all->due[all->due_count++] = t;
    }
}

loop_timer_t *timers_take_due(timers_t *all)
{
    while (all->due_first < all->due_count) {
        loop_timer_t *t = all->due[all->due_first++];
        if (t) {
            t->place = 0;
            return t;
        }
    }
    all->due_first = 0;
    all->due_count = 0;
    return NULL;
}
