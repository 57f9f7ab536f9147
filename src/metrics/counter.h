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

/* How long things took: buckets up to each of these bounds, one for what took longer, and the sum.
 * A token of the cache takes microseconds, a service up to the longest timeout of an action.
 * X(microseconds, the same in seconds) */
#define HISTOGRAM_BOUNDS(X)                                                                        \
    X(100, "0.0001")                                                                               \
    X(500, "0.0005")                                                                               \
    X(1000, "0.001")                                                                               \
    X(5000, "0.005")                                                                               \
    X(10000, "0.01")                                                                               \
    X(25000, "0.025")                                                                              \
    X(50000, "0.05")                                                                               \
    X(100000, "0.1")                                                                               \
    X(250000, "0.25")                                                                              \
    X(500000, "0.5")                                                                               \
    X(1000000, "1")                                                                                \
    X(2500000, "2.5")                                                                              \
    X(5000000, "5")                                                                                \
    X(10000000, "10")                                                                              \
    X(30000000, "30")
enum {
#define HISTOGRAM_PLACE(us, seconds) HISTOGRAM_UP_TO_##us,
    HISTOGRAM_BOUNDS(HISTOGRAM_PLACE)
#undef HISTOGRAM_PLACE
        HISTOGRAM_LONGER,
    HISTOGRAM_BUCKETS
};

typedef struct histogram {
    counter_t buckets[HISTOGRAM_BUCKETS];
    counter_t sum_us;
} histogram_t;

/* The bucket of a time; what is negative counts as 0. */
int histogram_bucket(int64_t us);
/* Up to where a bucket goes; of the last one, from where. */
int64_t histogram_bound_us(int bucket);
/* By its writer only. */
void histogram_observe(histogram_t *h, int64_t us);
/* Adds from to a histogram that the caller has for itself. */
void histogram_merge(histogram_t *to, const histogram_t *from);

#endif
