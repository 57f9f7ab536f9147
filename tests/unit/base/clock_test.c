/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <unistd.h>

#include "base/clock.h"

static void runs_forward(void **state)
{
    (void)state;
    int64_t boot_ms = clock_boot_ms();
    int64_t wall_ms = clock_wall_ms();
    usleep(5000);
    assert_true(boot_ms > 0);
    assert_true(clock_boot_ms() >= boot_ms + 5);
    assert_true(wall_ms > INT64_C(1700000000000)); /* 2023: milliseconds, not seconds */
}

static void knows_the_boot(void **state)
{
    (void)state;
    const char *id = clock_boot_id();
    assert_true(strlen(id) == 36 || strlen(id) == 0);
    assert_ptr_equal(clock_boot_id(), id);
    assert_null(strchr(id, '\n'));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_forward),
        cmocka_unit_test(knows_the_boot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
