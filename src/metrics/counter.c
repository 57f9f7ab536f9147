/* SPDX-License-Identifier: MIT */
#include "metrics/counter.h"

static const int64_t BOUNDS_US[] = {
#define HISTOGRAM_US(us, seconds) us,
    HISTOGRAM_BOUNDS(HISTOGRAM_US)
#undef HISTOGRAM_US
};

void histogram_observe(histogram_t *h, int64_t us)
{
    int at = 0;
    int64_t taken = us > 0 ? us : 0;
    while (at < HISTOGRAM_LONGER && taken > BOUNDS_US[at]) {
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
