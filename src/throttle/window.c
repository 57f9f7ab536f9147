/* SPDX-License-Identifier: MIT */
/* Both kinds are one queue of marks, oldest first: a mark is the moment that its calls count as,
 * and how many they are. A ring holds a mark for each call, at its very moment, so that the number
 * is always one and not stored; a bucketed window holds one for each bucket, at the bucket's last
 * millisecond, which can only make a call leave later than it might. */
#include "throttle/window.h"

#include <stdlib.h>

#include "base/mem.h"
#include "throttle/throttle.h"

enum { BUCKETS = 1000, CAPACITY_FIRST = 8 };

struct window {
    uint32_t calls;
    int64_t per_ms;
    int64_t bucket_ms; /* 0: a ring */
    int64_t seen_ms;   /* the latest moment asked about */
    uint32_t used;     /* calls that the marks stand for */

    int64_t *at_ms;    /* of a mark; NULL while nothing came yet */
    uint32_t *weights; /* of a bucket's mark */
    uint32_t first;
    uint32_t count;
    uint32_t capacity;
    uint32_t capacity_most;
};

window_t *window_new(uint32_t calls, int64_t per_ms)
{
    window_t *w = mem_new(window_t);
    w->calls = calls ? calls : 1;
    w->per_ms = per_ms > 0 ? per_ms : 1;
    w->seen_ms = INT64_MIN;
    w->capacity_most = w->calls;
    if (w->calls > THROTTLE_RING_MAX) {
        w->bucket_ms = (w->per_ms + BUCKETS - 1) / BUCKETS;
        w->capacity_most = (uint32_t)(w->per_ms / w->bucket_ms) + 2;
    }
    return w;
}

void window_free(window_t *w)
{
    if (!w) {
        return;
    }
    free(w->at_ms);
    free(w->weights);
    free(w);
}

/* Place of the i-th oldest mark; i <= capacity. */
static uint32_t place(const window_t *w, uint32_t i)
{
    uint32_t at = w->first + i;
    return at < w->capacity ? at : at - w->capacity;
}

static int64_t leaves_at_ms(const window_t *w, uint32_t i)
{
    return w->at_ms[place(w, i)] + w->per_ms;
}

static uint32_t weight(const window_t *w, uint32_t i)
{
    return w->weights ? w->weights[place(w, i)] : 1;
}

/* Lets out what has left by now_ms, and answers the moment that counts. */
static int64_t advance(window_t *w, int64_t now_ms)
{
    if (now_ms <= w->seen_ms) {
        return w->seen_ms;
    }
    w->seen_ms = now_ms;
    if (w->count && leaves_at_ms(w, w->count - 1) <= now_ms) {
        w->count = 0;
        w->used = 0;
    }
    while (w->count && leaves_at_ms(w, 0) <= now_ms) {
        w->used -= weight(w, 0);
        w->first = place(w, 1);
        w->count--;
    }
    return now_ms;
}

int64_t window_wait_ms(window_t *w, int64_t now_ms)
{
    now_ms = advance(w, now_ms);
    return w->used < w->calls ? 0 : leaves_at_ms(w, 0) - now_ms;
}

/* Most windows see a few calls only, so memory follows use and not the limit. */
static void grow(window_t *w)
{
    uint32_t capacity = w->capacity ? w->capacity * 2 : CAPACITY_FIRST;
    if (capacity > w->capacity_most) {
        capacity = w->capacity_most;
    }
    int64_t *at_ms = mem_array(capacity, sizeof *at_ms);
    uint32_t *weights = w->bucket_ms ? mem_array(capacity, sizeof *weights) : NULL;
    for (uint32_t i = 0; i < w->count; i++) {
        at_ms[i] = w->at_ms[place(w, i)];
        if (weights) {
            weights[i] = weight(w, i);
        }
    }
    free(w->at_ms);
    free(w->weights);
    w->at_ms = at_ms;
    w->weights = weights;
    w->first = 0;
    w->capacity = capacity;
}

static void add_mark(window_t *w, int64_t at_ms)
{
    if (w->count == w->capacity) {
        grow(w);
    }
    uint32_t at = place(w, w->count++);
    w->at_ms[at] = at_ms;
    if (w->weights) {
        w->weights[at] = 1;
    }
}

/* Buckets start at multiples of their width, whatever the sign of the clock. */
static int64_t bucket_end_ms(const window_t *w, int64_t now_ms)
{
    int64_t into = now_ms % w->bucket_ms;
    if (into < 0) {
        into += w->bucket_ms;
    }
    return now_ms - into + w->bucket_ms - 1;
}

void window_take(window_t *w, int64_t now_ms)
{
    now_ms = advance(w, now_ms);
    int64_t at_ms = w->bucket_ms ? bucket_end_ms(w, now_ms) : now_ms;
    if (w->bucket_ms && w->count && w->at_ms[place(w, w->count - 1)] == at_ms) {
        w->weights[place(w, w->count - 1)]++;
    } else {
        add_mark(w, at_ms);
    }
    w->used++;
}

uint32_t window_remaining(window_t *w, int64_t now_ms)
{
    advance(w, now_ms);
    return w->calls - w->used;
}

int64_t window_reset_ms(window_t *w, int64_t now_ms)
{
    now_ms = advance(w, now_ms);
    return w->count ? leaves_at_ms(w, 0) - now_ms : 0;
}

void window_count_leaving(window_t *w, int64_t now_ms, uint32_t *slices, unsigned count)
{
    now_ms = advance(w, now_ms);
    for (uint32_t i = 0; i < w->count; i++) {
        int64_t slice = (leaves_at_ms(w, i) - now_ms - 1) * count / w->per_ms;
        slices[slice < count ? slice : count - 1] += weight(w, i);
    }
}

bool window_is_idle(window_t *w, int64_t now_ms)
{
    advance(w, now_ms);
    return w->count == 0;
}
