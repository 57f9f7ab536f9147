/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "event/filter.h"

static event_t *of(event_kind_t kind, const char *connection)
{
    return event_new(kind, 1, 0, str_of(connection), STR("{}"));
}

static void kinds_and_connections_are_chosen(void **state)
{
    (void)state;
    static const struct {
        str_t types;
        bool bound; /* to the connection a */
        event_kind_t kind;
        const char *connection;
        bool taken;
    } ROWS[] = {
        {{NULL, 0}, false, EVENT_KEY_CREATED, "", true},
        {{NULL, 0}, false, EVENT_CALL_FAILED, "a", true},
        {{NULL, 0}, false, EVENT_CALL_DONE, "a", false},
        {STR_INIT("call.done"), false, EVENT_CALL_DONE, "a", true},
        {STR_INIT("call.*"), false, EVENT_CALL_DONE, "a", true},
        {STR_INIT("token.failed, key.created"), false, EVENT_KEY_CREATED, "", true},
        {STR_INIT("token.failed"), false, EVENT_KEY_CREATED, "", false},
        {{NULL, 0}, true, EVENT_KEY_CREATED, "", false},
        {{NULL, 0}, true, EVENT_STATE_CHANGED, "a", true},
        {{NULL, 0}, true, EVENT_STATE_CHANGED, "b", false},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        event_filter_t f = {0};
        err_t err = ERR_INIT;
        assert_true(event_filter_read_kinds(&f, ROWS[i].types, &err));
        f.connections = ROWS[i].bound ? json_pack("{s:b}", "a", 1) : NULL;
        event_t *e = of(ROWS[i].kind, ROWS[i].connection);
        assert_int_equal(event_filter_takes(&f, e), ROWS[i].taken);
        event_unref(e);
        event_filter_fini(&f);
    }
}

static void what_is_past_is_not_told_to_all(void **state)
{
    (void)state;
    event_filter_t f = {.kinds = event_bit(EVENT_CALL_FAILED)};
    event_t *e = of(EVENT_CALL_FAILED, "a");
    for (int i = 0; i < 4; i++) {
        e->is_past = i & 1;
        f.present_only = i & 2;
        assert_int_equal(event_filter_takes(&f, e), i != 3);
    }
    event_unref(e);
}

static void a_kind_that_there_is_not_is_told(void **state)
{
    (void)state;
    event_filter_t f = {0};
    err_t err = ERR_INIT;
    assert_false(event_filter_read_kinds(&f, STR("token.failed,token.lost"), &err));
    assert_int_equal(err.code, ERR_param_value);
    assert_string_equal(err.details[0].pointer, "/type");
    err_fini(&err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_and_connections_are_chosen),
        cmocka_unit_test(what_is_past_is_not_told_to_all),
        cmocka_unit_test(a_kind_that_there_is_not_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
