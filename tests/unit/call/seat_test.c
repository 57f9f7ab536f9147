/* SPDX-License-Identifier: MIT */
#include "call/limited.h"

static bool admit(seat_t *s, int64_t now_ms, throttle_verdict_t *v)
{
    throttle_admit(s->throttle, now_ms, v);
    return v->admitted;
}

static void check_ratelimit(const seat_t *s, const throttle_verdict_t *v, const char *expected)
{
    char text[RATELIMIT_BYTES + 1];
    text[seat_write_ratelimit(s, v, text)] = '\0';
    assert_string_equal(text, expected);
}

static void test_policy(void **state)
{
    (void)state;
    seat_t *s = seat_of("Two");
    assert_string_equal(
        s->policy,
        "\"say \\\"ah\\\" \\\\ ??\";q=5;w=60, \"caller\";q=3;w=2, \"connector\";q=100;w=3600");
    seat_free(s);
    s = seat_of("One");
    assert_non_null(strstr(s->policy, ", \"connection\";q=2;w=1"));
    seat_free(s);
}

/* The limits of an action are its own, those of the connector are shared. */
static void test_scopes(void **state)
{
    (void)state;
    throttle_verdict_t v;
    seat_t *one = seat_of("One"), *two = seat_of("Two");
    assert_true(admit(one, 1000, &v));
    assert_true(admit(one, 1000, &v));
    check_ratelimit(one, &v, "\"connection\";r=0;t=1");
    assert_false(admit(one, 1000, &v));
    assert_true(admit(two, 1000, &v));
    assert_false(admit(two, 1000, &v));
    check_ratelimit(two, &v, "\"caller\";r=0;t=2");
    assert_true(admit(one, 2600, &v));
    assert_true(admit(two, 2600, &v));
    assert_false(admit(two, 5000, &v));
    check_ratelimit(two, &v, "\"say \\\"ah\\\" \\\\ ??\";r=0;t=56");
    seat_free(one);
    seat_free(two);
}

static void test_refusals(void **state)
{
    (void)state;
    throttle_verdict_t v;
    seat_t *s = seat_of("One");
    assert_true(admit(s, 1000, &v));
    assert_true(admit(s, 1000, &v));
    assert_false(admit(s, 1100, &v));
    err_t err = ERR_INIT;
    seat_refuse(s, &v, &err);
    assert_int_equal(err.code, ERR_throttled);
    assert_int_equal(err.retry_after_ms, 400);
    assert_string_equal(err.text,
                        "`connection`: at most 2 calls in 1 s; the next is let through in 1 s");
    throttle_close_gate(throttle, STR("limits"), STR("test"), 9000);
    assert_false(admit(s, 2000, &v));
    err = ERR_INIT;
    seat_refuse(s, &v, &err);
    assert_int_equal(err.code, ERR_upstream_throttled);
    assert_int_equal(err.retry_after_ms, 7000);
    seat_free(s);
}

/* The same answer for as long as it says the same. */
static void test_refusal_is_kept(void **state)
{
    (void)state;
    throttle_verdict_t v;
    const http_problem_t names = {
        .connector = STR("limits"), .connection = STR("test"), .action = STR("One")};
    seat_t *s = seat_of("One");
    assert_true(admit(s, 1000, &v));
    assert_true(admit(s, 1000, &v));
    assert_false(admit(s, 1100, &v));
    const http_problem_form_t *form = seat_refusal(s, &v, &names)->form;
    assert_int_equal(s->refusal.code, ERR_throttled);
    assert_int_equal(s->refusal.retry_after_s, 1);
    assert_false(admit(s, 1400, &v));
    assert_ptr_equal(seat_refusal(s, &v, &names)->form, form);
    throttle_close_gate(throttle, STR("limits"), STR("test"), 9000);
    assert_false(admit(s, 2000, &v));
    assert_int_equal(seat_refusal(s, &v, &names)->code, ERR_upstream_throttled);
    assert_int_equal(s->refusal.retry_after_s, 7);
    assert_false(admit(s, 3100, &v));
    assert_int_equal(seat_refusal(s, &v, &names)->retry_after_s, 6);
    seat_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_policy, up, down),
        cmocka_unit_test_setup_teardown(test_scopes, up, down),
        cmocka_unit_test_setup_teardown(test_refusals, up, down),
        cmocka_unit_test_setup_teardown(test_refusal_is_kept, up, down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
