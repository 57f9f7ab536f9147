/* SPDX-License-Identifier: MIT */
#include "call/check.h"
#include "codec/url.h"

typedef struct row {
    const char *auth;
    wire_t wire; /* method, path and query in its target */
    const char *expected;
} row_t;

/* In the world's arena. */
static proxied_t proxied_of(world_t *w, const wire_t *wire)
{
    str_t rest = str_of(wire->target);
    proxied_t r = {.method = cut_target(&rest, ' ')};
    r.path = cut_target(&rest, '?');
    r.query = rest;
    r.body = str_of(wire->body);
    r.headers = arena_array_of(w->arena, message_header_t, COUNT(wire->headers) + 1);
    for (; wire->headers[r.header_count][0]; r.header_count++) {
        r.headers[r.header_count] = (message_header_t){str_of(wire->headers[r.header_count][0]),
                                                       str_of(wire->headers[r.header_count][1])};
    }
    if (wire->type) {
        r.headers[r.header_count++] = (message_header_t){STR("content-type"), str_of(wire->type)};
    }
    return r;
}

static char *build(world_t *w, const wire_t *wire)
{
    upstream_request_t request;
    err_t err = ERR_INIT;
    buf_t seen;
    proxied_t proxied = proxied_of(w, wire);
    bool joins_body = w->connection->auth->inject.json;
    buf_init(&seen, 1 << 20);
    if ((!joins_body || proxied_read(w->arena, 8, &proxied, &err)) &&
        build_proxied(&w->build, &proxied, &request, &err)) {
        write_request(&seen, &request);
    } else {
        write_err(&seen, &err);
    }
    err_fini(&err);
    return buf_take(&seen, NULL);
}

static void check_rows(const row_t *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        world_t w = world_of("proxied", rows[i].auth,
                             "{\"key\":\"K\",\"username\":\"u\","
                             "\"password\":\"p\",\"client_id\":\"c\","
                             "\"client_secret\":\"s\"}");
        action_t action = {.name = STR_INIT("/proxy")};
        w.build.action = &action;
        char *seen = build(&w, &rows[i].wire);
        if (strcmp(seen, rows[i].expected) != 0) {
            print_error("%s %s\n", rows[i].auth, rows[i].wire.target);
        }
        assert_string_equal(seen, rows[i].expected);
        free(seen);
        world_end(&w);
    }
}

#define BASE "https://api.example.com/base/v1"
#define COMMON "|Accept: */*|Prefer: ours|X-Top: t"

static void it_goes_below_the_base_as_it_came(void **state)
{
    (void)state;
    static const row_t rows[] = {
        {"none", {"GET "}, "GET " BASE "?version=2" COMMON},
        {"none", {"GET /"}, "GET " BASE "/?version=2" COMMON},
        {"none",
         {"OPTIONS /a%2Fb/(c;d=1):@$/"},
         "OPTIONS " BASE "/a%2Fb/(c;d=1):@$/?version=2" COMMON},
        /* the query keeps its order, repetitions, encodings and holes */
        {"none",
         {"GET /x?b=1&a=%41+%zz&&b=2&$f=x|y&e=&f"},
         "GET " BASE "/x?b=1&a=%41+%zz&&b=2&$f=x|y&e=&f&version=2" COMMON},
        {"none", {"GET /x?"}, "GET " BASE "/x?&version=2" COMMON},
        /* what the connector sends with every request replaces the caller's */
        {"none",
         {"GET /x?version=1&v%65rsion=3&VERSION=4",
          .headers = {{"prefer", "mine"}, {"accept", "text/csv"}}},
         "GET " BASE "/x?version=2&VERSION=4|Prefer: ours|X-Top: t|accept: text/csv"},
        /* the body keeps its bytes and type */
        {"none",
         {"POST /x", .type = "application/json; charset=utf-8",
          .body = "{ \"a\" : 1e2, \"a\": 2 }"},
         "POST " BASE "/x?version=2" COMMON
         "|content-type: application/json; charset=utf-8|{ \"a\" : 1e2, \"a\": 2 }"},
        {"none",
         {"PUT /x", .body = "a", .headers = {{"content-encoding", "gzip"}}},
         "PUT " BASE "/x?version=2" COMMON "|content-encoding: gzip|a"},
        {"none", {"PATCH /x", .body = "bare"}, "PATCH " BASE "/x?version=2" COMMON "|bare"},
        {"none", {"DELETE /x"}, "DELETE " BASE "/x?version=2" COMMON},
        {"none", {"GET /x", .body = "q"}, "GET " BASE "/x?version=2" COMMON "|q"},
    };
    check_rows(rows, COUNT(rows));
}

