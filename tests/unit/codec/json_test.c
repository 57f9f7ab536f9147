/* SPDX-License-Identifier: MIT */
#include "codec/check.h"

#include <stdio.h>

#include "codec/json.h"

static void reads_and_writes(void **state)
{
    (void)state;
    static const struct {
        str_t text;
        const char *written;
    } rows[] = {
        {STR_INIT("null"), "null"},
        {STR_INIT(" \t\r\n true \n"), "true"},
        {STR_INIT("\xef\xbb\xbf{}"), "{}"},
        {STR_INIT("\"x\""), "\"x\""},
        {STR_INIT("{ \"b\" : 1 , \"a\" : [ ] , \"c\" : { } }"), "{\"b\":1,\"a\":[],\"c\":{}}"},
        {STR_INIT("[0,-0,1,-1,9223372036854775807,-9223372036854775808]"),
         "[0,0,1,-1,9223372036854775807,-9223372036854775808]"},
        {STR_INIT("[1.0,0.1,1e3,-2.5E-3,19.99,1e300,0.30000000000000004]"),
         "[1.0,0.1,1000.0,-0.0025,19.99,1e+300,0.30000000000000004]"},
        {STR_INIT("\"a/b\\/c\\u002f\""), "\"a/b/c/\""},
        {STR_INIT("\"\\u00e4\xc3\xa4\\ud83d\\ude00\""), "\"\xc3\xa4\xc3\xa4\xf0\x9f\x98\x80\""},
        {STR_INIT("\"\\b\\f\\n\\r\\t\\\"\\\\\\u0000\\u001f\\u007f\""),
         "\"\\b\\f\\n\\r\\t\\\"\\\\\\u0000\\u001f\x7f\""},
        {STR_INIT("{\"a\":\"\\\",\\\"role\\\":\\\"admin\"}"),
         "{\"a\":\"\\\",\\\"role\\\":\\\"admin\"}"},
        {STR_INIT("{\"a\":1,\"A\":2}"), "{\"a\":1,\"A\":2}"},
        {STR_INIT("[\"9223372036854775808\",\"\\\\\",\"[[[\"]"),
         "[\"9223372036854775808\",\"\\\\\",\"[[[\"]"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        err_t err = ERR_INIT;
        buf_t b;
        json_t *v = json_read(rows[i].text, NULL, &err);
        assert_string_equal(err.text, "");
        assert_non_null(v);
        buf_init(&b, 1000);
        json_write(&b, v);
        check_buf(&b, rows[i].written);
        buf_fini(&b);
        json_decref(v);
    }
}

/* One wide integer must not turn its neighbours into reals. */
static void keeps_integers_beside_wide_ones(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *written;
    } rows[] = {
        {"[9223372036854775808]", "[9223372036854775808]"},
        {"[1,99999999999999999999,9007199254740993,\"18446744073709551616\",2]",
         "[1,100000000000000000000,9007199254740993,\"18446744073709551616\",2]"},
        {"{\"a\":-99999999999999999999,\"b\":-5}", "{\"a\":-100000000000000000000,\"b\":-5}"},
        {"9999999999999999999999999", "1e+25"},
        {"[1e30,99999999999999999999]", "[1e+30,100000000000000000000]"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        err_t err = ERR_INIT;
        buf_t b;
        json_t *v = json_read(str_of(rows[i].text), NULL, &err);
        assert_string_equal(err.text, "");
        buf_init(&b, 1000);
        json_write(&b, v);
        check_buf(&b, rows[i].written);
        buf_fini(&b);
        json_decref(v);
    }
    err_t err = ERR_INIT;
    json_t *v = json_read(STR("[1,99999999999999999999]"), NULL, &err);
    assert_true(json_is_integer(json_array_get(v, 0)));
    assert_true(json_is_real(json_array_get(v, 1)));
    json_decref(v);
}

static void refuses(void **state)
{
    (void)state;
    static const struct {
        str_t text;
        const char *code;
        const char *place;
    } rows[] = {
        {STR_INIT(""), "json_invalid", "at byte 0"},
        {STR_INIT("  "), "json_invalid", "at byte 2"},
        {STR_INIT("{"), "json_invalid", "at byte 1"},
        {STR_INIT("nul"), "json_invalid", "at byte 3"},
        {STR_INIT("{\"a\":1,}"), "json_invalid", "at byte 8"},
        {STR_INIT("{} x"), "json_invalid", "at byte 4"},
        {STR_INIT("[1] [2]"), "json_invalid", "at byte 5"},
        {STR_INIT("/* c */ {}"), "json_invalid", "at byte 1"},
        {STR_INIT("[NaN]"), "json_invalid", "at byte 4"},
        {STR_INIT("[Infinity]"), "json_invalid", "at byte 9"},
        {STR_INIT("{'a':1}"), "json_invalid", "at byte 2"},
        {STR_INIT("{a:1}"), "json_invalid", "at byte 2"},
        {STR_INIT("[01]"), "json_invalid", "at byte 2"},
        {STR_INIT("[1.]"), "json_invalid", "at byte 3"},
        {STR_INIT("[+1]"), "json_invalid", "at byte 2"},
        {STR_INIT("[-]"), "json_invalid", "at byte 2"},
        {STR_INIT("[1e400]"), "json_invalid", "overflow at byte 6"},
        {STR_INIT("[\"a\nb\"]"), "json_invalid", "at byte"},
        {STR_INIT("[\"\\ud800\"]"), "json_invalid", "at byte"},
        {STR_INIT("{\"a\\u0000\":1}"), "json_invalid", "at byte"},
        {STR_INIT("[\0]"), "json_invalid", "at byte 2"},
        {STR_INIT("[\"abc"), "json_invalid", "at byte 5"},
        {STR_INIT("\xef\xbb\xbf{} x"), "json_invalid", "at byte 7"},
        {STR_INIT("[99999999999999999999,88888888888888888888,x]"), "json_invalid", "at byte 44"},
        {STR_INIT("[99999999999999999999 1]"), "json_invalid", "at byte 23"},
        {STR_INIT("{\"a\":1,\"a\":2}"), "json_duplicate_key", "at byte"},
        {STR_INIT("{\"x\":[{\"a\":1,\"\\u0061\":2}]}"), "json_duplicate_key", "at byte"},
        {STR_INIT("\"\xff\""), "request_bad_encoding", "UTF-8"},
        {STR_INIT("\"\xc0\xaf\""), "request_bad_encoding", "UTF-8"},
        {STR_INIT("\"\xed\xa0\x80\""), "request_bad_encoding", "UTF-8"},
        {STR_INIT("\xff\xfe{\0}\0"), "request_bad_encoding", "UTF-8"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        err_t err = ERR_INIT;
        json_t *v = json_read(rows[i].text, NULL, &err);
        assert_null(v);
        if (!strstr(err.text, rows[i].place)) {
            print_error("%.*s: %s\n", STR_ARG(rows[i].text), err.text);
        }
        check_err(&err, rows[i].code);
        assert_non_null(strstr(err.text, rows[i].place));
    }
}

static void never_quotes_the_input(void **state)
{
    (void)state;
    err_t err = ERR_INIT;
    assert_null(json_read(STR("{\"password\":\"hunter2\" x"), NULL, &err));
    assert_null(strstr(err.text, "hunter2"));
    err = ERR_INIT;
    assert_null(json_read(STR("{\"password\":hunter2}"), NULL, &err));
    assert_null(strstr(err.text, "hunter2"));
}

static str_t nested(buf_t *b, char open, size_t levels)
{
    buf_clear(b);
    for (size_t i = 0; i < levels; i++) {
        buf_char(b, open);
    }
    for (size_t i = 0; i < levels && open == '['; i++) {
        buf_char(b, ']');
    }
    return buf_view(b);
}

static void bounds_depth(void **state)
{
    (void)state;
    static const struct {
        char open;
        size_t levels;
        unsigned limit;
        const char *text;
    } rows[] = {
        {'[', 32, 0, ""},
        {'[', 33, 0, "more than 32 levels at byte 32"},
        {'[', 100000, 0, "more than 32 levels at byte 32"},
        {'{', 33, 0, "more than 32 levels at byte 32"},
        {'[', 64, 64, ""},
        {'[', 65, 64, "more than 64 levels at byte 64"},
        {'[', 2, 1, "more than 1 levels at byte 1"},
    };
    buf_t b;
    buf_init(&b, 1 << 20);
    for (size_t i = 0; i < COUNT(rows); i++) {
        err_t err = ERR_INIT;
        json_limits_t limits = {.depth = rows[i].limit};
        json_t *v = json_read(nested(&b, rows[i].open, rows[i].levels), &limits, &err);
        assert_string_equal(err.text, rows[i].text);
        assert_int_equal(v != NULL, rows[i].text[0] == '\0');
        check_err(&err, v ? "none" : "json_too_deep");
        json_decref(v);
    }
    buf_fini(&b);
}

static void counts_no_brackets_in_strings(void **state)
{
    (void)state;
    json_limits_t limits = {.depth = 1};
    err_t err = ERR_INIT;
    json_t *v = json_read(STR("[\"[[\\\"[[{{\", \"\\\\\", \"[\"]"), &limits, &err);
    assert_non_null(v);
    assert_int_equal(json_array_size(v), 3);
    json_decref(v);
}

static void bounds_items_and_strings(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *code;
    } rows[] = {
        {"[1,2,3]", "none"},
        {"[1,2,3,4]", "param_limit"},
        {"{\"a\":[[1,2,3,4]]}", "param_limit"},
        {"\"12345\"", "none"},
        {"\"123456\"", "param_too_long"},
        {"\"1234\\u0035\"", "none"},
        {"[\"\xc3\xa4\xc3\xa4\xc3\xa4\"]", "param_too_long"},
        {"{\"12345\":{\"123456\":1}}", "param_too_long"},
    };
    json_limits_t limits = {.array_items = 3, .string_bytes = 5};
    for (size_t i = 0; i < COUNT(rows); i++) {
        err_t err = ERR_INIT;
        json_t *v = json_read(str_of(rows[i].text), &limits, &err);
        check_err(&err, rows[i].code);
        assert_int_equal(v != NULL, strcmp(rows[i].code, "none") == 0);
        json_decref(v);
    }
}

static void takes_the_last_of_a_name_where_told(void **state)
{
    (void)state;
    static const json_limits_t limits = {.last_wins = true};
    err_t err = ERR_INIT;
    json_t *v = json_read(STR("{\"a\": 12345678901234567890, \"a\": 2}"), &limits, &err);
    assert_int_equal(json_integer_value(json_object_get(v, "a")), 2);
    json_decref(v);
    assert_null(json_read(STR("{\"a\": 1, \"a\": 2}"), NULL, &err));
    assert_int_equal(err.code, ERR_json_duplicate_key);
}

static void counts_values_before_it_makes_them(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *code;
    } rows[] = {
        {"[1,2,3,4]", "none"},
        {"[1,2,3,4,5]", "param_limit"},
        {"{\"a\":1,\"b\":2,\"c\":3,\"d\":4}", "none"},
        {"{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5}", "param_limit"},
        {"[[[[]]]]", "none"},
        {"[[[[[]]]]]", "param_limit"},
        {"[[1,2],[3]]", "param_limit"},
        {"[\",,,,{{[[\",\"\\\",,,,\"]", "none"},
        {"[1,2,3,4,5", "param_limit"}, /* the rest is not looked at */
    };
    const json_limits_t limits = {.values = 4};
    for (size_t i = 0; i < COUNT(rows); i++) {
        err_t err = ERR_INIT;
        json_t *v = json_read(str_of(rows[i].text), &limits, &err);
        check_err(&err, rows[i].code);
        assert_int_equal(v != NULL, strcmp(rows[i].code, "none") == 0);
        json_decref(v);
    }
}

