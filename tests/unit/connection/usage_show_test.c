/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "codec/json.h"
#include "connection/usage_show.h"

enum { MINUTE = 29409120 }; /* a full quarter of an hour */

/* --- how long calls took --- */

static void quantiles_are_read_off_buckets(void **state)
{
    (void)state;
    static const struct {
        uint32_t taken[HISTOGRAM_BUCKETS];
        unsigned percent;
        int64_t us;
    } rows[] = {
        {{0}, 50, -1},
        {{1}, 50, 100},                          /* up to 0.1 ms */
        {{4}, 50, 50},                           /* evenly within it */
        {{0, 0, 0, 10}, 50, 3000},               /* 1 to 5 ms */
        {{90, 0, 0, 0, 0, 0, 0, 10}, 50, 55},    /* most are quick */
        {{90, 0, 0, 0, 0, 0, 0, 10}, 95, 75000}, /* 50 to 100 ms */
        {{[HISTOGRAM_LONGER] = 3}, 95, 30000000},
        {{1, [HISTOGRAM_LONGER] = 1}, 50, 100},
        {{UINT32_MAX, UINT32_MAX}, 95, 460},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t us = usage_quantile_us(rows[i].taken, rows[i].percent);
        if (us != rows[i].us) {
            fail_msg("row %zu: %lld us", i, (long long)us);
        }
    }
}

/* --- history --- */

static void add(usage_table_t *t, uint32_t minute, uint32_t calls, uint32_t errors, int bucket)
{
    uint32_t counts[USAGE_NUMBERS] = {[USAGE_CALLS] = calls, [USAGE_ERRORS] = errors};
    counts[USAGE_COUNT + bucket] = calls;
    usage_table_add(t, minute, STR("Get"), STR("k"), counts);
}

static void assert_shows(json_t *shown, const char *member, const char *expected)
{
    buf_t text;
    buf_init(&text, 1 << 16);
    json_write(&text, member ? json_object_get(shown, member) : shown);
    if (!str_is(buf_view(&text), expected)) {
        fail_msg("%s\nis not\n%s", buf_c(&text), expected);
    }
    buf_fini(&text);
}

/* The last 60 minutes and the last 96 quarters, and nothing that is older. */
static void an_hour_and_a_day_are_told(void **state)
{
    (void)state;
    usage_stored_t s = {.month_known = false};
    usage_table_t pending = {.total = {.name = NULL}};
    add(&pending, MINUTE - 24 * 60, 7, 0, 0);      /* a day and a minute ago, by quarters */
    add(&pending, MINUTE - 24 * 60 + 15, 5, 0, 0); /* the oldest quarter */
    add(&pending, MINUTE - 60, 3, 0, 0);           /* an hour ago */
    add(&pending, MINUTE - 59, 2, 1, 3);
    add(&pending, MINUTE, 4, 0, 0);
    usage_stored_add(&s, &pending);
    json_t *shown = usage_show_history(&s, MINUTE);
    assert_shows(
        shown, "hour",
        "[{\"at\":\"2025-11-30T23:01:00Z\",\"calls\":2,\"errors\":1,\"p50_ms\":3.0,\"p95_ms\":5.0},"
        "{\"at\":\"2025-12-01T00:00:00Z\",\"calls\":4,\"p50_ms\":0.05,\"p95_ms\":0.1}]");
    assert_shows(
        shown, "day",
        "[{\"at\":\"2025-11-30T00:15:00Z\",\"calls\":5,\"p50_ms\":0.06,\"p95_ms\":0.1},"
        "{\"at\":\"2025-11-30T23:00:00Z\",\"calls\":5,\"errors\":1,\"p50_ms\":0.1,\"p95_ms\":5.0},"
        "{\"at\":\"2025-12-01T00:00:00Z\",\"calls\":4,\"p50_ms\":0.05,\"p95_ms\":0.1}]");
    json_decref(shown);
    usage_table_fini(&pending);
    usage_stored_fini(&s);
}

/* A total that was held back only has no times; a record of before there were any is read. */
static void without_times_none_are_told(void **state)
{
    (void)state;
    static const char TEXT[] = "{\"total\":[[29409120,3,3]],\"actions\":{},\"keys\":{}}";
    err_t err = ERR_INIT;
    usage_stored_t s = {.month_known = false};
    json_t *written = json_read(str_of(TEXT), NULL, &err);
    usage_table_read(&s.minutes, written);
    json_t *shown = usage_show_history(&s, MINUTE);
    assert_shows(
        shown, NULL,
        "{\"hour\":[{\"at\":\"2025-12-01T00:00:00Z\",\"calls\":3,\"throttled\":3}],\"day\":[]}");
    json_decref(shown);
    json_decref(written);
    usage_stored_fini(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantiles_are_read_off_buckets),
        cmocka_unit_test(an_hour_and_a_day_are_told),
        cmocka_unit_test(without_times_none_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
