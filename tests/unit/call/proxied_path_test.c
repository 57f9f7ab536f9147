/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "call/proxied.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

static err_code_t judge(const char *path)
{
    arena_t *arena = arena_new(0);
    err_t err = ERR_INIT;
    bool ok = proxied_path_check(arena, str_of(path), &err);
    assert_int_equal(ok, !err_is_set(&err));
    arena_free(arena);
    return err.code;
}

static void what_stays_below_passes(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",
        "/",
        "/a",
        "/a/",
        "/a/b.c/d",
        "/-._~!$&'()*+,;=:@",
        "/%20/%C3%A9/%E2%82%AC",
        "/v1.0/users('a@b.example')/$value",
        "/rows;matrix=1/x",
        "/.well-known/x",
        "/..a/a../.a./a.b",
        "/a..b",
        "/%2Ea",           /* .a */
        "/group%2Fproject", /* one segment with a slash in it, as many APIs want it */
        "/sites/https%3A%2F%2Fwww.example.com%2F/query",
        "/a%252Fb", /* encoded twice */
        "/100%25",
        "/100%2525",
        "/%25zz",
        "/;a",
        "/a;..",
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        err_code_t code = judge(rows[i]);
        if (code != ERR_none) {
            fail_msg("%s: %s", rows[i], err_code_name(code));
        }
    }
}

static void what_could_leave_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        err_code_t code;
    } rows[] = {
        /* dot segments */
        {"/.", ERR_param_dot_segment},
        {"/..", ERR_param_dot_segment},
        {"/a/..", ERR_param_dot_segment},
        {"/a/../b", ERR_param_dot_segment},
        {"/a/./b", ERR_param_dot_segment},
        {"/../../etc", ERR_param_dot_segment},
        {"/...", ERR_param_dot_segment},
        /* encoded */
        {"/%2e%2e/x", ERR_param_dot_segment},
        {"/%2E./x", ERR_param_dot_segment},
        {"/.%2e", ERR_param_dot_segment},
        {"/%252e%252e/x", ERR_param_dot_segment},
        {"/%25252e%25252e/x", ERR_param_dot_segment},
        {"/a%2f..%2fb", ERR_param_dot_segment},
        {"/a%2F%2E%2E%2Fb", ERR_param_dot_segment},
        {"/..%2f", ERR_param_dot_segment},
        {"/%2f..", ERR_param_dot_segment},
        {"/a%252f..%252fb", ERR_param_dot_segment},
        {"/%252e%252e%2F%25", ERR_param_dot_segment}, /* a broken escape behind them hides nothing */
        {"/%25%32%65%25%32%65/x", ERR_param_dot_segment},
        /* with what readers drop */
        {"/..;/x", ERR_param_dot_segment},
        {"/..;a=b/x", ERR_param_dot_segment},
        {"/%2e%2e;/x", ERR_param_dot_segment},
        {"/..%3b/x", ERR_param_dot_segment},
        {"/..%20/x", ERR_param_dot_segment},
        {"/.%20./x", ERR_param_dot_segment},
        /* empty segments */
        {"//", ERR_param_empty},
        {"//evil.example/x", ERR_param_empty},
        {"/a//b", ERR_param_empty},
        {"/http://evil.example/", ERR_param_empty},
        /* backslashes */
        {"/a\\..\\b", ERR_param_control_char},
        {"/\\evil.example", ERR_param_control_char},
        {"/a%5c..%5cb", ERR_param_control_char},
        {"/%5Cevil.example", ERR_param_control_char},
        {"/a%255c..%255cb", ERR_param_control_char},
        /* characters that no path holds, or that end it */
        {"/a%00b", ERR_param_control_char},
        {"/a%2500b", ERR_param_control_char},
        {"/a%0d%0aHost:%20evil", ERR_param_control_char},
        {"/a%09", ERR_param_control_char},
        {"/a%7F", ERR_param_control_char},
        {"/a#b", ERR_param_control_char},
        {"/a?b", ERR_param_control_char},
        {"/a b", ERR_param_control_char},
        {"/a\tb", ERR_param_control_char},
        {"/a\"b", ERR_param_control_char},
        {"/<a>", ERR_param_control_char},
        {"/a|b", ERR_param_control_char},
        {"/{a}", ERR_param_control_char},
        {"/[a]", ERR_param_control_char},
        {"/a^b`", ERR_param_control_char},
        {"/caf\xc3\xa9", ERR_param_control_char},
        {"/\x80", ERR_param_control_char},
        /* escapes that are none, and bytes that are no text */
        {"/%", ERR_request_bad_encoding},
        {"/%2", ERR_request_bad_encoding},
        {"/a%zz", ERR_request_bad_encoding},
        {"/%u002e%u002e/x", ERR_request_bad_encoding},
        {"/%c0%ae%c0%ae/x", ERR_request_bad_encoding}, /* overlong dots */
        {"/%c0%af", ERR_request_bad_encoding},
        {"/%ff", ERR_request_bad_encoding},
        {"/%25c0%25ae", ERR_request_bad_encoding},
        {"/%252525252e", ERR_request_bad_encoding}, /* encoded five times */
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        err_code_t code = judge(rows[i].path);
        if (code != rows[i].code) {
            fail_msg("%s: %s", rows[i].path, err_code_name(code));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_stays_below_passes),
        cmocka_unit_test(what_could_leave_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
