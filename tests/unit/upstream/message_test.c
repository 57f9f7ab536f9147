/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "upstream/http_date.h"
#include "upstream/message.h"

/* Sun, 06 Nov 1994 08:49:37 GMT, the example of RFC 9110 */
static const int64_t example_ms = 784111777000;
static const int64_t minute_ms = 60 * 1000;
static const int64_t hour_ms = 3600 * 1000;

/* --- dates --- */

typedef struct date_row {
    const char *text;
    int64_t ms; /* -1: refused */
} date_row_t;

static const date_row_t date_rows[] = {
    {"Sun, 06 Nov 1994 08:49:37 GMT", 784111777000},
    {"Sunday, 06-Nov-94 08:49:37 GMT", 784111777000},
    {"Sun Nov  6 08:49:37 1994", 784111777000},
    {"Sun Nov 16 08:49:37 1994", 784975777000},
    {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
    {"Thu, 29 Feb 2024 12:00:00 GMT", 1709208000000},
    {"Tue, 31 Dec 2030 23:59:60 GMT", 1924992000000}, /* a leap second is the second behind */
    {"Mon, 06 Nov 1994 08:49:37 GMT", 784111777000},  /* the day's name is not believed */
    {"Wed, 29 Feb 2023 12:00:00 GMT", -1},
    {"Sun, 31 Apr 1994 08:49:37 GMT", -1},
    {"Sun, 00 Nov 1994 08:49:37 GMT", -1},
    {"Sun, 06 Nov 1994 24:00:00 GMT", -1},
    {"Sun, 06 Nov 1994 08:60:00 GMT", -1},
    {"Sun, 06 Nov 1994 08:49:61 GMT", -1},
    {"Sun, 6 Nov 1994 08:49:37 GMT", -1},
    {"Sun, 06 Nov 1994 08:49:37 UTC", -1},
    {"Sun, 06 Nov 1994 08:49:37 +0000", -1},
    {"Sun, 06 Nov 1994 08:49:37 GMT ", -1},
    {"Sun, 06 Nov 1994 08:49:37", -1},
    {"Sun, 06 nov 1994 08:49:37 GMT", -1},
    {"sun, 06 Nov 1994 08:49:37 GMT", -1},
    {"Foo, 06 Nov 1994 08:49:37 GMT", -1},
    {"Sun,06 Nov 1994 08:49:37 GMT", -1},
    {"06 Nov 1994 08:49:37 GMT", -1},
    {"Sunday, 06 Nov 1994 08:49:37 GMT", -1},
    {"Sun, 06-Nov-94 08:49:37 GMT", -1},
    {"1994-11-06T08:49:37Z", -1},
    {"784111777", -1},
    {"Sun", -1},
    {"Sun,", -1},
    {"", -1},
};

static void dates_are_read_strictly(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof date_rows / sizeof *date_rows; i++) {
        int64_t ms = -1;
        bool ok = http_date_parse(str_of(date_rows[i].text), example_ms, &ms);
        if (ok != (date_rows[i].ms >= 0) || ms != date_rows[i].ms) {
            fail_msg("%s: %s %lld", date_rows[i].text, ok ? "read" : "refused", (long long)ms);
        }
    }
}

/* RFC 9110 5.6.7: at most 50 years ahead */
static void two_digit_years_stay_near(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t now_ms, ms;
    } rows[] = {
        {"Thursday, 01-Jan-26 00:00:00 GMT", 1767225600000, 1767225600000},
        {"Monday, 01-Jan-70 00:00:00 GMT", 1767225600000, 3155760000000},
        {"Monday, 01-Jan-99 00:00:00 GMT", 1767225600000, 915148800000},
        {"Friday, 01-Jan-00 00:00:00 GMT", 4070908800000 /* 2099 */, 4102444800000},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t ms = -1;
        assert_true(http_date_parse(str_of(rows[i].text), rows[i].now_ms, &ms));
        assert_int_equal(ms, rows[i].ms);
    }
}

/* --- Retry-After --- */

typedef struct pause_row {
    const char *row; /* of hostile-cases */
    const char *name, *value, *name2, *value2;
    int64_t pause_ms;
} pause_row_t;

#define RETRY(value, ms)                                                                           \
    {                                                                                              \
        "", "Retry-After", (value), NULL, NULL, (ms)                                               \
    }

