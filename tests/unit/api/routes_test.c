/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/handlers.h"
#include "api/routes.h"
#include "codec/json.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

typedef struct row {
    const char *method, *path;
    const char *pattern;  /* NULL: none */
    const char *variable; /* the first; NULL: none */
    const char *allow;    /* where only the method is wrong */
} row_t;

static void check(const row_t *row)
{
    arena_t *arena = arena_new(0);
    route_match_t match;
    route_match(arena, str_of(row->method), str_of(row->path), &match);
    const char *pattern = match.route ? match.route->pattern : NULL;
    if (!row->pattern != !pattern || (pattern && strcmp(pattern, row->pattern) != 0)) {
        fail_msg("%s %s: %s", row->method, row->path, pattern ? pattern : "(none)");
    }
    if (row->variable) {
        assert_true(str_is(match.variables[0], row->variable));
    }
    if (!row->pattern) {
        assert_int_equal(match.path_known, row->allow != NULL);
    }
    if (row->allow) {
        assert_true(str_is(match.allow, row->allow));
    }
    arena_free(arena);
}

static void finds_the_route(void **state)
{
    (void)state;
    static const char connection[] = "/v1/connections/{connection}";
    static const row_t rows[] = {
        {"GET", "/healthz", "/healthz", NULL, NULL},
        {"HEAD", "/healthz", "/healthz", NULL, NULL},
        {"GET", "/v1/connections", "/v1/connections", NULL, NULL},
        {"HEAD", "/v1/connections", "/v1/connections", NULL, NULL},
        {"GET", "/v1/connections/acme", connection, "acme", NULL},
        {"GET", "/v1/connections/a%2Fb", connection, "a/b", NULL},
        {"GET", "/v1/connections/%C3%A9", connection, "\xc3\xa9", NULL},
        {"PATCH", "/v1/connections/acme", connection, "acme", NULL},
        {"POST", "/v1/connections/acme/test", "/v1/connections/{connection}/test", "acme", NULL},
        {"DELETE", "/v1/keys/abc", "/v1/keys/{id}", "abc", NULL},
        {"GET", "/v1/keys/abc", "/v1/keys/{id}", "abc", NULL},
        {"PUT", "/v1/connectors/x/parameters", "/v1/connectors/{connector}/parameters", "x", NULL},
        {"GET", "/", "/", NULL, NULL},
        {"GET", "/console/app.js", "/console/{file}", "app.js", NULL},
        /* another method */
        {"POST", "/healthz", NULL, NULL, "GET, HEAD"},
        {"OPTIONS", "/v1/keys", NULL, NULL, "GET, HEAD, POST"},
        {"PUT", "/v1/connections/acme", NULL, NULL, "GET, HEAD, PATCH, DELETE"},
        {"HEAD", "/v1/connections/acme/test", NULL, NULL, "POST"},
        {"get", "/healthz", NULL, NULL, "GET, HEAD"},
        /* nothing */
        {"GET", "", NULL, NULL, NULL},
        {"GET", "/healthz/", NULL, NULL, NULL},
        {"GET", "//healthz", NULL, NULL, NULL},
        {"GET", "/v1/connections/", NULL, NULL, NULL},
        {"GET", "/v1/connections//test", NULL, NULL, NULL},
        {"GET", "/v1/connections/a/b", NULL, NULL, NULL},
        {"GET", "/v1/connections/a%", NULL, NULL, NULL},
        {"GET", "/v1/connections/a%00", NULL, NULL, NULL},
        {"GET", "/v1/connections/%FF", NULL, NULL, NULL},
        {"GET", "/v1/%63onnections", NULL, NULL, NULL},
        {"GET", "/v1", NULL, NULL, NULL},
        {"GET", "/V1/connections", NULL, NULL, NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        check(&rows[i]);
    }
}

static void every_route_can_be_reached(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROUTE_COUNT; i++) {
        arena_t *arena = arena_new(0);
        buf_t path;
        buf_init(&path, 256);
        for (const char *p = ROUTES[i].pattern; *p; p++) {
            buf_char(&path, *p == '{' || *p == '}' ? 'x' : *p);
        }
        route_match_t match;
        route_match(arena, str_of(ROUTES[i].method), buf_view(&path), &match);
        assert_ptr_equal(match.route, &ROUTES[i]);
        buf_fini(&path);
        arena_free(arena);
    }
}