static void it_carries_the_credential(void **state)
{
    (void)state;
    static const row_t rows[] = {
        {"basic",
         {"GET /x"},
         "GET " BASE "/x?version=2|Accept: */*|Authorization: Basic dTpw|Prefer: ours|X-Top: t"},
        {"header",
         {"GET /x", .headers = {{"x-key", "mine"}}},
         "GET " BASE "/x?version=2|Accept: */*|Prefer: ours|X-Key: K|X-Top: t"},
        {"query",
         {"GET /x?api_key=mine&q=1&%61pi_key=mine"},
         "GET " BASE "/x?api_key=K&q=1&version=2" COMMON},
        {"place", {"GET /x"}, "GET https://K.example.com/bot/x?version=2" COMMON},
        /* members of a body: only into an object of JSON, which is written anew */
        {"json",
         {"POST /x", .type = "application/json", .body = "{\"a\": 1, \"key\": \"mine\"}"},
         "POST " BASE "/x?version=2" COMMON
         "|content-type: application/json|{\"a\":1,\"key\":\"K\"}"},
        {"json",
         {"POST /x", .type = "text/plain", .body = "a=1"},
         "POST " BASE "/x?version=2" COMMON "|content-type: text/plain|a=1"},
        {"json",
         {"POST /x", .type = "application/json", .body = "[1]"},
         "POST " BASE "/x?version=2" COMMON "|content-type: application/json|[1]"},
        {"json",
         {"POST /x"},
         "POST " BASE "/x?version=2|Accept: */*|Content-Type: application/json|Prefer: ours|X-Top: "
         "t|{\"key\":\"K\"}"},
        {"json", {"GET /x"}, "GET " BASE "/x?version=2" COMMON},
        {"json", {"POST /x", .type = "application/json", .body = "{"}, "!json_invalid"},
        {"json",
         {"POST /x", .type = "application/json", .body = "[[[[[[[[[]]]]]]]]]"},
         "!json_too_deep"},
        {"json",
         {"POST /x", .type = "application/json", .body = "bytes",
          .headers = {{"content-encoding", "gzip"}}},
         "!media_type"},
        /* signed as sent */
        {"signing",
         {"POST /x?a=%41", .body = "bytes"},
         "POST " BASE "/x?a=%41&version=2|Accept: */*|Prefer: ours|X-Sign: POST /base/v1/x "
         "a=%41&version=2 bytes|X-Top: t|bytes"},
        /* a refusal that is known by its body must be readable */
        {"header",
         {"GET /x", .headers = {{"accept-encoding", "gzip"}}},
         "GET " BASE "/x?version=2|Accept: */*|Prefer: ours|X-Key: K|X-Top: t|accept-encoding: "
         "gzip"},
        {"judged",
         {"GET /x", .headers = {{"accept-encoding", "gzip"}}},
         "GET " BASE "/x?version=2|Accept: */*|Prefer: ours|X-Key: K|X-Top: t"},
    };
    check_rows(rows, COUNT(rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_goes_below_the_base_as_it_came),
        cmocka_unit_test(it_carries_the_credential),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
