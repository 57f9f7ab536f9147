/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/actor.h"

static void every_kind_has_a_name(void **state)
{
    (void)state;
    for (int kind = 0; kind < ACTOR_KIND_COUNT; kind++) {
        assert_non_null(actor_kind_name((actor_kind_t)kind));
    }
    assert_string_equal(actor_kind_name(ACTOR_KEY), "key");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_kind_has_a_name)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
