/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "call/proxied.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

static err_code_t take(arena_t *arena, const message_header_t *headers, size_t count, proxied_t *out)
{
    err_t err = ERR_INIT;
    out->path = STR("/x");
    bool ok = proxied_take(arena, headers, count, out, &err);
    assert_int_equal(ok, !err_is_set(&err));
    return err.code;
}

static void header_fields_for_the_far_end_pass(void **state)
{
    (void)state;
    static const struct {
        const char *name, *passes; /* NULL: stays behind */
    } rows[] = {
        {"accept", "accept"},
        {"content-type", "content-type"},
        {"content-encoding", "content-encoding"},
        {"if-none-match", "if-none-match"},
        {"range", "range"},
        {"prefer", "prefer"},
        {"idempotency-key", "idempotency-key"},
        {"tenon-proxy-notion-version", "notion-version"},
        {"tenon-proxy-user-agent", "user-agent"},
        {"tenon-proxy-x-api-key", "x-api-key"},
        {"authorization", NULL},
        {"x-api-key", NULL},
        {"cookie", NULL},
        {"user-agent", NULL},
        {"origin", NULL},
        {"referer", NULL},
        {"connection", NULL},
        {"te", NULL},
        {"proxy-authorization", NULL},
        {"x-forwarded-for", NULL},
        {"forwarded", NULL},
        {"via", NULL},
        {"x-original-url", NULL},
        {"x-request-id", NULL},
        {"traceparent", NULL},
        {"x-any", NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        arena_t *arena = arena_new(0);
        proxied_t out = {.method = STR_INIT("GET")};
        const message_header_t header = {str_of(rows[i].name), STR("v")};
        assert_int_equal(take(arena, &header, 1, &out), ERR_none);
        if (out.header_count != (rows[i].passes != NULL) ||
            (rows[i].passes && !str_is(out.headers[0].name, rows[i].passes))) {
            fail_msg("%s", rows[i].name);
        }
        arena_free(arena);
    }
}

static void what_belongs_to_the_connection_cannot_be_given(void **state)
{
    (void)state;
    static const char *const names[] = {
        "authorization", "cookie",          "host",          "content-length",
        "connection",    "te",              "trailer",       "transfer-encoding",
        "upgrade",       "expect",          "keep-alive",    "proxy-authorization",
        "forwarded",     "x-forwarded-for", "x-real-ip",     "via",
        "traceparent",   "x-original-url",  "x-rewrite-url", "tenon-proxy-x",
        "sec-fetch-site"};
    for (size_t i = 0; i < COUNT(names); i++) {
        arena_t *arena = arena_new(0);
        proxied_t out = {.method = STR_INIT("GET")};
        char name[64];
        snprintf(name, sizeof name, "tenon-proxy-%s", names[i]);
        const message_header_t header = {str_of(name), STR("v")};
        if (take(arena, &header, 1, &out) != ERR_param_unknown) {
            fail_msg("%s", name);
        }
        arena_free(arena);
    }
    arena_t *arena = arena_new(0);
    proxied_t out = {.method = STR_INIT("GET")};
    const message_header_t nameless = {STR("tenon-proxy-"), STR("v")};
    assert_int_equal(take(arena, &nameless, 1, &out), ERR_param_unknown);
    arena_free(arena);
}

static void lines_of_one_name_are_one_list(void **state)
{
    (void)state;
    arena_t *arena = arena_new(0);
    proxied_t out = {.method = STR_INIT("GET")};
    const message_header_t headers[] = {
        {STR("if-match"), STR("\"a\"")}, {STR("accept"), STR("text/csv")},
        {STR("if-match"), STR("\"b\"")}, {STR("tenon-proxy-if-match"), STR("\"c\"")}};
    assert_int_equal(take(arena, headers, COUNT(headers), &out), ERR_none);
    assert_int_equal(out.header_count, 2);
    assert_true(str_is(out.headers[0].value, "\"a\", \"b\", \"c\""));
    arena_free(arena);
}

static void lists_have_a_ceiling(void **state)
{
    (void)state;
    enum { LONG = 9000 };
    arena_t *arena = arena_new(0);
    proxied_t out = {.method = STR_INIT("GET")};
    char *value = malloc(LONG);
    assert_non_null(value);
    memset(value, 'v', LONG);
    const message_header_t headers[] = {{STR("accept"), str_at(value, LONG)},
                                        {STR("accept"), str_at(value, LONG)}};
    assert_int_equal(take(arena, headers, 1, &out), ERR_none);
    assert_int_equal(take(arena, headers, 2, &out), ERR_request_header_too_long);
    free(value);
    arena_free(arena);
}

static void values_are_printable(void **state)
{
    (void)state;
    arena_t *arena = arena_new(0);
    proxied_t out = {.method = STR_INIT("GET")};
    const message_header_t bad = {STR("accept"), STR("caf\xc3\xa9")};
    const message_header_t ignored = {STR("x-any"), STR("caf\xc3\xa9")};
    assert_int_equal(take(arena, &bad, 1, &out), ERR_param_control_char);
    assert_int_equal(take(arena, &ignored, 1, &out), ERR_none);
    arena_free(arena);
}

static void a_query_is_what_a_request_line_can_carry(void **state)
{
    (void)state;
    static const struct {
        const char *query;
        err_code_t code;
    } rows[] = {
        {NULL, ERR_none},
        {"", ERR_none},
        {"a=b&&c=%zz&$filter=x%20eq%201|{}[]^`\"<>", ERR_none},
        {"a#b", ERR_param_control_char},
        {"a\\b", ERR_param_control_char},
        {"a b", ERR_param_control_char},
        {"a\x01", ERR_param_control_char},
        {"caf\xc3\xa9", ERR_param_control_char},
        {"a\x7f", ERR_param_control_char},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        arena_t *arena = arena_new(0);
        proxied_t out = {.query = str_of(rows[i].query)};
        if (take(arena, NULL, 0, &out) != rows[i].code) {
            fail_msg("%s", rows[i].query);
        }
        arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(header_fields_for_the_far_end_pass),
        cmocka_unit_test(what_belongs_to_the_connection_cannot_be_given),
        cmocka_unit_test(lines_of_one_name_are_one_list),
        cmocka_unit_test(lists_have_a_ceiling),
        cmocka_unit_test(values_are_printable),
        cmocka_unit_test(a_query_is_what_a_request_line_can_carry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