static void writes_pretty(void **state)
{
    (void)state;
    err_t err = ERR_INIT;
    buf_t b;
    json_t *v = json_read(STR("{\"a\":[1,{\"b\":null}],\"c\":[],\"d\":{}}"), NULL, &err);
    buf_init(&b, 1000);
    json_write_pretty(&b, v);
    check_buf(&b, "{\n  \"a\": [\n    1,\n    {\n      \"b\": null\n    }\n  ],\n"
                  "  \"c\": [],\n  \"d\": {}\n}");
    buf_fini(&b);
    json_decref(v);
}

static void replaces_invalid_utf8(void **state)
{
    (void)state;
    static const struct {
        str_t bytes;
        const char *written;
    } rows[] = {
        {STR_INIT("a\xff"
                  "b"),
         "\"a\xef\xbf\xbd"
         "b\""},
        {STR_INIT("\xc3"), "\"\xef\xbf\xbd\""},
        {STR_INIT("\xed\xa0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
        {STR_INIT("\xc3\xa4\"\n\0"), "\"\xc3\xa4\\\"\\n\\u0000\""},
        {STR_INIT(""), "\"\""},
        {{NULL, 0}, "\"\""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        buf_t b;
        buf_init(&b, 100);
        json_write_string(&b, rows[i].bytes);
        check_buf(&b, rows[i].written);
        json_t *v = json_str(rows[i].bytes);
        buf_clear(&b);
        json_write(&b, v);
        check_buf(&b, rows[i].written);
        json_decref(v);
        buf_fini(&b);
    }
}

static void views_strings(void **state)
{
    (void)state;
    err_t err = ERR_INIT;
    json_t *v = json_read(STR("{\"s\":\"a\\u0000b\",\"n\":1,\"e\":\"\"}"), NULL, &err);
    assert_true(str_eq(json_member(v, "s"), STR("a\0b")));
    check_str(json_member(v, "n"), NULL);
    check_str(json_member(v, "missing"), NULL);
    check_str(json_member(v, "e"), "");
    check_str(json_view(NULL), NULL);
    check_str(json_member(json_object_get(v, "n"), "x"), NULL);
    json_decref(v);
}

/* The allocator's own test is the address sanitizer: it sees every byte that is wiped. */
static void wipes_freed_memory(void **state)
{
    (void)state;
    err_t err = ERR_INIT;
    json_wipe_freed_memory();
    json_t *v = json_read(STR("{\"a\":[1,2.5,\"secret\"],\"bb\":{\"c\":null}}"), NULL, &err);
    assert_non_null(v);
    for (int i = 0; i < 100; i++) {
        char key[16];
        snprintf(key, sizeof key, "k%d", i);
        json_object_set_new(v, key, json_str(str_of(key)));
    }
    json_decref(v);
    assert_null(json_read(STR("{\"a\":[1,2.5,\"secret\"],\"bb\":{\"c\":nul"), NULL, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_and_writes),
        cmocka_unit_test(keeps_integers_beside_wide_ones),
        cmocka_unit_test(refuses),
        cmocka_unit_test(never_quotes_the_input),
        cmocka_unit_test(bounds_depth),
        cmocka_unit_test(counts_no_brackets_in_strings),
        cmocka_unit_test(bounds_items_and_strings),
        cmocka_unit_test(takes_the_last_of_a_name_where_told),
        cmocka_unit_test(counts_values_before_it_makes_them),
        cmocka_unit_test(writes_pretty),
        cmocka_unit_test(replaces_invalid_utf8),
        cmocka_unit_test(views_strings),
        cmocka_unit_test(wipes_freed_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
