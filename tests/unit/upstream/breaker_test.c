/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "upstream/breaker.h"

enum { FAILURES = 3 };
static const str_t HOST = STR_INIT("api.example.com:443");

static int set_up(void **state)
{
    *state = breaker_new(&(breaker_options_t){FAILURES, 0});
    return 0;
}

static int tear_down(void **state)
{
    breaker_free(*state);
    return 0;
}

static breaker_verdict_t ask(breaker_t *b, int64_t now_ms)
{
    breaker_verdict_t verdict;
    breaker_ask(b, HOST, now_ms, &verdict);
    return verdict;
}

static void fail_times(breaker_t *b, unsigned times, int64_t now_ms)
{
    for (unsigned i = 0; i < times; i++) {
        breaker_end(b, HOST, BREAKER_CLOSED, UPSTREAM_UNREACHABLE, now_ms);
    }
}

static void opens_after_failures_in_a_row(void **state)
{
    fail_times(*state, FAILURES - 1, 0);
    assert_int_equal(ask(*state, 0).state, BREAKER_CLOSED);
    fail_times(*state, 1, 100);
    breaker_verdict_t v = ask(*state, 100);
    assert_int_equal(v.state, BREAKER_OPEN);
    assert_int_equal(v.failures, FAILURES);
    assert_int_equal(v.latest, UPSTREAM_UNREACHABLE);
    assert_int_equal(v.retry_after_ms, 1000);
}

static void it_is_told_when_the_circuit_opens_and_closes(void **state)
{
    static const struct {
        breaker_state_t asked;
        upstream_outcome_t outcome;
        circuit_change_t change;
    } ROWS[] = {{BREAKER_CLOSED, UPSTREAM_TIMEOUT, CIRCUIT_STAYS},
                {BREAKER_CLOSED, UPSTREAM_TIMEOUT, CIRCUIT_STAYS},
                {BREAKER_CLOSED, UPSTREAM_TIMEOUT, CIRCUIT_OPENS},
                {BREAKER_CLOSED, UPSTREAM_TIMEOUT, CIRCUIT_STAYS},
                {BREAKER_PROBE, UPSTREAM_TIMEOUT, CIRCUIT_STAYS},
                {BREAKER_PROBE, UPSTREAM_DENIED, CIRCUIT_STAYS},
                {BREAKER_PROBE, UPSTREAM_OK, CIRCUIT_CLOSES},
                {BREAKER_CLOSED, UPSTREAM_OK, CIRCUIT_STAYS}};
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        assert_int_equal(breaker_end(*state, HOST, ROWS[i].asked, ROWS[i].outcome, 0),
                         ROWS[i].change);
    }
}

static void an_answer_in_between_starts_anew(void **state)
{
    fail_times(*state, FAILURES - 1, 0);
    breaker_end(*state, HOST, BREAKER_CLOSED, UPSTREAM_OK, 0);
    fail_times(*state, FAILURES - 1, 0);
    assert_int_equal(ask(*state, 0).state, BREAKER_CLOSED);
}

static void what_fails_at_once_opens_nothing(void **state)
{
    (void)state;
    breaker_t *b = breaker_new(&(breaker_options_t){FAILURES, 5000});
    fail_times(b, 1000, 7000);
    assert_int_equal(ask(b, 7000).state, BREAKER_CLOSED);
    fail_times(b, 1, 11999);
    assert_int_equal(ask(b, 11999).state, BREAKER_CLOSED);
    fail_times(b, 1, 12000);
    assert_int_equal(ask(b, 12000).state, BREAKER_OPEN);
    breaker_free(b);
}

