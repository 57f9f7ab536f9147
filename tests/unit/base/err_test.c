/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/err.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

static void reports_code_text_and_place(void **state)
{
    (void)state;
    err_t err = ERR_INIT;
    assert_false(err_is_set(&err));
    assert_false(err_set_at(&err, ERR_definition_missing_key, 12, 5, "%s is missing", "id"));
    assert_true(err_is_set(&err));
    assert_int_equal(err.code, ERR_definition_missing_key);
    assert_string_equal(err.text, "id is missing");
    assert_int_equal(err.line, 12);
    assert_int_equal(err.column, 5);
}

static void keeps_the_first_report(void **state)
{
    (void)state;
    err_t err = ERR_INIT;
    assert_false(err_set(&err, ERR_not_found, "first"));
    assert_false(err_set(&err, ERR_internal_error, "second"));
    assert_false(err_set_at(&err, ERR_internal_error, 1, 2, "third"));
    assert_int_equal(err.code, ERR_not_found);
    assert_string_equal(err.text, "first");
    assert_int_equal(err.line, 0);
}

static void cuts_long_texts_at_a_code_point(void **state)
{
    (void)state;
    char text[600];
    err_t err = ERR_INIT;
    memset(text, 'a', sizeof text);
    text[599] = '\0';
    memcpy(text + 398, "\xc3\xa9", 2); /* the first byte would fit */
    assert_false(err_set(&err, ERR_not_found, "%s", text));
    assert_int_equal(strlen(err.text), 398);
    assert_true(str_is_utf8(str_of(err.text)));
}

static void collects_details(void **state)
{
    (void)state;
    err_t err = ERR_INIT;
    for (int i = 0; i < ERR_DETAILS_MAX + 5; i++) {
        char pointer[32];
        snprintf(pointer, sizeof pointer, "/items/%d", i);
        assert_false(
            err_add_detail(&err, i ? ERR_param_type : ERR_param_missing, pointer, "fault %d", i));
    }
    assert_int_equal(err.code, ERR_param_missing);
    assert_string_equal(err.text, "fault 0");
    assert_int_equal(err.detail_count, ERR_DETAILS_MAX);
    assert_string_equal(err.details[0].pointer, "/items/0");
    assert_string_equal(err.details[49].pointer, "/items/49");
    assert_string_equal(err.details[49].text, "fault 49");
    err_fini(&err);
    assert_false(err_is_set(&err));
    assert_null(err.details);
    err_fini(&err);
}

static void cuts_long_details(void **state)
{
    (void)state;
    char pointer[300];
    memset(pointer, '/', sizeof pointer);
    pointer[299] = '\0';
    memcpy(pointer + 126, "\xc3\xa9", 2);
    err_t err = ERR_INIT;
    assert_false(err_add_detail(&err, ERR_param_type, pointer, "%300s", "x"));
    assert_int_equal(strlen(err.details[0].pointer), 126);
    assert_int_equal(strlen(err.details[0].text), 255);
    pointer[127] = '\0'; /* just fits */
    pointer[126] = 'a';
    assert_false(err_add_detail(&err, ERR_param_type, pointer, "y"));
    assert_int_equal(strlen(err.details[1].pointer), 127);
    err_fini(&err);
}

static void keeps_a_report_that_came_before_details(void **state)
{
    (void)state;
    err_t err = ERR_INIT;
    assert_false(err_set(&err, ERR_json_invalid, "first"));
    assert_false(err_add_detail(&err, ERR_param_type, "/a", "second"));
    assert_int_equal(err.code, ERR_json_invalid);
    assert_string_equal(err.text, "first");
    assert_int_equal(err.detail_count, 1);
    err_fini(&err);
}

static void knows_its_table(void **state)
{
    (void)state;
    assert_string_equal(err_code_name(ERR_none), "none");
    assert_string_equal(err_code_name(ERR_param_missing), "param_missing");
    assert_int_equal(err_code_status(ERR_param_missing), 400);
    assert_int_equal(err_code_status(ERR_upstream_timeout), 504);
    assert_int_equal(err_code_status(ERR_definition_value), 0);
    assert_string_equal(err_code_title(ERR_not_found), "There is no such thing here");
    assert_int_equal(err_code_of(STR("nothing_of_that_name")), ERR_none);
    assert_int_equal(err_code_of(STR("not_foun")), ERR_none);
    assert_int_equal(err_code_of(STR_NONE), ERR_none);
    assert_string_equal(err_code_name((err_code_t)(ERR_COUNT + 7)), "internal_error");
}

static void names_every_code_once(void **state)
{
    (void)state;
    for (unsigned code = ERR_none + 1; code < ERR_COUNT; code++) {
        const char *name = err_code_name((err_code_t)code);
        int status = err_code_status((err_code_t)code);
        assert_int_equal(err_code_of(str_of(name)), code);
        assert_true(strlen(err_code_title((err_code_t)code)) > 0);
        assert_true(status == 0 || (status >= 400 && status < 600));
        for (const char *c = name; *c; c++) {
            assert_true(*c == '_' || (ascii_is_alnum(*c) && *c == ascii_lower(*c)));
        }
    }
}

static void cleans_a_strangers_text(void **state)
{
    (void)state;
    static const struct {
        str_t from;
        size_t size;
        const char *to;
    } rows[] = {{STR_INIT("invalid_grant"), 64, "invalid_grant"},
                {STR_INIT("a\r\nb\0c\x7f"
                          "d"),
                 64, "abcd"},
                {STR_INIT("\x1b[31mred"), 64, "[31mred"},
                {STR_INIT("a\xc2\x85"
                          "b\xe2\x80\xa8"
                          "c\xe2\x80\xae"
                          "d"),
                 64, "abcd"},
                {STR_INIT("a\xff\xc3"
                          "b\xed\xa0\x80"
                          "c"),
                 64, "abc"},
                {STR_INIT("gr\xc3\xbc\xc3\x9f"), 64, "gr\xc3\xbc\xc3\x9f"},
                {STR_INIT("gr\xc3\xbc\xc3\x9f"), 6, "gr\xc3\xbc"},
                {STR_INIT("gr\xc3\xbc"), 5, "gr\xc3\xbc"},
                {STR_INIT("gr\xc3\xbc"), 4, "gr"},
                {STR_INIT("abc"), 1, ""},
                {STR_INIT(""), 8, ""},
                {{NULL, 0}, 8, ""}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        char to[64];
        memset(to, 'x', sizeof to);
        err_clean_text(to, rows[i].size, rows[i].from);
        assert_string_equal(to, rows[i].to);
    }
    char untouched = 'x';
    err_clean_text(&untouched, 0, STR("abc"));
    assert_int_equal(untouched, 'x');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reports_code_text_and_place),
        cmocka_unit_test(keeps_the_first_report),
        cmocka_unit_test(cuts_long_texts_at_a_code_point),
        cmocka_unit_test(collects_details),
        cmocka_unit_test(cuts_long_details),
        cmocka_unit_test(keeps_a_report_that_came_before_details),
        cmocka_unit_test(knows_its_table),
        cmocka_unit_test(names_every_code_once),
        cmocka_unit_test(cleans_a_strangers_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
