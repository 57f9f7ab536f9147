/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>

#include "base/mem.h"
#include "throttle/throttle.h"
#include "throttle/window.h"

/* Takes up to count slots at a moment; answers how many it got. */
static unsigned burst(window_t *w, int64_t at_ms, unsigned count)
{
    unsigned got = 0;
    while (got < count && window_wait_ms(w, at_ms) == 0) {
        window_take(w, at_ms);
        got++;
    }
    return got;
}

/* --- rows --- */

typedef struct row {
    const char *name;
    uint32_t calls;
    int64_t per_ms;
    struct {
        int64_t at_ms;
        unsigned asked;
        unsigned let_through;
        int64_t wait_ms; /* afterwards */
        uint32_t remaining;
        int64_t reset_ms;
    } steps[6]; /* asked 0: only look; at_ms -1: the end */
} row_t;

#define END                                                                                        \
    {                                                                                              \
        .at_ms = -1                                                                                \
    }

static const row_t rows[] = {
    {"an empty window", 3, 1000, {{0, 0, 0, 0, 3, 0}, END}},
    {"a call leaves after exactly per",
     1,
     1000,
     {{500, 2, 1, 1000, 0, 1000}, {1499, 1, 0, 1, 0, 1}, {1500, 1, 1, 1000, 0, 1000}, END}},
    {"the oldest one decides",
     2,
     1000,
     {{0, 1, 1, 0, 1, 1000}, {400, 1, 1, 600, 0, 600}, {1000, 1, 1, 400, 0, 400}, END}},
    {"100 at 59 s and 100 at 61 s",
     100,
     60000,
     {{59000, 100, 100, 60000, 0, 60000},
      {61000, 100, 0, 58000, 0, 58000},
      {118999, 100, 0, 1, 0, 1},
      {119000, 100, 100, 60000, 0, 60000},
      END}},
    {"an earlier moment counts as the latest seen",
     1,
     1000,
     {{5000, 1, 1, 1000, 0, 1000}, {4000, 1, 0, 1000, 0, 1000}, {5999, 1, 0, 1, 0, 1}, END}},
    {"time before zero",
     2,
     1000,
     {{-5000, 3, 2, 1000, 0, 1000}, {-4001, 1, 0, 1, 0, 1}, {-4000, 2, 2, 1000, 0, 1000}, END}},
    {"a window of one millisecond", 2, 1, {{7, 3, 2, 1, 0, 1}, {8, 3, 2, 1, 0, 1}, END}},
    /* 60 ms wide: the bucket that holds 100 counts as 119 */
    {"buckets count at their end",
     20000,
     60000,
     {{100, 15000, 15000, 0, 5000, 60019},
      {120, 6000, 5000, 59999, 0, 59999},
      {60118, 1, 0, 1, 0, 1},
      {60119, 20000, 15000, 60, 0, 60},
      END}},
    /* a bucket before zero ends before zero, too */
    {"buckets before zero",
     20000,
     60000,
     {{-30, 20001, 20000, 60029, 0, 60029},
      {59998, 1, 0, 1, 0, 1},
      {59999, 1, 1, 0, 19999, 60000},
      END}},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const row_t *row = &rows[i];
        window_t *w = window_new(row->calls, row->per_ms);
        for (size_t s = 0; row->steps[s].at_ms != -1; s++) {
            int64_t at_ms = row->steps[s].at_ms;
            unsigned let_through = burst(w, at_ms, row->steps[s].asked);
            if (let_through != row->steps[s].let_through ||
                window_wait_ms(w, at_ms) != row->steps[s].wait_ms ||
                window_remaining(w, at_ms) != row->steps[s].remaining ||
                window_reset_ms(w, at_ms) != row->steps[s].reset_ms) {
                fail_msg("%s, step %zu: let through %u, wait %ld, remaining %u, reset %ld",
                         row->name, s, let_through, (long)window_wait_ms(w, at_ms),
                         window_remaining(w, at_ms), (long)window_reset_ms(w, at_ms));
            }
        }
        window_free(w);
    }
}

