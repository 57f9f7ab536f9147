/* SPDX-License-Identifier: MIT */
/* Answers as they came: whole, in their order, and no more than one record holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "connection/answers.h"

static upstream_answer_t answer_of(int status, const message_header_t *headers, str_t body)
{
    return (upstream_answer_t){status, headers, headers ? 1 : 0, body};
}

static void keeps_what_upstream_lends(void **state)
{
    (void)state;
    arena_t *arena = arena_new(0), *other = arena_new(0);
    char lent[] = "SID=one";
    message_header_t header = {STR("Set-Cookie"), str_of(lent)};
    answers_t a = {.sent_at_ms = 7}, copy = {.count = 3};
    const upstream_answer_t one = answer_of(200, &header, STR("body"));
    assert_true(answers_add(&a, &one, arena));
    memset(lent, 'x', strlen(lent));
    answers_copy(&copy, &a, other);
    arena_free(arena);
    assert_int_equal(copy.count, 1);
    assert_int_equal(copy.sent_at_ms, 7);
    assert_int_equal(copy.list[0].status, 200);
    assert_true(str_is(copy.list[0].body, "body"));
    assert_true(
        str_is(message_header_get(copy.list[0].headers, copy.list[0].header_count, "set-cookie"),
               "SID=one"));
    arena_free(other);
}

static void has_ceilings(void **state)
{
    (void)state;
    arena_t *arena = arena_new(0);
    answers_t many = {0}, large = {0};
    const upstream_answer_t small = answer_of(200, NULL, STR(""));
    for (size_t i = 0; i < GRANT_REQUESTS_MAX; i++) {
        assert_true(answers_add(&many, &small, arena));
    }
    assert_false(answers_add(&many, &small, arena));
    char *body = calloc(1, ANSWERS_BYTES_MAX);
    const upstream_answer_t half = answer_of(200, NULL, str_at(body, ANSWERS_BYTES_MAX / 2));
    const message_header_t header = {STR("X"), STR("")};
    const upstream_answer_t more = answer_of(200, &header, STR(""));
    assert_true(answers_add(&large, &half, arena));
    assert_true(answers_add(&large, &half, arena));
    assert_true(answers_add(&large, &small, arena));
    assert_false(answers_add(&large, &more, arena));
    free(body);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_what_upstream_lends),
        cmocka_unit_test(has_ceilings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
