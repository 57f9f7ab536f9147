/* SPDX-License-Identifier: MIT */
/* Requests as a definition says them, without credential and without the top-level request. */
#include "call/check.h"

#include "request/draft.h"

static const char DEFINITION[] =
    "tenon: 1\nid: t\ntitle: T\nversion: 1.0.0\ndescription: D.\nhosts: ['*.example.com']\n"
    "base_url: https://api.example.com/v1/\n"
    "request: {headers: {X-Top: top}, query: {top: '1'}}\n"
    "connection:\n  auth:\n    a:\n      type: session\n      parameters:\n"
    "        name: {type: string, required: true}\n        number: {type: integer}\n        list: {type: string}\n"
    "        pin: {type: string, secret: true, required: true}\n"
    "      inject: {headers: {X-Token: '${token.access_token}'}}\n"
    "      answer: {access_token: '${connection.pin}'}\n"
    "      steps:\n        s: %s\n"
    "actions:\n  Get: {summary: S, method: GET, path: /get}\n";

typedef struct row {
    const char *step, *values;
    err_code_t code;
    const char *request; /* write_request; NULL where there is none */
} row_t;

#define ACCEPT "|Accept: application/json"
static const row_t ROWS[] = {
    {"{url: /s}", "{}", ERR_none, "GET https://api.example.com/v1/s" ACCEPT},
    {"{url: 'https://${connection.name}.example.com/s?a=b'}", "{\"name\":\"eu\"}", ERR_none,
     "GET https://eu.example.com/s?a=b" ACCEPT},
    {"{url: /s, query: {q: '${connection.name}', n: '${connection.number}', c: [x, 'y z']}}",
     "{\"name\":\"a&b\",\"number\":7}", ERR_none,
     "GET https://api.example.com/v1/s?q=a%26b&n=7&c=x&c=y%20z" ACCEPT},
    {"{url: /s, headers: {Accept: text/plain, X-None: '${connection.name}', Cookie: "
     "'a=${connection.pin}'}}",
     "{\"pin\":\"p\"}", ERR_none,
     "GET https://api.example.com/v1/s|Accept: text/plain|Cookie: a=p"},
    {"{url: /s, json: {name: '${connection.name}', number: '${connection.number}', list: [1, true, "
     "null]}}",
     "{\"number\":7}", ERR_none,
     "POST https://api.example.com/v1/s" ACCEPT
     "|Content-Type: application/json|{\"number\":7,\"list\":[1,true,null]}"},
    {"{url: /s, method: PUT, form: {a: '${connection.name}', b: ['1', '2']}}", "{\"name\":\"ü\"}",
     ERR_none,
     "PUT https://api.example.com/v1/s" ACCEPT
     "|Content-Type: application/x-www-form-urlencoded|a=%C3%BC&b=1&b=2"},
    {"{url: /s, text: 'hello ${connection.name}', headers: {Content-Type: text/x}}",
     "{\"name\":\"n\"}", ERR_none,
     "POST https://api.example.com/v1/s" ACCEPT "|Content-Type: text/x|hello n"},
    {"{url: /s, xml: {a: {'@b': '${connection.name}', c: [d, '${connection.pin}']}}}",
     "{\"name\":\"<\",\"pin\":\"&\"}", ERR_none,
     "POST https://api.example.com/v1/s" ACCEPT "|Content-Type: application/xml|"
     "<?xml version=\"1.0\" encoding=\"UTF-8\"?><a b=\"&lt;\"><c>d</c><c>&amp;</c></a>"},
    /* Faults are whose they are. */
    {"{url: '/s/${connection.name}'}", "{}", ERR_parameter_missing, NULL},
    {"{url: 'https://${connection.name}.example.com/'}", "{\"name\":\"a.b\"}", ERR_param_host,
     NULL},
    {"{url: /s, headers: {X: '${connection.name}'}}", "{\"name\":\"a\\nb\"}",
     ERR_param_control_char, NULL},
};

static connector_t *load_step(arena_t *arena, const char *step)
{
    char text[4096];
    diagnostics_t d;
    diagnostics_init(&d, arena);
    (void)snprintf(text, sizeof text, DEFINITION, step);
    connector_t *connector = definition_load(STR("t.yaml"), str_of(text), NULL, &d);
    for (unsigned i = 0; !connector && i < d.count; i++) {
        print_error("%s: %s\n", step, d.list[i].text);
    }
    assert_non_null(connector);
    return connector;
}

static void check_row(const row_t *row)
{
    arena_t *arena = arena_new(0);
    value_scope_t scope;
    upstream_request_t request;
    buf_t found;
    err_t err = ERR_INIT;
    json_t *values = read_json(row->values);
    connector_t *connector = load_step(arena, row->step);
    const auth_t *auth = &connector->auths[0];
    buf_init(&found, 1 << 16);
    value_scope_init(&scope, connector, auth, WALL_MS);
    scope.connection = values;
    bool ok = request_build(arena, &scope, STR("https://api.example.com/v1"),
                            &auth->grant.steps.list[0].request, &request, &err);
    if (ok) {
        write_request(&found, &request);
        assert_string_equal(buf_c(&found), row->request);
    }
    if (err.code != row->code) {
        fail_msg("%s: %s (%s)", row->step, err_code_name(err.code), err.text);
    }
    assert_int_equal(ok, row->code == ERR_none);
    err_fini(&err);
    buf_fini(&found);
    json_decref(values);
    connector_unref(connector);
    arena_free(arena);
}

static void says_what_the_definition_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        check_row(&ROWS[i]);
    }
}

static void needs_a_base_for_a_path(void **state)
{
    (void)state;
    arena_t *arena = arena_new(0);
    connector_t *connector = load_step(arena, "{url: /s}");
    value_scope_t scope;
    upstream_request_t request;
    err_t err = ERR_INIT;
    value_scope_init(&scope, connector, &connector->auths[0], WALL_MS);
    assert_false(request_build(arena, &scope, STR_NONE,
                               &connector->auths[0].grant.steps.list[0].request, &request, &err));
    assert_int_equal(err.code, ERR_parameter_missing);
    connector_unref(connector);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_what_the_definition_says),
        cmocka_unit_test(needs_a_base_for_a_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
