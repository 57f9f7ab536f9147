/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "metrics/counter.h"

static void counts_up(void **state)
{
    (void)state;
    counter_t c = {0};
    counter_add(&c, 1);
    counter_add(&c, UINT32_MAX);
    assert_int_equal(counter_read(&c), (uint64_t)UINT32_MAX + 1);
}

/* A bound belongs to the bucket below it (Prometheus' `le`). */
static void times_fall_into_buckets(void **state)
{
    (void)state;
    static const struct {
        int64_t us;
        int bucket;
    } rows[] = {
        {-5, 0},
        {0, 0},
        {100, 0},
        {101, 1},
        {500, 1},
        {1000, 2},
        {1001, 3},
        {250000, 8},
        {30000000, 14},
        {30000001, 15},
        {INT64_MAX / 2, 15},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        histogram_t h = {0};
        histogram_observe(&h, rows[i].us);
        for (int b = 0; b < HISTOGRAM_BUCKETS; b++) {
            if (counter_read(&h.buckets[b]) != (b == rows[i].bucket)) {
                fail_msg("%lld us: bucket %d", (long long)rows[i].us, b);
            }
        }
        assert_int_equal(counter_read(&h.sum_us), rows[i].us > 0 ? rows[i].us : 0);
    }
}

/* Each bound once as a number and once as text. */
static void bounds_grow_and_mean_the_same(void **state)
{
    (void)state;
    int64_t before = 0;
#define CHECK_BOUND(us, seconds)                                                                   \
    assert_true((us) > before);                                                                    \
    before = (us);                                                                                 \
    assert_true(strtod(seconds, NULL) * 1e6 == (double)(us));
    HISTOGRAM_BOUNDS(CHECK_BOUND)
#undef CHECK_BOUND
}

static void merging_adds(void **state)
{
    (void)state;
    histogram_t a = {0}, b = {0};
    histogram_observe(&a, 50);
    histogram_observe(&b, 70);
    histogram_observe(&b, 2000);
    histogram_merge(&a, &b);
    assert_int_equal(counter_read(&a.buckets[0]), 2);
    assert_int_equal(counter_read(&a.buckets[3]), 1);
    assert_int_equal(counter_read(&a.sum_us), 2120);
    assert_int_equal(counter_read(&b.buckets[0]), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_up),
        cmocka_unit_test(times_fall_into_buckets),
        cmocka_unit_test(bounds_grow_and_mean_the_same),
        cmocka_unit_test(merging_adds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
