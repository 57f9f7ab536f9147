/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "base/str.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

static void assert_str(str_t s, const char *expected)
{
    assert_int_equal(s.n, strlen(expected));
    if (s.n) {
        assert_memory_equal(s.p, expected, s.n);
    }
}

static void compares(void **state)
{
    (void)state;
    static const struct {
        const char *a;
        const char *b;
        int order;
    } rows[] = {{"", "", 0},     {"a", "a", 0},  {"a", "b", -1},   {"b", "a", 1},
                {"a", "ab", -1}, {"ab", "a", 1}, {"\xff", "a", 1}, {"Z", "a", -1}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        int order = str_compare(str_of(rows[i].a), str_of(rows[i].b));
        assert_int_equal((order > 0) - (order < 0), rows[i].order);
        assert_int_equal(str_eq(str_of(rows[i].a), str_of(rows[i].b)), rows[i].order == 0);
    }
    assert_int_equal(str_compare(STR_NONE, STR("")), 0);
    assert_true(str_eq(STR_NONE, STR("")));
    assert_false(str_is(STR("a\0b"), "a"));
}

static void ignores_case_of_ascii_only(void **state)
{
    (void)state;
    assert_true(str_eq_nocase(STR("Content-TYPE"), STR("content-type")));
    assert_false(str_eq_nocase(STR("a"), STR("ab")));
    assert_false(str_eq_nocase(STR("@"), STR("`")));
    assert_false(str_eq_nocase(STR("["), STR("{")));
    assert_false(str_eq_nocase(STR("\xc3\x84"), STR("\xc3\xa4")));
    assert_true(str_ends_nocase(STR("x.YAML"), STR(".yaml")));
    assert_false(str_ends_nocase(STR("yaml"), STR(".yaml")));
}

static void knows_starts_and_ends(void **state)
{
    (void)state;
    static const struct {
        const char *s;
        const char *part;
        bool starts;
        bool ends;
    } rows[] = {{"abc", "", true, true},    {"", "", true, true},
                {"abc", "abc", true, true}, {"abc", "ab", true, false},
                {"abc", "bc", false, true}, {"abc", "abcd", false, false},
                {"", "a", false, false},    {"aba", "a", true, true}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(str_starts(str_of(rows[i].s), str_of(rows[i].part)), rows[i].starts);
        assert_int_equal(str_ends(str_of(rows[i].s), str_of(rows[i].part)), rows[i].ends);
    }
    assert_true(str_starts(STR_NONE, STR_NONE));
    assert_false(str_ends(STR_NONE, STR("a")));
}

static void finds(void **state)
{
    (void)state;
    static const struct {
        const char *s;
        const char *needle;
        size_t from;
        size_t at;
    } rows[] = {{"a${b}${c}", "${", 0, 1},
                {"a${b}${c}", "${", 2, 5},
                {"a${b}${c}", "${", 6, SIZE_MAX},
                {"abc", "", 3, 3},
                {"abc", "", 4, SIZE_MAX},
                {"abc", "abcd", 0, SIZE_MAX},
                {"abc", "c", 2, 2},
                {"abc", "c", SIZE_MAX, SIZE_MAX},
                {"", "", 0, 0}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(str_find(str_of(rows[i].s), str_of(rows[i].needle), rows[i].from),
                         rows[i].at);
    }
    assert_int_equal(str_find(STR("a\0b"), STR("\0b"), 0), 1);
    assert_int_equal(str_find(STR_NONE, STR("a"), 0), SIZE_MAX);
    assert_int_equal(str_index(STR("a=b=c"), '='), 1);
    assert_int_equal(str_index(STR("abc"), '='), SIZE_MAX);
    assert_int_equal(str_index(STR_NONE, '='), SIZE_MAX);
}

static void slices_and_trims(void **state)
{
    (void)state;
    static const struct {
        size_t from;
        size_t to;
        const char *slice;
    } rows[] = {{0, 3, "abc"}, {1, 2, "b"}, {0, 99, "abc"}, {3, 3, ""}, {9, 12, ""}, {2, 1, ""}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_str(str_slice(STR("abc"), rows[i].from, rows[i].to), rows[i].slice);
    }
    assert_null(str_slice(STR_NONE, 0, 1).p);
    assert_str(str_trim(STR(" \t\r\n a b \n")), "a b");
    assert_str(str_trim(STR("   ")), "");
    assert_str(str_trim(STR("\v")), "\v");
    assert_null(str_trim(STR_NONE).p);
}