/* Where a token bucket or GCRA lets 199 through in the first minute. */
static void test_burst_then_one_each_600_ms(void **state)
{
    (void)state;
    window_t *w = window_new(100, 60000);
    assert_int_equal(burst(w, 0, 100), 100);
    for (int64_t at_ms = 600; at_ms < 60000; at_ms += 600) {
        assert_int_equal(window_wait_ms(w, at_ms), 60000 - at_ms);
    }
    for (int64_t at_ms = 60000; at_ms < 120000; at_ms += 600) {
        assert_int_equal(burst(w, at_ms, 1), 1);
    }
    assert_int_equal(window_remaining(w, 119999), 0);
    assert_int_equal(burst(w, 119999, 1), 0);
    assert_int_equal(burst(w, 120000, 100), 1);
    window_free(w);
}

static void test_idle(void **state)
{
    (void)state;
    const uint32_t calls[] = {1, 3, 100, THROTTLE_RING_MAX, THROTTLE_RING_MAX + 1};
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        window_t *w = window_new(calls[i], 1000);
        assert_true(window_is_idle(w, 0));
        burst(w, 10, 2);
        assert_false(window_is_idle(w, 1009));
        assert_true(window_is_idle(w, 1010));
        assert_int_equal(window_reset_ms(w, 1010), 0);
        assert_int_equal(window_remaining(w, 1010), calls[i]);
        window_free(w);
    }
}

/* --- against a count over the whole history --- */

static uint64_t seed;