/* What is not listed here as open to everybody or to callers is the admin's. */
static void only_these_are_open(void **state)
{
    (void)state;
    static const struct {
        const char *method, *pattern;
        access_t access;
    } open[] = {
        {"GET", "/healthz", ACCESS_PUBLIC},
        {"GET", "/readyz", ACCESS_PUBLIC},
        {"GET", "/v1/openapi.json", ACCESS_PUBLIC},
        {"GET", "/", ACCESS_PUBLIC},
        {"GET", "/console/{file}", ACCESS_PUBLIC},
        {"POST", "/v1/session", ACCESS_PUBLIC},
        {"GET", "/v1/session", ACCESS_PUBLIC},
        {"DELETE", "/v1/session", ACCESS_CALLER},
        {"GET", "/connect/style.css", ACCESS_PUBLIC},
        {"GET", "/connect/{session}", ACCESS_PUBLIC},
        {"POST", "/connect/{session}", ACCESS_PUBLIC},
        {"GET", "/oauth/callback", ACCESS_PUBLIC},
        {"GET", "/oauth/callback/{connector}", ACCESS_PUBLIC},
        {"GET", "/oauth/clients/{connector}", ACCESS_PUBLIC},
        {"GET", "/oauth/logout", ACCESS_PUBLIC},
        {"GET", "/v1/connectors", ACCESS_CALLER},
        {"GET", "/v1/connectors/{connector}", ACCESS_CALLER},
        /* These ask for a key where they need one. */
        {"GET", "/v1/connectors/{connector}/openapi.json", ACCESS_PUBLIC},
        {"GET", "/v1/connectors/{connector}/openapi.yaml", ACCESS_PUBLIC},
        {"GET", "/v1/connectors/{connector}/powerplatform.zip", ACCESS_PUBLIC},
        {"GET", "/v1/connectors/{connector}/definition", ACCESS_CALLER},
        {"GET", "/v1/connections", ACCESS_CALLER},
        {"GET", "/v1/connections/{connection}", ACCESS_CALLER},
        {"GET", "/v1/connections/{connection}/token", ACCESS_TOKEN},
        {"GET", "/v1/connections/{connection}/usage", ACCESS_CALLER},
        {"GET", "/v1/connections/{connection}/limits", ACCESS_CALLER},
        {"GET", "/v1/calls", ACCESS_CALLER},
        {"GET", "/v1/calls/{request}", ACCESS_CALLER},
        {"GET", "/v1/events", ACCESS_CALLER},
        {"GET", "/metrics", ACCESS_METRICS},
        {"POST", "/v1/keyring/rewrap", ACCESS_LOCAL},
        {"POST", "/v1/backups", ACCESS_LOCAL},
    };
    for (size_t i = 0; i < ROUTE_COUNT; i++) {
        access_t expected = ACCESS_ADMIN;
        for (size_t k = 0; k < COUNT(open); k++) {
            if (strcmp(ROUTES[i].method, open[k].method) == 0 &&
                strcmp(ROUTES[i].pattern, open[k].pattern) == 0) {
                expected = open[k].access;
            }
        }
        assert_int_equal(ROUTES[i].access, expected);
    }
}

static void bodies_are_checked(void **state)
{
    (void)state;
    static const struct {
        const body_t *body;
        const char *json;
        err_code_t code; /* ERR_none: fine */
        const char *pointer;
    } rows[] = {
        {&BODY_KEY_ADD, "{\"role\":\"caller\",\"connections\":[],\"expires_in\":1}", ERR_none, ""},
        {&BODY_KEY_ADD, "{}", ERR_param_missing, "/role"},
        {&BODY_CONNECTION_CREATE, "{\"name\":\"x\"}", ERR_param_missing, "/connector"},
        {&BODY_CONNECTION_CHANGE, "{}", ERR_none, ""},
        {&BODY_PARAMETERS_SET, "{}", ERR_param_missing, "/parameters"},
        {&BODY_KEY_ADD, "[]", ERR_param_type, ""},
        {&BODY_KEY_ADD, "\"x\"", ERR_param_type, ""},
        {&BODY_KEY_ADD, "{\"role\":1}", ERR_param_type, "/role"},
        {&BODY_KEY_ADD, "{\"role\":null}", ERR_param_type, "/role"},
        {&BODY_KEY_ADD, "{\"role\":\"x\",\"expires_in\":1.5}", ERR_param_type, "/expires_in"},
        {&BODY_KEY_ADD, "{\"role\":\"x\",\"rolle\":\"x\"}", ERR_param_unknown, "/rolle"},
        {&BODY_CONNECTION_CHANGE, "{\"accept\":true,\"verify\":false}", ERR_none, ""},
        {&BODY_CONNECTION_CHANGE, "{\"accept\":\"true\"}", ERR_param_type, "/accept"},
        {&BODY_CONNECTION_CHANGE, "{\"name\":\"x\"}", ERR_param_unknown, "/name"},
        {&BODY_CONNECTION_CREATE, "{\"name\":\"x\",\"connector\":\"y\",\"parameters\":[]}",
         ERR_param_type, "/parameters"},
        {&BODY_PARAMETERS_SET, "{\"parameters\":{\"a\":1}}", ERR_none, ""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        err_t err = ERR_INIT;
        json_t *value = json_read(str_of(rows[i].json), NULL, &err);
        assert_non_null(value);
        bool ok = body_check(rows[i].body, value, &err);
        if (ok != (rows[i].code == ERR_none) || err.code != rows[i].code) {
            fail_msg("%s: %s", rows[i].json, err_code_name(err.code));
        }
        if (!ok) {
            assert_string_equal(err.details[0].pointer, rows[i].pointer);
        }
        err_fini(&err);
        json_decref(value);
    }
}

static void all_faults_of_a_body_are_told(void **state)
{
    (void)state;
    err_t err = ERR_INIT;
    json_t *value = json_read(STR("{\"a\":1,\"b\":2,\"role\":3}"), NULL, &err);
    assert_false(body_check(&BODY_KEY_ADD, value, &err));
    assert_int_equal(err.detail_count, 3);
    err_fini(&err);
    json_decref(value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_route),
        cmocka_unit_test(every_route_can_be_reached),
        cmocka_unit_test(only_these_are_open),
        cmocka_unit_test(bodies_are_checked),
        cmocka_unit_test(all_faults_of_a_body_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
