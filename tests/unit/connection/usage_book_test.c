/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "base/clock.h"
#include "connection/usage_book.h"

static void a_call_that_comes_again_finds_its_cell(void **state)
{
    (void)state;
    usage_book_t *b = usage_book_new();
    unsigned page = usage_book_page(b, 1000);
    usage_cell_t *cell = usage_book_cell(b, STR("acme"), STR("Get"), STR("k1"));
    assert_ptr_equal(usage_book_cell(b, STR("acme"), STR("Get"), STR("k1")), cell);
    assert_ptr_not_equal(usage_book_cell(b, STR("acme"), STR("Get"), STR("k2")), cell);
    assert_ptr_not_equal(usage_book_cell(b, STR("acme"), STR("Put"), STR("k1")), cell);
    assert_ptr_not_equal(usage_book_cell(b, STR("acm"), STR("eGet"), STR("k1")), cell);
    assert_true(str_is(cell->connection, "acme") && str_is(cell->action, "Get") &&
                str_is(cell->key, "k1"));
    assert_int_equal(usage_book_page(b, 1000), page);
    usage_book_note(b, cell, 1000);
    int64_t now = clock_wall_ms();
    assert_in_range(cell->last_wall_ms, now - 5000, now);
    usage_book_free(b);
    usage_book_free(NULL);
}

/* Each minute has its page, and a look is a page of its own. */
static void pages_are_turned(void **state)
{
    (void)state;
    enum { MINUTE_MS = 60000 };
    usage_book_t *b = usage_book_new();
    assert_null(usage_book_take(b));
    int64_t boot = clock_boot_ms();
    unsigned first = usage_book_page(b, boot);
    usage_book_cell(b, STR("acme"), STR("Get"), STR("k"))->counts[USAGE_CALLS] = 1;
    unsigned second = usage_book_page(b, boot + MINUTE_MS);
    assert_int_not_equal(first, second);
    usage_cell_t *cell = usage_book_cell(b, STR("acme"), STR("Get"), STR("k"));
    assert_int_equal(cell->counts[USAGE_CALLS], 0);
    cell->counts[USAGE_CALLS] = 2;
    usage_page_t *pages = usage_book_take(b);
    assert_non_null(pages);
    assert_int_equal(pages->cells->counts[USAGE_CALLS], 2);
    assert_int_equal(pages->next->cells->counts[USAGE_CALLS], 1);
    assert_null(pages->next->next);
    int64_t minute = clock_wall_ms() / MINUTE_MS;
    assert_in_range(pages->next->minute, minute - 1, minute);
    usage_pages_free(pages);

    unsigned third = usage_book_page(b, boot + MINUTE_MS);
    assert_int_not_equal(second, third);
    assert_int_equal(usage_book_cell(b, STR("acme"), STR("Get"), STR("k"))->counts[USAGE_CALLS], 0);
    usage_pages_free(usage_book_take(b));
    assert_null(usage_book_take(b));
    usage_book_free(b);
}

/* Beyond so many cells a connection has one for all that is new. */
static void a_page_has_a_ceiling(void **state)
{
    (void)state;
    usage_book_t *b = usage_book_new();
    (void)usage_book_page(b, 1000);
    for (int i = 0; i < 50000; i++) {
        char key[16];
        (void)snprintf(key, sizeof key, "%d", i);
        usage_book_cell(b, STR("acme"), STR("Get"), str_of(key));
    }
    usage_cell_t *known = usage_book_cell(b, STR("acme"), STR("Get"), STR("7"));
    assert_true(str_is(known->key, "7"));
    usage_cell_t *rest = usage_book_cell(b, STR("acme"), STR("Get"), STR("new"));
    assert_true(str_is(rest->action, USAGE_OTHERS) && str_is(rest->key, USAGE_OTHERS));
    assert_true(str_is(rest->connection, "acme"));
    assert_ptr_equal(usage_book_cell(b, STR("acme"), STR("Put"), STR("newer")), rest);
    assert_ptr_not_equal(usage_book_cell(b, STR("other"), STR("Put"), STR("newer")), rest);
    usage_book_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_that_comes_again_finds_its_cell),
        cmocka_unit_test(pages_are_turned),
        cmocka_unit_test(a_page_has_a_ceiling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