static const pause_row_t retry_rows[] = {
    {"R07", "Retry-After", "5", NULL, NULL, 5000},
    {"R07", "retry-after", "5", NULL, NULL, 5000},
    RETRY(" 5 ", 5000),
    RETRY("0", 0),
    RETRY("3600", 3600000),
    RETRY("3601", 3600000),
    {"R09", "Retry-After", "Sun, 06 Nov 1994 08:48:37 GMT", NULL, NULL, 0},
    {"R09", "Retry-After", "-5", NULL, NULL, 0},
    {"R09", "Retry-After", "abc", NULL, NULL, 0},
    {"R09", "Retry-After", "", NULL, NULL, 0},
    {"R10", "Retry-After", "99999999999999999999", NULL, NULL, 3600000},
    {"R10", "Retry-After", "99999999999999999999.5", NULL, NULL, 3600000},
    {"R11", "Retry-After", "1.5", NULL, NULL, 2000},
    {"R11", "Retry-After", "120, 60", NULL, NULL, 120000},
    {"R11", "Retry-After", "5", "Retry-After", "60", 60000},
    {"R12", "Date", "Sun, 06 Nov 1994 08:49:37 GMT", NULL, NULL, 0},
    RETRY("Sun, 06 Nov 1994 08:50:37 GMT", 60000),
    RETRY("Sunday, 06-Nov-94 08:50:37 GMT", 60000),
    RETRY("Sun Nov  6 08:50:37 1994", 60000),
    RETRY("Mon, 07 Nov 1994 08:49:37 GMT", 3600000),
    RETRY("Sun, 06 Nov 1994 08:50:37 GMT, 5", 60000),
    RETRY("90, Sun, 06 Nov 1994 08:50:37 GMT", 90000),
    RETRY("Sun, 06 Nov 1994 08:50:37 GMT, Sun, 06 Nov 1994 08:51:37 GMT", 120000),
    RETRY("Sun", 0),
    RETRY("Sun,", 0),
    RETRY(",", 0),
    RETRY(", 7", 7000),
    RETRY("1.0", 1000),
    RETRY("1.", 0),
    RETRY(".5", 0),
    RETRY("1.5.5", 0),
    RETRY("1e3", 0),
    RETRY("+5", 0),
    RETRY("5s", 0),
    RETRY("0x10", 0),
    RETRY("18446744073709551615.9", 3600000),
};

static size_t headers_of(const pause_row_t *row, message_header_t headers[2])
{
    headers[0] = (message_header_t){str_of(row->name), str_of(row->value)};
    headers[1] = (message_header_t){str_of(row->name2), str_of(row->value2)};
    return row->name2 ? 2 : 1;
}

static void retry_after_is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof retry_rows / sizeof *retry_rows; i++) {
        message_header_t headers[2];
        size_t count = headers_of(&retry_rows[i], headers);
        int64_t ms = message_retry_after_ms(headers, count, example_ms);
        if (ms != retry_rows[i].pause_ms) {
            fail_msg("%s: %lld ms", retry_rows[i].value, (long long)ms);
        }
        assert_int_equal(message_pause_ms(headers, count, example_ms, STR_NONE), ms);
    }
    assert_int_equal(message_retry_after_ms(NULL, 0, example_ms), 0);
}

/* --- every sign --- */

#define LIMIT(value, ms)                                                                           \
    {                                                                                              \
        "R14", "RateLimit", (value), NULL, NULL, (ms)                                              \
    }
#define RESET(value, ms)                                                                           \
    {                                                                                              \
        "R15", "X-RateLimit-Reset", (value), NULL, NULL, (ms)                                      \
    }

static const pause_row_t pause_rows[] = {
    LIMIT("\"default\";r=0;t=30", 30000),
    LIMIT("\"default\"; r=0; t=30", 30000),
    LIMIT("default;r=0;t=30", 30000),
    LIMIT("\"default\";t=30;r=0", 30000),
    LIMIT("\"default\";r=5;t=30", 0),
    LIMIT("\"default\";t=30", 0),
    LIMIT("\"default\";r=0", 0),
    LIMIT("\"a\";r=1;t=90, \"b\";r=0;t=20 , \"c\";r=0;t=10", 20000),
    LIMIT("\"a, b;r=1\\\";\";r=0;t=20;pk=:YWJj:;x", 20000),
    LIMIT("\"default\";r=0;t=99999", 3600000),
    LIMIT("\"default\";r=0;t=-30", 0),
    LIMIT("\"default\";r=0;t=1.5", 0),
    LIMIT("\"default\";r=0;t=99999999999999999999", 0),
    LIMIT("\"default\";r=;t=30", 0),
    LIMIT("\"default;r=0;t=30", 0),
    LIMIT("\"default\\", 0),
    LIMIT("\"default\" r=0;t=30", 0),
    LIMIT(";r=0;t=30", 0),
    LIMIT("\"a\";r=0;t=30,,", 0),
    LIMIT("", 0),
    {"R14", "RateLimit", "\"d\";r=0;t=30", "Retry-After", "7", 7000},
    {"R14", "RateLimit", "\"d\";r=0;t=30", "Retry-After", "abc", 30000},
    {"R14", "RateLimit", "\"d\";r=0;t=30", "X-RateLimit-Reset", "90", 30000},
    {"R14", "RateLimit", "\"d\";r=3;t=30", "X-RateLimit-Reset", "90", 90000},
    RESET("30", 30000),
    RESET("784111837", 0), /* neither seconds nor a time of this age */
    RESET("99999", 3600000),
    RESET("-5", 0),
    RESET("soon", 0),
    RESET("99999999999999999999", 0),
};

