/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "event/pace.h"

static void what_is_held_back_is_counted(void **state)
{
    (void)state;
    event_pace_t p = {.second = 0};
    unsigned skipped = 99;
    assert_true(event_pace_takes(&p, 2, 5000, &skipped));
    assert_int_equal(skipped, 0);
    assert_true(event_pace_takes(&p, 2, 5999, &skipped));
    assert_false(event_pace_takes(&p, 2, 5999, &skipped));
    assert_false(event_pace_takes(&p, 2, 5999, &skipped));
    assert_true(event_pace_takes(&p, 2, 6000, &skipped));
    assert_int_equal(skipped, 2);
    assert_true(event_pace_takes(&p, 2, 6001, &skipped));
    assert_int_equal(skipped, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_held_back_is_counted)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