static void what_counts(void **state)
{
    static const struct {
        upstream_outcome_t outcome;
        bool counts;
    } rows[] = {
        {UPSTREAM_UNREACHABLE, true}, {UPSTREAM_TLS, true},        {UPSTREAM_TIMEOUT, true},
        {UPSTREAM_BROKEN, true},      {UPSTREAM_MALFORMED, true},  {UPSTREAM_TRUNCATED, false},
        {UPSTREAM_TOO_LARGE, false},  {UPSTREAM_DENIED, false},    {UPSTREAM_OK, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        breaker_t *b = breaker_new(&(breaker_options_t){1, 0});
        breaker_end(b, HOST, BREAKER_CLOSED, rows[i].outcome, 0);
        assert_int_equal(ask(b, 0).state, rows[i].counts ? BREAKER_OPEN : BREAKER_CLOSED);
        breaker_free(b);
    }
}

static void one_probe_finds_out_for_all(void **state)
{
    fail_times(*state, FAILURES, 0);
    assert_int_equal(ask(*state, 999).state, BREAKER_OPEN);
    assert_int_equal(ask(*state, 1000).state, BREAKER_PROBE);
    assert_int_equal(ask(*state, 1000).state, BREAKER_OPEN);
    breaker_end(*state, HOST, BREAKER_PROBE, UPSTREAM_OK, 1500);
    assert_int_equal(ask(*state, 1500).state, BREAKER_CLOSED);
}

static void a_probe_that_fails_doubles_the_pause(void **state)
{
    static const int64_t pauses_ms[] = {2000, 4000, 8000, 16000, 32000, 32000};
    int64_t now_ms = 1000;
    fail_times(*state, FAILURES, 0);
    for (size_t i = 0; i < sizeof pauses_ms / sizeof *pauses_ms; i++) {
        assert_int_equal(ask(*state, now_ms).state, BREAKER_PROBE);
        breaker_end(*state, HOST, BREAKER_PROBE, UPSTREAM_TIMEOUT, now_ms);
        assert_int_equal(ask(*state, now_ms).retry_after_ms, pauses_ms[i]);
        now_ms += pauses_ms[i];
    }
}

static void calls_that_were_under_way_lengthen_nothing(void **state)
{
    fail_times(*state, FAILURES + 50, 0);
    assert_int_equal(ask(*state, 0).retry_after_ms, 1000);
    assert_int_equal(ask(*state, 1000).state, BREAKER_PROBE);
    fail_times(*state, 1, 1000);
    assert_int_equal(ask(*state, 1000).state, BREAKER_OPEN);
}

static void a_probe_that_told_nothing_is_followed_by_another(void **state)
{
    fail_times(*state, FAILURES, 0);
    assert_int_equal(ask(*state, 1000).state, BREAKER_PROBE);
    breaker_withdraw(*state, HOST, BREAKER_PROBE);
    assert_int_equal(ask(*state, 1000).state, BREAKER_PROBE);
    breaker_end(*state, HOST, BREAKER_PROBE, UPSTREAM_DENIED, 1000);
    assert_int_equal(ask(*state, 1000).state, BREAKER_PROBE);
}

static void hosts_are_apart(void **state)
{
    breaker_verdict_t verdict;
    fail_times(*state, FAILURES, 0);
    breaker_ask(*state, STR("api.example.com:8443"), 0, &verdict);
    assert_int_equal(verdict.state, BREAKER_CLOSED);
}

static void hosts_beyond_the_ceiling_are_not_remembered(void **state)
{
    char name[32];
    for (int i = 0; i < 10000; i++) {
        int n = snprintf(name, sizeof name, "h%d:443", i);
        breaker_end(*state, str_at(name, (size_t)n), BREAKER_CLOSED, UPSTREAM_TLS, 0);
    }
    fail_times(*state, FAILURES, 0);
    assert_int_equal(ask(*state, 0).state, BREAKER_CLOSED);
}

static void none_where_it_is_off(void **state)
{
    (void)state;
    breaker_t *b = breaker_new(&(breaker_options_t){0, 0});
    fail_times(b, 1000, 0);
    assert_int_equal(ask(b, 0).state, BREAKER_CLOSED);
    breaker_free(b);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(opens_after_failures_in_a_row),
        TEST(it_is_told_when_the_circuit_opens_and_closes),
        TEST(an_answer_in_between_starts_anew),
        TEST(what_fails_at_once_opens_nothing),
        TEST(what_counts),
        TEST(one_probe_finds_out_for_all),
        TEST(a_probe_that_fails_doubles_the_pause),
        TEST(calls_that_were_under_way_lengthen_nothing),
        TEST(a_probe_that_told_nothing_is_followed_by_another),
        TEST(hosts_are_apart),
        TEST(hosts_beyond_the_ceiling_are_not_remembered),
        TEST(none_where_it_is_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
