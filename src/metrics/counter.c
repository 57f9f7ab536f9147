/* SPDX-License-Identifier: MIT */
#include "metrics/counter.h"

/* A token of the cache takes microseconds, a service up to the longest timeout of an action. */
const int64_t HISTOGRAM_BOUNDS_US[HISTOGRAM_BUCKETS - 1] = {
    100,    500,    1000,    5000,    10000,   25000,    50000,    100000,
    250000, 500000, 1000000, 2500000, 5000000, 10000000, 30000000,
};

void histogram_observe(histogram_t *h, int64_t us)
{
    int at = 0;
    int64_t taken = us > 0 ? us : 0;
    while (at < HISTOGRAM_BUCKETS - 1 && taken > HISTOGRAM_BOUNDS_US[at]) {
        at++;
    }
    counter_add(&h->buckets[at], 1);
    counter_add(&h->sum_us, (uint64_t)taken);
}

void histogram_merge(histogram_t *to, const histogram_t *from)
{
    for (int i = 0; i < HISTOGRAM_BUCKETS; i++) {
        counter_add(&to->buckets[i], counter_read(&from->buckets[i]));
    }
    counter_add(&to->sum_us, counter_read(&from->sum_us));
}
