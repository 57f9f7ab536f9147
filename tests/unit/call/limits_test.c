/* SPDX-License-Identifier: MIT */
#include "call/limited.h"

#include "call/limits.h"

static void call_once(const char *action, int64_t now_ms)
{
    throttle_verdict_t v;
    seat_t *s = seat_of(action);
    throttle_admit(s->throttle, now_ms, &v);
    seat_free(s);
}

static void assert_shows(const char *keys, int64_t now_ms, const char *expected)
{
    buf_t text;
    json_t *ids = read_json(keys);
    const limited_t of = {connection->connector, connection->name};
    json_t *shown = limits_show(throttle, &of, ids, now_ms);
    buf_init(&text, 65536);
    json_write(&text, shown);
    if (!str_is(buf_view(&text), expected)) {
        fail_msg("%s\nis not\n%s", buf_c(&text), expected);
    }
    buf_fini(&text);
    json_decref(shown);
    json_decref(ids);
}

#define OF_CONNECTION                                                                              \
    "{\"name\":\"say \\\"ah\\\" \\\\ ü\",\"scope\":\"connection\",\"calls\":5,\"per_ms\":60000,"
#define OF_CONNECTOR                                                                               \
    "{\"name\":\"connector\",\"scope\":\"connector\",\"calls\":100,\"per_ms\":3600000,"
#define OF_ONE                                                                                     \
    "{\"name\":\"connection\",\"action\":\"One\",\"scope\":\"connection\",\"calls\":2,\"per_ms\":" \
    "500,"
#define OF_CALLER(key)                                                                             \
    "{\"name\":\"caller\",\"scope\":\"caller\",\"key\":\"" key "\",\"calls\":3,\"per_ms\":1500,"

/* In the order of the definition, each with its own window; of callers those that were asked for.
 */
static void limits_stand_as_they_were_used(void **state)
{
    (void)state;
    assert_shows("[]", 1000,
                 "[" OF_CONNECTION "\"left\":5,\"reset_in\":0}," OF_CONNECTOR
                 "\"left\":100,\"reset_in\":0}," OF_ONE "\"left\":2,\"reset_in\":0}]");
    assert_int_equal(throttle_window_count(throttle), 0);
    call_once("One", 1000);
    call_once("Two", 1000);
    call_once("Two", 1200);
    assert_shows(
        "[\"local\",\"k1\"]", 1300,
        "[" OF_CONNECTION
        "\"left\":2,\"reset_in\":60}," OF_CALLER("local") "\"left\":0,\"reset_in\":2}," OF_CALLER(
            "k1") "\"left\":3,\"reset_in\":0}," OF_CONNECTOR
                  "\"left\":97,\"reset_in\":3600}," OF_ONE "\"left\":1,\"reset_in\":1}]");
    assert_shows("[]", 1800,
                 "[" OF_CONNECTION "\"left\":2,\"reset_in\":60}," OF_CONNECTOR
                 "\"left\":97,\"reset_in\":3600}," OF_ONE "\"left\":2,\"reset_in\":0}]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(limits_stand_as_they_were_used, up, down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