static uint64_t random_u64(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static int64_t random_below(int64_t n)
{
    return (int64_t)(random_u64() % (uint64_t)n);
}

typedef struct history {
    int64_t *at_ms;
    size_t count;
} history_t;

/* Calls in (after_ms, at the latest]. */
static size_t count_after(const history_t *h, int64_t after_ms)
{
    size_t count = 0;
    while (count < h->count && h->at_ms[h->count - 1 - count] > after_ms) {
        count++;
    }
    return count;
}

/* Crowds, trickles, pauses, and the edges of what a refusal promised. Time moves about `moves`
 * times while a window fills, by about per in all, so that most runs are at their limit most of the
 * time. */
static int64_t next_step_ms(uint32_t calls, int64_t per_ms, int64_t moves, int64_t wait_ms)
{
    if (wait_ms == 0 && random_below(calls) >= moves) {
        return 0;
    }
    if (random_below(2 * moves) == 0) {
        return random_below(2 * per_ms);
    }
    switch (random_below(4)) {
    case 0:
        return wait_ms ? wait_ms - 1 : 0;
    case 1:
        return wait_ms ? wait_ms : 1;
    default:
        return random_below(per_ms / moves + 2);
    }
}

static void check_verdict(const history_t *h, uint32_t calls, int64_t per_ms, int64_t now_ms,
                          int64_t wait_ms)
{
    bool is_ring = calls <= THROTTLE_RING_MAX;
    int64_t slack_ms = is_ring ? 0 : (per_ms + 999) / 1000;
    if (wait_ms == 0) {
        assert_true(count_after(h, now_ms - per_ms) < calls);
        return;
    }
    assert_true(count_after(h, now_ms - per_ms - slack_ms) >= calls);
    if (is_ring) {
        assert_true(count_after(h, now_ms + wait_ms - 1 - per_ms) >= calls);
        assert_true(count_after(h, now_ms + wait_ms - per_ms) < calls);
    }
}

static void check_history(const history_t *h, uint32_t calls, int64_t per_ms)
{
    for (size_t i = 0; i + calls < h->count; i++) {
        assert_true(h->at_ms[i + calls] - h->at_ms[i] >= per_ms);
    }
}

/* Until so many are admitted; answers how many were refused meanwhile. */
static size_t drive(uint32_t calls, int64_t per_ms, int64_t moves, size_t admissions)
{
    window_t *w = window_new(calls, per_ms);
    history_t h = {mem_array(admissions, sizeof(int64_t)), 0};
    int64_t now_ms = random_below(1000000);
    size_t refused = 0;
    int64_t promised_ms = -1; /* until here nothing may be let through, then something must */
    while (h.count < admissions) {
        int64_t wait_ms = window_wait_ms(w, now_ms);
        assert_true(promised_ms < 0 || (wait_ms == 0) == (now_ms >= promised_ms));
        check_verdict(&h, calls, per_ms, now_ms, wait_ms);
        if (wait_ms) {
            refused++;
        } else {
            window_take(w, now_ms);
            h.at_ms[h.count++] = now_ms;
        }
        promised_ms = wait_ms ? now_ms + wait_ms : -1;
        now_ms += next_step_ms(calls, per_ms, moves, wait_ms);
    }
    check_history(&h, calls, per_ms);
    free(h.at_ms);
    window_free(w);
    return refused;
}

static void test_random_rings(void **state)
{
    (void)state;
    size_t refused = 0;
    for (uint64_t round = 1; round <= 120; round++) {
        seed = round * 0x9E3779B97F4A7C15U;
        uint32_t calls = (uint32_t)(1 + random_below(round % 3 ? 20 : 300));
        int64_t per_ms = 1 + random_below(round % 2 ? 100 : 60000);
        refused += drive(calls, per_ms, round % 5 ? 5 : 50, 2000);
    }
    seed = 4711;
    refused += drive(THROTTLE_RING_MAX, 60000, 500, 15000);
    assert_true(refused > 20000);
}

static void test_random_buckets(void **state)
{
    (void)state;
    static const struct {
        uint32_t calls;
        int64_t per_ms;
    } limits[] = {
        {10001, 60000}, {10001, 1},       {12345, 999},
        {10500, 1001},  {20000, 3600001}, {15000, 86400000},
    };
    size_t refused = 0;
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        seed = (i + 1) * 0xD1B54A32D192ED03U;
        refused += drive(limits[i].calls, limits[i].per_ms, 5, 25000);
        refused += drive(limits[i].calls, limits[i].per_ms, 500, 25000);
    }
    assert_true(refused > 50);
}

/* Each call in the slice that ends with its leaving, or that it leaves within. */
static void test_leaving(void **state)
{
    (void)state;
    static const struct {
        uint32_t calls;
        int64_t at_ms;
        uint32_t slices[4];
    } looks[] = {{10, 1000, {1, 2, 0, 1}}, {10, 1249, {3, 0, 0, 1}}, {10, 1250, {2, 0, 1, 0}}, {10, 3000, {0}}};
    for (size_t i = 0; i < sizeof looks / sizeof *looks; i++) {
        window_t *w = window_new(looks[i].calls, 1000);
        uint32_t slices[4] = {0};
        burst(w, 250, 1);
        burst(w, 251, 2);
        burst(w, 1000, 1);
        window_count_leaving(w, looks[i].at_ms, slices, 4);
        assert_memory_equal(slices, looks[i].slices, sizeof slices);
        window_free(w);
    }
    window_t *buckets = window_new(20000, 60000);
    uint32_t slices[60] = {0};
    burst(buckets, 30000, 15000);
    window_count_leaving(buckets, 30059, slices, 60);
    assert_int_equal(slices[59], 15000);
    window_free(buckets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),           cmocka_unit_test(test_burst_then_one_each_600_ms),
        cmocka_unit_test(test_idle),           cmocka_unit_test(test_random_rings),
        cmocka_unit_test(test_random_buckets), cmocka_unit_test(test_leaving),
    };
    return cmocka_run_group_tests_name("throttle/window", tests, NULL, NULL);
}