static void cuts_piece_by_piece(void **state)
{
    (void)state;
    str_t rest = STR("a,,b");
    assert_str(str_cut(&rest, ','), "a");
    assert_str(str_cut(&rest, ','), "");
    assert_str(str_cut(&rest, ','), "b");
    assert_null(rest.p);
    assert_null(str_cut(&rest, ',').p);

    rest = STR("a,");
    assert_str(str_cut(&rest, ','), "a");
    assert_non_null(rest.p);
    assert_str(str_cut(&rest, ','), "");
    assert_null(rest.p);
}

static void knows_utf8(void **state)
{
    (void)state;
    static const struct {
        str_t s;
        bool valid;
        size_t code_points;
    } rows[] = {
        {STR_INIT(""), true, 0},
        {STR_INIT("plain ascii of more than eight bytes"), true, 36},
        {STR_INIT("a\0b"), true, 3},
        {STR_INIT("\x7f"), true, 1},
        {STR_INIT("\xc2\x80"), true, 1},
        {STR_INIT("\xdf\xbf"), true, 1},
        {STR_INIT("\xe0\xa0\x80"), true, 1},
        {STR_INIT("\xed\x9f\xbf"), true, 1},
        {STR_INIT("\xee\x80\x80"), true, 1},
        {STR_INIT("\xef\xbf\xbf"), true, 1},
        {STR_INIT("\xf0\x90\x80\x80"), true, 1},
        {STR_INIT("\xf4\x8f\xbf\xbf"), true, 1},
        {STR_INIT("12345678\xc3\xa9"
                  "12345678"),
         true, 17},
        {STR_INIT("\x80"), false, 0},
        {STR_INIT("\xbf"), false, 0},
        {STR_INIT("\xc0\x80"), false, 0},         /* overlong NUL */
        {STR_INIT("\xc1\xbf"), false, 0},         /* overlong */
        {STR_INIT("\xe0\x9f\xbf"), false, 0},     /* overlong */
        {STR_INIT("\xf0\x8f\xbf\xbf"), false, 0}, /* overlong */
        {STR_INIT("\xed\xa0\x80"), false, 0},     /* first surrogate */
        {STR_INIT("\xed\xbf\xbf"), false, 0},     /* last surrogate */
        {STR_INIT("\xf4\x90\x80\x80"), false, 0}, /* over U+10FFFF */
        {STR_INIT("\xf5\x80\x80\x80"), false, 0},
        {STR_INIT("\xff"), false, 0},
        {STR_INIT("a\xc3"), false, 0}, /* cut */
        {STR_INIT("a\xe2\x82"), false, 0},
        {STR_INIT("a\xf0\x9f\x98"), false, 0},
        {STR_INIT("\xc3(12345678"), false, 0}, /* no continuation */
        {STR_INIT("\xe2\x28\xa1"), false, 0},
        {STR_INIT("12345678\xff"), false, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(str_is_utf8(rows[i].s), rows[i].valid);
        if (rows[i].valid) {
            assert_int_equal(str_code_points(rows[i].s), rows[i].code_points);
        }
    }
    assert_true(str_is_utf8(STR_NONE));
}

static void reads_unsigned_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool ok;
        uint64_t value;
    } rows[] = {{"0", true, 0},
                {"007", true, 7},
                {"18446744073709551615", true, UINT64_MAX},
                {"18446744073709551616", false, 0},
                {"99999999999999999999", false, 0},
                {"", false, 0},
                {"-1", false, 0},
                {"+1", false, 0},
                {" 1", false, 0},
                {"1 ", false, 0},
                {"1e3", false, 0},
                {"0x1", false, 0}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint64_t value = 0;
        assert_int_equal(str_to_u64(str_of(rows[i].text), &value), rows[i].ok);
        assert_int_equal(value, rows[i].value);
    }
    uint64_t value;
    assert_false(str_to_u64(STR_NONE, &value));
}

