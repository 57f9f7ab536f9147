/* SPDX-License-Identifier: MIT */
#include "call/limited.h"

#include "call/limits.h"
#include "codec/json.h"

static void call_once(const char *action, int64_t now_ms)
{
    throttle_verdict_t v;
    seat_t *s = seat_of(action);
    throttle_admit(s->throttle, now_ms, &v);
    seat_free(s);
}

/* Of what leaves the window when, a list of sixty, only the places that are not 0: "59:1". */
static void fold_leaving(json_t *shown)
{
    size_t i, at;
    json_t *limit, *count;
    json_array_foreach(shown, i, limit)
    {
        buf_t places;
        buf_init(&places, 1024);
        json_array_foreach(json_object_get(limit, "leaving"), at, count)
        {
            if (json_integer_value(count)) {
                buf_printf(&places, "%s%zu:%d", places.n ? " " : "", at, (int)json_integer_value(count));
            }
        }
        if (json_object_get(limit, "leaving")) {
            json_object_set_new(limit, "leaving", json_str(buf_view(&places)));
        }
        buf_fini(&places);
    }
}

static void assert_shows(const char *keys, int64_t now_ms, const char *expected)
{
    buf_t text;
    json_t *ids = read_json(keys);
    const limited_t of = {connection->connector, connection->name, true};
    json_t *shown = limits_show(throttle, &of, ids, now_ms);
    fold_leaving(shown);
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
                 "[" OF_CONNECTION "\"left\":5,\"used\":0,\"reset_in\":0}," OF_CONNECTOR
                 "\"left\":100,\"used\":0,\"reset_in\":0}," OF_ONE "\"left\":2,\"used\":0,\"reset_in\":0}]");
    assert_int_equal(throttle_window_count(throttle), 0);
    call_once("One", 1000);
    call_once("Two", 1000);
    call_once("Two", 1200);
    assert_shows(
        "[\"local\",\"k1\"]", 1300,
        "[" OF_CONNECTION
        "\"left\":2,\"used\":3,\"reset_in\":60,\"leaving\":\"59:3\"}," OF_CALLER("local") "\"left\":0,\"used\":3,\"reset_in\":2,\"leaving\":\"47:2 55:1\"}," OF_CALLER(
            "k1") "\"left\":3,\"used\":0,\"reset_in\":0}," OF_CONNECTOR
                  "\"left\":97,\"used\":3,\"reset_in\":3600,\"leaving\":\"59:3\"}," OF_ONE "\"left\":1,\"used\":1,\"reset_in\":1,\"leaving\":\"23:1\"}]");
    assert_shows("[]", 1800,
                 "[" OF_CONNECTION "\"left\":2,\"used\":3,\"reset_in\":60,\"leaving\":\"59:3\"}," OF_CONNECTOR
                 "\"left\":97,\"used\":3,\"reset_in\":3600,\"leaving\":\"59:3\"}," OF_ONE "\"left\":2,\"used\":0,\"reset_in\":0}]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(limits_stand_as_they_were_used, up, down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
