/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/utf8.h"

#include <string.h>

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

static void decodes(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t length;
        uint32_t code_point;
    } rows[] = {{"a", 1, 'a'},
                {"\xc3\xa9", 2, 0xe9},
                {"\xe2\x82\xac", 3, 0x20ac},
                {"\xf0\x9f\x98\x80!", 4, 0x1f600},
                {"\xf4\x8f\xbf\xbf", 4, 0x10ffff},
                {"\xc0\xaf", 0, 0},
                {"\xed\xa0\x80", 0, 0},
                {"\xe2\x82", 0, 0},
                {"\x80", 0, 0}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint32_t code_point = 0;
        size_t length = utf8_decode(rows[i].bytes, strlen(rows[i].bytes), &code_point);
        assert_int_equal(length, rows[i].length);
        assert_int_equal(code_point, rows[i].code_point);
    }
    uint32_t code_point;
    assert_int_equal(utf8_decode("", 0, &code_point), 0);
}

/* Every code point that there is comes back from its own bytes. */
static void decodes_all_that_can_be_encoded(void **state)
{
    (void)state;
    for (uint32_t c = 0x800; c <= 0xffff; c++) {
        const char bytes[] = {(char)(0xe0 | (c >> 12)), (char)(0x80 | ((c >> 6) & 0x3f)),
                              (char)(0x80 | (c & 0x3f))};
        bool surrogate = c >= 0xd800 && c <= 0xdfff;
        uint32_t back = 0;
        assert_int_equal(utf8_decode(bytes, sizeof bytes, &back), surrogate ? 0 : 3);
        assert_int_equal(back, surrogate ? 0 : c);
    }
}

static void drops_what_a_cut_left(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t whole;
    } rows[] = {{"", 0},
                {"abc", 3},
                {"a\xc3", 1},
                {"a\xc3\xa9", 3},
                {"a\xe2\x82", 1},
                {"a\xe2\x82\xac", 4},
                {"a\xf0\x9f\x98", 1},
                {"\xf0\x9f\x98\x80", 4},
                {"\x80\x80", 2},
                {"a\x80\x80\x80\x80", 5}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(utf8_whole(rows[i].bytes, strlen(rows[i].bytes)), rows[i].whole);
    }
}

static void knows_controls(void **state)
{
    (void)state;
    static const struct {
        uint32_t code_point;
        bool control;
    } rows[] = {{0, true},      {0x1f, true},    {' ', false},    {'~', false},   {0x7f, true},
                {0x9f, true},   {0xa0, false},   {0x2027, false}, {0x2028, true}, {0x2029, true},
                {0x202e, true}, {0x202f, false}, {0x2066, true},  {0xfeff, true}, {0x1f600, false}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(utf8_is_control(rows[i].code_point), rows[i].control);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decodes),
        cmocka_unit_test(decodes_all_that_can_be_encoded),
        cmocka_unit_test(drops_what_a_cut_left),
        cmocka_unit_test(knows_controls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