static void reads_signed_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool ok;
        int64_t value;
    } rows[] = {{"0", true, 0},
                {"-0", true, 0},
                {"-12", true, -12},
                {"9223372036854775807", true, INT64_MAX},
                {"9223372036854775808", false, 0},
                {"-9223372036854775808", true, INT64_MIN},
                {"-9223372036854775809", false, 0},
                {"-", false, 0},
                {"--1", false, 0},
                {"+1", false, 0},
                {"", false, 0}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t value = 0;
        assert_int_equal(str_to_i64(str_of(rows[i].text), &value), rows[i].ok);
        assert_true(value == rows[i].value);
    }
}

static void knows_ascii(void **state)
{
    (void)state;
    for (int c = -128; c < 128; c++) {
        bool digit = c >= '0' && c <= '9';
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        assert_int_equal(ascii_is_digit((char)c), digit);
        assert_int_equal(ascii_is_alnum((char)c), digit || letter);
    }
    static const struct {
        char c;
        int value;
    } rows[] = {{'0', 0},  {'9', 9},  {'a', 10}, {'f', 15}, {'A', 10}, {'F', 15},
                {'g', -1}, {'@', -1}, {'`', -1}, {'/', -1}, {':', -1}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(ascii_hex_value(rows[i].c), rows[i].value);
    }
}

static void copies(void **state)
{
    (void)state;
    char *copy = str_dup(STR("abc"));
    assert_string_equal(copy, "abc");
    free(copy);
    copy = str_dup(STR_NONE);
    assert_string_equal(copy, "");
    free(copy);
}

static void measures_distance(void **state)
{
    (void)state;
    static const struct {
        const char *a;
        const char *b;
        unsigned limit;
        unsigned distance;
    } rows[] = {{"", "", 2, 0},
                {"method", "method", 2, 0},
                {"method", "methd", 2, 1},
                {"method", "methood", 2, 1},
                {"method", "mathod", 2, 1},
                {"method", "mehtod", 2, 1}, /* neighbours swapped */
                {"method", "ehtodm", 2, 3},
                {"ab", "ba", 0, 1},
                {"", "abc", 3, 3},
                {"abc", "", 2, 3},
                {"kitten", "sitting", 3, 3},
                {"kitten", "sitting", 2, 3}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        str_t a = str_of(rows[i].a);
        str_t b = str_of(rows[i].b);
        assert_int_equal(str_distance(a, b, rows[i].limit), rows[i].distance);
        assert_int_equal(str_distance(b, a, rows[i].limit), rows[i].distance);
    }
}

static void measures_up_to_64_bytes(void **state)
{
    (void)state;
    char text[65];
    memset(text, 'a', sizeof text);
    assert_int_equal(str_distance(str_at(text, 64), str_at(text, 64), 2), 0);
    assert_int_equal(str_distance(str_at(text, 64), STR(""), 100), 64);
    assert_int_equal(str_distance(str_at(text, 65), str_at(text, 65), 2), 3);
}

static void tells_tokens(void **state)
{
    (void)state;
    assert_true(str_is_token(STR("GET")) && str_is_token(STR("x-!#$%&'*+-.^_`|~9")));
    static const str_t others[] = {STR_INIT(""),    STR_INIT("a b"),   STR_INIT("a:"),
                                   STR_INIT("("),   STR_INIT("\"a\""), STR_INIT("\xC3\xA9"),
                                   STR_INIT("a\0"), STR_INIT("a\n")};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_false(str_is_token(others[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_tokens),
        cmocka_unit_test(compares),
        cmocka_unit_test(ignores_case_of_ascii_only),
        cmocka_unit_test(knows_starts_and_ends),
        cmocka_unit_test(finds),
        cmocka_unit_test(slices_and_trims),
        cmocka_unit_test(cuts_piece_by_piece),
        cmocka_unit_test(knows_utf8),
        cmocka_unit_test(reads_unsigned_numbers),
        cmocka_unit_test(reads_signed_numbers),
        cmocka_unit_test(knows_ascii),
        cmocka_unit_test(copies),
        cmocka_unit_test(measures_distance),
        cmocka_unit_test(measures_up_to_64_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
