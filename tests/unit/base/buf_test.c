/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "base/buf.h"

static void assert_holds(const buf_t *b, const char *expected)
{
    str_t view = buf_view(b);
    assert_non_null(view.p);
    assert_int_equal(view.n, strlen(expected));
    assert_memory_equal(view.p, expected, view.n);
}

static void appends(void **state)
{
    (void)state;
    buf_t b;
    buf_init(&b, 1000);
    assert_holds(&b, "");
    assert_string_equal(buf_c(&b), "");
    buf_str(&b, STR("a"));
    buf_str(&b, STR_NONE);
    buf_lit(&b, "bc");
    buf_char(&b, '-');
    buf_printf(&b, "%s=%d", "x", 7);
    buf_printf(&b, "%s", "");
    assert_true(buf_ok(&b));
    assert_string_equal(buf_c(&b), "abc-x=7");
    assert_holds(&b, "abc-x=7");
    buf_fini(&b);
    buf_fini(&b);
}

static void writes_numbers(void **state)
{
    (void)state;
    static const struct {
        int64_t value;
        const char *text;
    } rows[] = {{0, "0"},
                {7, "7"},
                {-10, "-10"},
                {INT64_MAX, "9223372036854775807"},
                {INT64_MIN, "-9223372036854775808"}};
    buf_t b;
    buf_init(&b, 100);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        buf_clear(&b);
        buf_i64(&b, rows[i].value);
        assert_holds(&b, rows[i].text);
    }
    buf_fini(&b);
}

static void grows_up_to_its_ceiling(void **state)
{
    (void)state;
    buf_t b;
    buf_init(&b, 1000);
    for (int i = 0; i < 1000; i++) {
        buf_char(&b, (char)('a' + i % 26));
    }
    assert_true(buf_ok(&b));
    assert_int_equal(b.n, 1000);
    assert_true(b.capacity <= 1001);
    assert_int_equal(strlen(buf_c(&b)), 1000);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(b.p[i], 'a' + i % 26);
    }
    buf_char(&b, 'x');
    assert_false(buf_ok(&b));
    assert_int_equal(b.n, 1000);
    buf_fini(&b);
}

static void keeps_its_fault(void **state)
{
    (void)state;
    buf_t b;
    buf_init(&b, 4);
    buf_lit(&b, "abc");
    buf_lit(&b, "de"); /* nothing of it goes in */
    assert_false(buf_ok(&b));
    assert_holds(&b, "abc");
    buf_lit(&b, "d"); /* would fit, but the text would have a hole */
    assert_holds(&b, "abc");
    assert_string_equal(buf_c(&b), "abc");
    buf_clear(&b);
    assert_true(buf_ok(&b));
    buf_printf(&b, "%s", "abcd");
    assert_true(buf_ok(&b));
    assert_string_equal(buf_c(&b), "abcd");
    buf_printf(&b, "%d", 1);
    assert_false(buf_ok(&b));
    assert_holds(&b, "abcd");
    buf_fini(&b);
}

static void refuses_sizes_that_would_wrap(void **state)
{
    (void)state;
    buf_t b;
    buf_init(&b, SIZE_MAX);
    buf_lit(&b, "ab");
    assert_false(buf_reserve(&b, SIZE_MAX));
    assert_false(buf_ok(&b));
    assert_holds(&b, "ab");
    buf_fini(&b);

    buf_init(&b, 0);
    assert_true(buf_reserve(&b, 0));
    buf_char(&b, 'a');
    assert_false(buf_ok(&b));
    assert_holds(&b, "");
    buf_fini(&b);
}

static void reserves(void **state)
{
    (void)state;
    buf_t b;
    buf_init(&b, 200);
    buf_lit(&b, "ab");
    assert_true(buf_reserve(&b, 198));
    memset(b.p + b.n, 'x', 198);
    b.n += 198;
    assert_int_equal(strlen(buf_c(&b)), 200);
    assert_false(buf_reserve(&b, 1));
    buf_fini(&b);
}

static void gives_its_memory_away(void **state)
{
    (void)state;
    buf_t b;
    buf_init(&b, 100);
    size_t n = 99;
    char *empty = buf_take(&b, &n);
    assert_string_equal(empty, "");
    assert_int_equal(n, 0);
    buf_lit(&b, "abc");
    char *taken = buf_take(&b, &n);
    assert_string_equal(taken, "abc");
    assert_int_equal(n, 3);
    assert_holds(&b, "");
    buf_lit(&b, "d");
    char *again = buf_take(&b, NULL);
    assert_string_equal(again, "d");
    free(empty);
    free(taken);
    free(again);
    buf_fini(&b);
}

static void wipes_when_emptied(void **state)
{
    (void)state;
    buf_t b;
    buf_init_wiping(&b, 10000);
    for (int i = 0; i < 1000; i++) { /* moves several times */
        buf_lit(&b, "secret");
    }
    assert_int_equal(b.n, 6000);
    assert_memory_equal(b.p + 5994, "secret", 6);
    buf_clear(&b);
    for (size_t i = 0; i < b.capacity; i++) {
        assert_int_equal(b.p[i], 0);
    }
    buf_fini(&b);
    assert_null(b.p);
}

static void is_harmless_when_zeroed(void **state)
{
    (void)state;
    buf_t b = {0};
    assert_string_equal(buf_c(&b), "");
    buf_clear(&b);
    buf_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appends),
        cmocka_unit_test(writes_numbers),
        cmocka_unit_test(grows_up_to_its_ceiling),
        cmocka_unit_test(keeps_its_fault),
        cmocka_unit_test(refuses_sizes_that_would_wrap),
        cmocka_unit_test(reserves),
        cmocka_unit_test(gives_its_memory_away),
        cmocka_unit_test(wipes_when_emptied),
        cmocka_unit_test(is_harmless_when_zeroed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
