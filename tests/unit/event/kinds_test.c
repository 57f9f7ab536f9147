/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "event/kinds.h"

static void names_and_groups_are_found(void **state)
{
    (void)state;
    assert_int_equal(event_kinds_named(STR("token.failed")), event_bit(EVENT_TOKEN_FAILED));
    assert_int_equal(event_kinds_named(STR("token.*")),
                     event_bit(EVENT_TOKEN_FAILED) | event_bit(EVENT_TOKEN_REFRESHED) |
                         event_bit(EVENT_TOKEN_REVOKED) | event_bit(EVENT_TOKEN_NOT_REVOKED));
    static const str_t NONE[] = {STR_INIT("token"),     STR_INIT("token."),
                                 STR_INIT("*"),         STR_INIT(""),
                                 STR_INIT("nothing.*"), STR_INIT("TOKEN.FAILED")};
    for (size_t i = 0; i < sizeof NONE / sizeof *NONE; i++) {
        assert_int_equal(event_kinds_named(NONE[i]), 0);
    }
}

static void every_kind_lasts_in_one_way(void **state)
{
    (void)state;
    event_kinds_t kept = event_kinds_lasting(EVENT_KEPT);
    event_kinds_t passing = event_kinds_lasting(EVENT_PASSING);
    event_kinds_t live = event_kinds_lasting(EVENT_LIVE);
    assert_int_equal(kept & passing, 0);
    assert_int_equal((kept | passing) & live, 0);
    assert_int_equal(kept | passing | live, event_bit(EVENT_KIND_COUNT) - 1);
    assert_true(live & event_bit(EVENT_CALL_DONE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_groups_are_found),
        cmocka_unit_test(every_kind_lasts_in_one_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
