/* SPDX-License-Identifier: MIT */
#include "metrics/counter.h"

static const int64_t BOUNDS_US[] = {
#define HISTOGRAM_US(us, seconds) us,
    HISTOGRAM_BOUNDS(HISTOGRAM_US)
#undef HISTOGRAM_US
};

int histogram_bucket(int64_t us)
{
    int at = 0;
    while (at < HISTOGRAM_LONGER && us > BOUNDS_US[at]) {
        at++;
    }
    return at;
}

int64_t histogram_bound_us(int bucket)
{
    return BOUNDS_US[bucket < HISTOGRAM_LONGER ? bucket : HISTOGRAM_LONGER - 1];
}

void histogram_observe(histogram_t *h, int64_t us)
{
    counter_add(&h->buckets[histogram_bucket(us)], 1);
    counter_add(&h->sum_us, us > 0 ? (uint64_t)us : 0);
}

void histogram_merge(histogram_t *to, const histogram_t *from)
{
    for (int i = 0; i < HISTOGRAM_BUCKETS; i++) {
        counter_add(&to->buckets[i], counter_read(&from->buckets[i]));
    }
    counter_add(&to->sum_us, counter_read(&from->sum_us));
}
