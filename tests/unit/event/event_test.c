/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "event/event.h"

static event_t *make(const log_field_t *fields)
{
    buf_t data;
    buf_init(&data, EVENT_DATA_MAX);
    event_write_data(&data, STR("acme"), fields);
    event_t *e = event_new(EVENT_STATE_CHANGED, 42, 1764403200123, STR("acme"), buf_view(&data));
    buf_fini(&data);
    return e;
}

static void the_text_tells_all(void **state)
{
    (void)state;
    event_t *e = make((const log_field_t[]){LOG_S("detail", STR("a \"b\"\n\xff")),
                                            LOG_S("absent", STR_NONE),
                                            LOG_I("status", -3),
                                            LOG_B("whole", true),
                                            {0}});
    assert_string_equal(e->id_text, "0000000000000042");
    static const char WANTED[] = "{\"id\":\"0000000000000042\",\"type\":\"connection.state_"
                                 "changed\",\"timestamp\":\"2025-11-29T08:00:00."
                                 "123Z\",\"data\":{\"connection\":\"acme\",\"detail\":\"a "
                                 "\\\"b\\\"\\n\xef\xbf\xbd\",\"status\":-3,\"whole\":true}}";
    assert_int_equal(e->text.n, sizeof WANTED - 1);
    assert_memory_equal(e->text.p, WANTED, sizeof WANTED - 1);
    event_unref(e);
}

static void assert_seen(const event_t *e, const char *key, const char *data)
{
    buf_t to;
    buf_init(&to, EVENT_DATA_MAX);
    event_write(&to, e, key);
    str_t text = buf_view(&to);
    size_t at = str_find(text, STR("\"data\":"), 0);
    assert_true(str_is(str_slice(text, at + 7, text.n), data));
    buf_fini(&to);
}

/* Whatever a service says: only members name keys. */
static void a_key_is_told_to_itself(void **state)
{
    (void)state;
    event_t *e = make((const log_field_t[]){LOG_S("detail", STR("x\",\"key\":\"y")),
                                            LOG_S("key", STR("4kTz09Qa")),
                                            LOG_I("status", 502),
                                            {0}});
    static const char ALL[] = "{\"connection\":\"acme\",\"detail\":\"x\\\",\\\"key\\\":\\\"y\","
                              "\"key\":\"4kTz09Qa\",\"status\":502}}";
    static const char LESS[] = "{\"connection\":\"acme\",\"detail\":\"x\\\",\\\"key\\\":\\\"y\","
                               "\"status\":502}}";
    event_t *again = event_read(e->text);
    const event_t *const both[] = {e, again};
    for (size_t i = 0; i < 2; i++) {
        assert_seen(both[i], NULL, ALL);
        assert_seen(both[i], "4kTz09Qa", ALL);
        assert_seen(both[i], "4kTz09Qb", LESS);
        assert_seen(both[i], "", LESS);
    }
    event_unref(again);
    event_unref(e);
    e = make((const log_field_t[]){LOG_S("by", STR("env")), {0}});
    assert_seen(e, "4kTz09Qa", "{\"connection\":\"acme\"}}");
    event_unref(e);
    e = make((const log_field_t[]){{0}});
    assert_seen(e, "4kTz09Qa", "{\"connection\":\"acme\"}}");
    event_unref(e);
}

static void what_was_kept_is_read(void **state)
{
    (void)state;
    event_t *e = make((const log_field_t[]){{0}});
    event_t *again = event_read(e->text);
    assert_non_null(again);
    assert_int_equal(again->id, 42);
    assert_int_equal(again->kind, EVENT_STATE_CHANGED);
    assert_string_equal(again->connection, "acme");
    assert_true(str_eq(again->text, e->text));
    event_unref(event_ref(again));
    event_unref(again);
    event_unref(e);
    static const str_t NONE[] = {STR_INIT(""), STR_INIT("{}"),
                                 STR_INIT("{\"id\":\"1\",\"type\":\"no.such\"}"),
                                 STR_INIT("{\"id\":\"x\",\"type\":\"token.failed\"}")};
    for (size_t i = 0; i < sizeof NONE / sizeof *NONE; i++) {
        assert_null(event_read(NONE[i]));
    }
}

static void ids_are_numbers(void **state)
{
    (void)state;
    uint64_t id = 7;
    assert_true(event_id_read(STR("0000000000000042"), &id) && id == 42);
    assert_true(event_id_read(STR("0"), &id) && id == 0);
    assert_false(event_id_read(STR("-1"), &id));
    assert_false(event_id_read(STR(""), &id));
    assert_false(event_id_read(STR("12345678901234567"), &id));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_text_tells_all),
        cmocka_unit_test(a_key_is_told_to_itself),
        cmocka_unit_test(what_was_kept_is_read),
        cmocka_unit_test(ids_are_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
