/* SPDX-License-Identifier: MIT */
/* Keys: what a record says, what is shown of it, what it allows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/json.h"
#include "connection/key_record.h"

#define DIGEST "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

typedef struct row {
    const char *plain;
    bool readable, is_admin;
    unsigned rights;
    size_t connections;
    int64_t expires;
    const char *shown; /* NULL: not looked at */
} row_t;

static const row_t ROWS[] = {
    {"{\"role\":\"caller\",\"connections\":[\"a\",\"b\"],\"rights\":[\"token\"],\"created_at_ms\":"
     "1795318267089,"
     "\"expires_at_ms\":1795318268000,\"digest\":\"" DIGEST "\"}",
     true, false, 1u << KEY_RIGHT_TOKEN, 2, 1795318268000,
     "{\"id\":\"abcdefgh\",\"role\":\"caller\",\"connections\":[\"a\",\"b\"],\"rights\":[\"token\"]"
     ","
     "\"created_at\":\"2026-11-22T03:31:07Z\",\"expires_at\":\"2026-11-22T03:31:08Z\"}"},
    {"{\"role\":\"admin\",\"connections\":[],\"rights\":[],\"created_at_ms\":0,\"digest\":\"" DIGEST
     "\"}",
     true, true, 0, 0, 0,
     "{\"id\":\"abcdefgh\",\"role\":\"admin\",\"connections\":[],\"rights\":[],\"created_at\":"
     "\"1970-01-01T00:00:00Z\"}"},
    /* What a record does not say is not allowed. */
    {"{\"digest\":\"" DIGEST "\"}", true, false, 0, 0, 0, NULL},
    {"{\"role\":\"Admin\",\"rights\":[\"all\",7],\"digest\":\"" DIGEST "\"}", true, false, 0, 0, 0,
     NULL},
    {"{\"role\":\"admin\"}", false, false, 0, 0, 0, NULL},
    {"{\"role\":\"admin\",\"digest\":\"00\"}", false, false, 0, 0, 0, NULL},
    {"{\"role\":\"admin\",\"digest\":\"zz\"}", false, false, 0, 0, 0, NULL},
    {"{", false, false, 0, 0, 0, NULL},
};

static void records_are_read_and_shown(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        const row_t *row = &ROWS[i];
        const store_record_t record = {
            .kind = STR("key"), .id = STR("abcdefgh"), .plain = str_of(row->plain)};
        caller_key_t *key = key_record_read(&record);
        assert_int_equal(key != NULL, row->readable);
        if (key) {
            assert_string_equal(key->id, "abcdefgh");
            assert_int_equal(key->is_admin, row->is_admin);
            assert_int_equal(key->rights, row->rights);
            assert_int_equal(key->connection_count, row->connections);
            assert_int_equal(key->expires_wall_ms, row->expires);
            assert_int_equal(key->digest[31], 31);
        }
        caller_key_unref(key);
        json_t *shown = key_record_show(&record, 0);
        buf_t text;
        buf_init(&text, 4096);
        json_write(&text, shown);
        assert_int_equal(str_find(buf_view(&text), STR("digest"), 0), SIZE_MAX);
        if (row->shown) {
            assert_string_equal(buf_c(&text), row->shown);
        }
        buf_fini(&text);
        json_decref(shown);
    }
}

static void a_key_opens_what_it_is_bound_to(void **state)
{
    (void)state;
    const store_record_t record = {
        .kind = STR("key"), .id = STR("abcdefgh"), .plain = str_of(ROWS[0].plain)};
    caller_key_t *key = key_record_read(&record), *again = caller_key_ref(key),
                 *local = caller_key_local();
    assert_true(caller_key_may_call(key, STR("a")));
    assert_true(caller_key_may_call(key, STR("b")));
    assert_false(caller_key_may_call(key, STR("ab")));
    assert_false(caller_key_may_call(key, STR("")));
    assert_false(caller_key_may_call(key, STR("A")));
    assert_true(caller_key_has(key, KEY_RIGHT_TOKEN));
    assert_false(caller_key_has(key, KEY_RIGHT_PROXY));
    assert_false(caller_key_has(key, KEY_RIGHT_METRICS));
    assert_string_equal(local->id, "local");
    assert_true(caller_key_may_call(local, STR("a")));
    assert_true(caller_key_has(local, KEY_RIGHT_METRICS));
    caller_key_unref(key);
    assert_true(caller_key_may_call(again, STR("a")));
    caller_key_unref(again);
    caller_key_unref(local);
    caller_key_unref(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_are_read_and_shown),
        cmocka_unit_test(a_key_opens_what_it_is_bound_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