static void pauses_are_read_from_every_sign(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof pause_rows / sizeof *pause_rows; i++) {
        message_header_t headers[2];
        size_t count = headers_of(&pause_rows[i], headers);
        int64_t ms = message_pause_ms(headers, count, example_ms, STR("x-ratelimit-reset"));
        if (ms != pause_rows[i].pause_ms) {
            fail_msg("%s: %lld ms", pause_rows[i].value, (long long)ms);
        }
    }
}

static void epoch_resets_are_told_from_seconds(void **state)
{
    (void)state;
    static const int64_t now_ms = 1767225600500; /* 2026, half a second in */
    static const struct {
        const char *value;
        int64_t pause_ms;
    } rows[] = {
        {"1767225660", minute_ms - 500},
        {"1767225600", 0},
        {"1767225000", 0},
        {"1767312000", hour_ms},
        {"1999999999", 0},    /* years ahead */
        {"1767225660000", 0}, /* milliseconds */
        {"60", minute_ms},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        message_header_t header = {STR("X-Reset"), str_of(rows[i].value)};
        assert_int_equal(message_pause_ms(&header, 1, now_ms, STR("X-Reset")), rows[i].pause_ms);
        assert_int_equal(message_pause_ms(&header, 1, now_ms, STR_NONE), 0);
        assert_int_equal(message_pause_ms(&header, 1, now_ms, STR("")), 0);
    }
}

/* --- headers --- */

static void headers_are_found_without_case(void **state)
{
    (void)state;
    message_header_t headers[] = {
        {STR("X-One"), STR("1")}, {STR("x-two"), STR("")}, {STR("X-ONE"), STR("other")}};
    assert_true(str_is(message_header_get(headers, 3, "x-one"), "1"));
    assert_non_null(message_header_get(headers, 3, "X-Two").p);
    assert_null(message_header_get(headers, 3, "X-Three").p);
    assert_null(message_header_get(NULL, 0, "X-Three").p);
}

static void setting_replaces_or_adds(void **state)
{
    (void)state;
    arena_t *arena = arena_new(0);
    message_header_t borrowed[] = {
        {STR("A"), STR("1")}, {STR("B"), STR("2")}, {STR("a"), STR("3")}};
    upstream_request_t request = {.headers = borrowed, .header_count = 3};
    message_header_set(arena, &request, STR("a"), STR("4"));
    assert_int_equal(request.header_count, 2);
    assert_true(str_is(request.headers[0].value, "4"));
    assert_true(str_is(request.headers[1].value, "2"));
    message_header_set(arena, &request, STR("C"), STR("5"));
    assert_int_equal(request.header_count, 3);
    assert_true(str_is(request.headers[2].name, "C"));

    upstream_request_t empty = {.headers = NULL};
    for (int i = 0; i < 20; i++) {
        message_header_set(arena, &empty, arena_printf(arena, "H%d", i), STR("v"));
    }
    assert_int_equal(empty.header_count, 20);
    assert_true(str_is(empty.headers[7].name, "H7"));
    arena_free(arena);
}

static void header_values_are_printable_ascii(void **state)
{
    (void)state;
    assert_true(message_header_value_ok(STR("Bearer a~b\t c!")));
    assert_true(message_header_value_ok(STR("")));
    assert_false(message_header_value_ok(STR("t\r\nX-Injected: yes")));
    assert_false(message_header_value_ok(STR("a\nb")));
    assert_false(message_header_value_ok(STR("a\0b")));
    assert_false(message_header_value_ok(STR("a\x7f")));
    assert_false(message_header_value_ok(STR("caf\xc3\xa9")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_are_read_strictly),
        cmocka_unit_test(two_digit_years_stay_near),
        cmocka_unit_test(retry_after_is_read),
        cmocka_unit_test(pauses_are_read_from_every_sign),
        cmocka_unit_test(epoch_resets_are_told_from_seconds),
        cmocka_unit_test(headers_are_found_without_case),
        cmocka_unit_test(setting_replaces_or_adds),
        cmocka_unit_test(header_values_are_printable_ascii),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
