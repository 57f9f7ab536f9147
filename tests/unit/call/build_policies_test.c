/* SPDX-License-Identifier: MIT */
#include "call/check.h"

static void check_request(world_t *w, const wire_t *wire, const char *expected)
{
    buf_t seen;
    buf_init(&seen, 1 << 20);
    write_call(w, wire, &seen);
    assert_string_equal(buf_c(&seen), expected);
    buf_fini(&seen);
}

#define HEAD "|Accept: application/json"
#define JSON "application/json"

/* Before the credential adds its members; the caller's own values stay for a repeat. */
static void bodies_are_reshaped(void **state)
{
    (void)state;
    static const struct {
        wire_t wire;
        const char *expected;
    } rows[] = {
        {{"POST /save?who=w", JSON, "{\"rows\":[{\"n\":1.10}],\"more\":{\"b\":2.0}}"},
         "POST https://api.example.com/v1/save?who=w" HEAD "|Content-Type: application/json"
         "|{\"rows\":[{\"n\":1.10,\"of\":\"w\"}],\"b\":2.0,\"signed\":\"/v1/save\"}"},
        {{"POST /save", JSON, "{\"rows\":[{}]}"},
         "POST https://api.example.com/v1/save" HEAD "|Content-Type: application/json"
         "|{\"rows\":[{}],\"signed\":\"/v1/save\"}"},
        {{"PUT /whole?who=w", JSON, "[1.50]"},
         "PUT https://api.example.com/v1/whole?who=w" HEAD "|Content-Type: application/json"
         "|[1.50]"},
        {{"PUT /whole?who=w"},
         "PUT https://api.example.com/v1/whole?who=w" HEAD
         "|Content-Type: application/json|{\"signed\":\"/v1/whole\"}"},
    };
    world_t w = world_of("policies", NULL, "{\"api_key\":\"k\"}");
    for (size_t i = 0; i < COUNT(rows); i++) {
        check_request(&w, &rows[i].wire, rows[i].expected);
        check_request(&w, &rows[i].wire, rows[i].expected);
    }
    world_end(&w);
}

/* What the state of a poll brings goes over what the call asked for; `/trigger` is the caller's. */
static void polls_ask_for_what_is_new(void **state)
{
    (void)state;
    const wire_t wire = {"GET /trigger/t%201/trigger/rows?since=0"};
    const wire_t list = {"GET /trigger/list"};
    world_t w = world_of("policies", NULL, "{\"api_key\":\"k\"}");
    json_t *query = json_pack("{s:s,s:n,s:[ii]}", "since", "a&b", "limit", "x", 1, 2);
    check_request(&w, &wire,
                  "GET https://api.example.com/v1/t%201/trigger/rows?since=0&limit=5" HEAD);
    w.build.more_query = query;
    check_request(&w, &wire,
                  "GET https://api.example.com/v1/t%201/trigger/rows?since=a%26b&x=1&x=2" HEAD);
    w.build.more_query = NULL;
    check_request(&w, &list, "GET https://api.example.com/v1/trigger/list" HEAD);
    json_decref(query);
    world_end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bodies_are_reshaped),
        cmocka_unit_test(polls_ask_for_what_is_new),
    };
    return cmocka_run_group_tests_name("build_policies", tests, NULL, NULL);
}
