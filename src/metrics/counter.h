/* SPDX-License-Identifier: MIT */
/* Numbers that one thread counts and any thread reads. The writer has a counter for itself, so
 * counting is a load and a store and no locked instruction; a reader sees each number whole, though
 * perhaps a moment old. Pure. */
#ifndef TENON_METRICS_COUNTER_H
#define TENON_METRICS_COUNTER_H

#include <stdatomic.h>
#include <stdint.h>

typedef struct counter {
    _Atomic uint64_t value;
} counter_t;

static inline uint64_t counter_read(const counter_t *c)
{
    return atomic_load_explicit(&c->value, memory_order_relaxed);
}

/* By its writer only. */
static inline void counter_add(counter_t *c, uint64_t n)
{
    atomic_store_explicit(&c->value, counter_read(c) + n, memory_order_relaxed);
}

/* How long things took: buckets up to each of HISTOGRAM_BOUNDS_US, one for what took longer, and
 * the sum. */
enum { HISTOGRAM_BUCKETS = 16 };
extern const int64_t HISTOGRAM_BOUNDS_US[HISTOGRAM_BUCKETS - 1];

typedef struct histogram {
    counter_t buckets[HISTOGRAM_BUCKETS];
    counter_t sum_us;
} histogram_t;

/* By its writer only. What is negative counts as 0. */
void histogram_observe(histogram_t *h, int64_t us);
/* Adds from to a histogram that the caller has for itself. */
void histogram_merge(histogram_t *to, const histogram_t *from);

#endif
