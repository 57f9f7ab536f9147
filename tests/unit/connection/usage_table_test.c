/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "codec/json.h"
#include "connection/usage_table.h"

static void add(usage_table_t *t, uint32_t at, const char *action, const char *key, uint32_t calls,
                uint32_t errors)
{
    const uint32_t counts[USAGE_NUMBERS] = {[USAGE_CALLS] = calls, [USAGE_ERRORS] = errors};
    usage_table_add(t, at, str_of(action), str_of(key), counts);
}

/* As it is written, which tells all of it. */
static void assert_is(const usage_table_t *t, const char *expected)
{
    buf_t text;
    json_t *written = usage_table_write(t);
    buf_init(&text, 1 << 20);
    json_write(&text, written);
    if (!str_is(buf_view(&text), expected)) {
        fail_msg("%s\nis not\n%s", buf_c(&text), expected);
    }
    buf_fini(&text);
    json_decref(written);
}

static void is_added_up_by_action_and_key(void **state)
{
    (void)state;
    usage_table_t t = {0};
    assert_is(&t, "{\"total\":[],\"actions\":{},\"keys\":{}}");
    add(&t, 7, "Get", "k1", 2, 0);
    add(&t, 7, "Get", "k2", 1, 1);
    add(&t, 9, "Put", "k1", 4, 0);
    add(&t, 8, "Put", "k1", 1, 0); /* late */
    add(&t, 9, NULL, NULL, 1, 0);  /* of no action and no key */
    assert_is(&t, "{\"total\":[[7,3,0,0,1],[8,1],[9,5]],"
                  "\"actions\":{\"Get\":[[7,3,0,0,1]],\"Put\":[[8,1],[9,4]]},"
                  "\"keys\":{\"k1\":[[7,2],[8,1],[9,4]],\"k2\":[[7,1,0,0,1]]}}");
    usage_table_fini(&t);
    usage_table_fini(&t);
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    static const char TEXT[] =
        "{\"total\":[[7,3,1,2,1,9]],\"actions\":{\"Get\":[[7,3]],\"*\":[[7,1]]},"
        "\"keys\":{\"k\":[[6,3],[7,3]]}}";
    err_t err = ERR_INIT;
    usage_table_t t = {0};
    json_t *written = json_read(str_of(TEXT), NULL, &err);
    usage_table_read(&t, written);
    assert_is(&t, TEXT);
    usage_table_read(&t, written); /* adds */
    assert_int_equal(t.total.buckets[0].counts[USAGE_TOKEN_REQUESTS], 18);
    json_decref(written);
    usage_table_fini(&t);
}

/* A record that somebody has spoiled costs what it holds, no more. */
static void odd_records_are_read_as_far_as_they_go(void **state)
{
    (void)state;
    static const struct {
        const char *text, *expected;
    } rows[] = {
        {"null", "{\"total\":[],\"actions\":{},\"keys\":{}}"},
        {"{\"total\":7}", "{\"total\":[],\"actions\":{},\"keys\":{}}"},
        {"{\"total\":[7,[],[\"x\",1],[5,\"y\",2]]}",
         "{\"total\":[[5,0,2]],\"actions\":{},\"keys\":{}}"},
        {"{\"actions\":[1],\"keys\":{\"k\":{}}}",
         "{\"total\":[],\"actions\":{},\"keys\":{\"k\":[]}}"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        usage_table_t t = {0};
        json_t *written = json_loads(rows[i].text, JSON_DECODE_ANY, NULL);
        assert_non_null(written);
        usage_table_read(&t, written);
        assert_is(&t, rows[i].expected);
        json_decref(written);
        usage_table_fini(&t);
    }
}

static void minutes_become_hours(void **state)
{
    (void)state;
    usage_table_t minutes = {0}, hours = {0};
    add(&minutes, 59, "Get", "k", 1, 0);
    add(&minutes, 60, "Get", "k", 2, 0);
    add(&minutes, 119, "Put", "k", 4, 0);
    add(&minutes, 120, "Get", "k", 8, 0);
    usage_table_merge(&hours, &minutes, 60);
    assert_is(&hours, "{\"total\":[[0,1],[1,6],[2,8]],\"actions\":{\"Get\":[[0,1],[1,2],[2,8]],"
                      "\"Put\":[[1,4]]},\"keys\":{\"k\":[[0,1],[1,6],[2,8]]}}");
    usage_table_fini(&minutes);
    usage_table_fini(&hours);
}

static void old_buckets_go_or_move(void **state)
{
    (void)state;
    usage_table_t t = {0}, old = {0};
    add(&t, 5, "Get", "k1", 1, 0);
    add(&t, 6, "Get", "k1", 1, 0);
    add(&t, 7, "Put", "k2", 1, 0);
    assert_true(usage_table_begins_before(&t, 6));
    assert_false(usage_table_begins_before(&t, 5));
    assert_false(usage_table_begins_before(&old, 9));
    usage_table_move_before(&t, 6, &old);
    assert_is(&old, "{\"total\":[[5,1]],\"actions\":{\"Get\":[[5,1]]},\"keys\":{\"k1\":[[5,1]]}}");
    assert_is(&t, "{\"total\":[[6,1],[7,1]],\"actions\":{\"Get\":[[6,1]],\"Put\":[[7,1]]},"
                  "\"keys\":{\"k1\":[[6,1]],\"k2\":[[7,1]]}}");
    usage_table_prune(&t, 7);
    assert_is(&t, "{\"total\":[[7,1]],\"actions\":{\"Put\":[[7,1]]},\"keys\":{\"k2\":[[7,1]]}}");
    usage_table_prune(&t, 8);
    assert_is(&t, "{\"total\":[],\"actions\":{},\"keys\":{}}");
    usage_table_fini(&t);
    usage_table_fini(&old);
}

/* Of 40 actions 32 are told apart; a row that is free again goes to who comes next. */
static void rows_have_a_ceiling(void **state)
{
    (void)state;
    usage_table_t t = {0};
    char name[16];
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 40; i++) {
            (void)snprintf(name, sizeof name, "A%d", i);
            add(&t, (uint32_t)round, name, "k", 1, 0);
        }
    }
    assert_int_equal(t.actions.count, USAGE_ROWS_MAX + 1);
    const usage_row_t *rest = &t.actions.list[USAGE_ROWS_MAX];
    assert_string_equal(rest->name, USAGE_OTHERS);
    assert_int_equal(rest->buckets[0].counts[USAGE_CALLS], 8);
    assert_int_equal(rest->buckets[1].counts[USAGE_CALLS], 8);
    assert_int_equal(t.total.buckets[1].counts[USAGE_CALLS], 40);
    assert_int_equal(t.keys.count, 1);

    usage_table_t same = {0};
    usage_table_merge(&same, &t, 1);
    usage_table_merge(&same, &t, 1);
    assert_int_equal(same.actions.count, USAGE_ROWS_MAX + 1);
    assert_int_equal(same.total.buckets[0].counts[USAGE_CALLS], 80);
    usage_table_fini(&same);

    usage_table_prune(&t, 2);
    assert_int_equal(t.actions.count, 0);
    add(&t, 3, "A39", "k", 1, 0);
    assert_string_equal(t.actions.list[0].name, "A39");
    usage_table_fini(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_added_up_by_action_and_key),
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(odd_records_are_read_as_far_as_they_go),
        cmocka_unit_test(minutes_become_hours),
        cmocka_unit_test(old_buckets_go_or_move),
        cmocka_unit_test(rows_have_a_ceiling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
