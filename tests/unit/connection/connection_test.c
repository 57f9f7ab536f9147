/* SPDX-License-Identifier: MIT */
/* From a record and a definition to the connection that calls use: its values, its state, where it
 * goes, what is shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "codec/json.h"
#include "connection/manager.h"
#include "connection/record.h"
#include "definition/catalogue/load.h"

static const char TEXT[] =
    "tenon: 1\nid: t\ntitle: T\nversion: 1.0.0\ndescription: D.\n"
    "hosts: ['*.h.example', id.example]\nbase_url: "
    "https://${connection.tenant}.h.example:8443/api/\n"
    "connection:\n"
    "  parameters:\n"
    "    tenant: {type: string, required: true}\n"
    "    size: {type: integer, default: 3}\n"
    "  auth:\n"
    "    user:\n"
    "      type: password\n"
    "      caution: A.\n"
    "      parameters:\n"
    "        username: {type: string, required: true}\n"
    "        password: {type: string, secret: true, required: true}\n"
    "        client_id: {type: string, ask: admin, required: true}\n"
    "        client_secret: {type: string, secret: true, ask: admin, required: true}\n"
    "      token_url: https://id.example/token\n"
    "    key:\n"
    "      type: api_key\n"
    "      parameters:\n"
    "        api_key: {type: string, secret: true, required: true}\n"
    "      base_url: https://other.h.example\n"
    "      inject: {headers: {X-Key: '${connection.api_key}'}}\n"
    "    session:\n"
    "      type: session\n"
    "      parameters:\n"
    "        pin: {type: string, secret: true, required: true}\n"
    "      steps:\n"
    "        find: {url: 'https://find.h.example/${connection.tenant}'}\n"
    "        login: {url: '${steps.find.body.url}', json: {pin: '${connection.pin}'}}\n"
    "      answer: {access_token: '${steps.login.text}'}\n"
    "      refresh: {steps: {login: {url: 'https://again.h.example'}}}\n"
    "actions:\n"
    "  Get: {summary: S, method: GET, path: /x}\n"
    "  Far: {summary: S, method: GET, path: '/far/{id}', input: {id: {type: string}}, request: "
    "{url: "
    "'https://${connection.tenant}.far.h.example/${input.id}'}}\n";

typedef struct fixture {
    connector_t *connector;
    host_values_t host;
} fixture_t;

static int begin(void **state)
{
    static fixture_t f;
    arena_t *arena = arena_new(0);
    diagnostics_t d;
    diagnostics_init(&d, arena);
    f.connector = definition_load(STR("t.yaml"), str_of(TEXT), NULL, &d);
    for (unsigned i = 0; !f.connector && i < d.count; i++) {
        print_error("%u:%u: %s\n", d.list[i].line, d.list[i].column, d.list[i].text);
    }
    arena_free(arena);
    f.host = (host_values_t){json_pack("{s:s, s:s, s:s}", "client_id", "i", "client_secret",
                                       "CANARY-host", "password", "CANARY-strange"),
                             7};
    *state = &f;
    return f.connector ? 0 : -1;
}

static int end(void **state)
{
    fixture_t *f = *state;
    connector_unref(f->connector);
    json_decref(f->host.values);
    return 0;
}

/* plain and secrets: members of the objects. */
static connection_record_t *record_of(const char *auth, const char *parameters, const char *secrets)
{
    char text[1024];
    err_t err = ERR_INIT;
    connection_record_t *r = connection_record_new(STR("acme"));
    json_decref(r->plain);
    json_decref(r->secrets);
    snprintf(
        text, sizeof text,
        "{\"connector\":\"t\",\"auth\":\"%s\",\"title\":\"Acme\",\"created_at_ms\":1795318267089,"
        "\"parameters\":{%s}}",
        auth, parameters);
    r->plain = json_read(str_of(text), NULL, &err);
    snprintf(text, sizeof text, "{%s}", secrets);
    r->secrets = json_read(str_of(text), NULL, &err);
    assert_non_null(r->plain);
    assert_non_null(r->secrets);
    r->credential_generation = 5;
    return r;
}

#define USER "\"tenant\":\"acme\",\"username\":\"u\""
#define PASSWORD "\"password\":\"CANARY-own\""

typedef struct row {
    const char *auth, *parameters, *secrets;
    bool with_host;
    connection_state_t state;
    err_code_t why;
    const char *base_url;     /* NULL: absent */
    const char *destinations; /* JSON */
} row_t;

static const row_t ROWS[] = {
    {"user", USER, PASSWORD, true, CONNECTION_READY, ERR_none, "https://acme.h.example:8443/api",
     "[\"acme.far.h.example:443\",\"acme.h.example:8443\",\"id.example:443\"]"},
    {"key", "\"tenant\":\"acme\"", "\"api_key\":\"CANARY-key\"", false, CONNECTION_READY, ERR_none,
     "https://other.h.example", "[\"acme.far.h.example:443\",\"other.h.example:443\"]"},
    /* Steps, and those of a refresh; but not where an answer decides. */
    {"session", "\"tenant\":\"acme\"", "\"pin\":\"CANARY-pin\"", false, CONNECTION_READY, ERR_none,
     "https://acme.h.example:8443/api",
     "[\"acme.far.h.example:443\",\"acme.h.example:8443\",\"again.h.example:443\",\"find.h.example:"
     "443\"]"},
    {"user", USER, PASSWORD, false, CONNECTION_INCOMPLETE, ERR_parameter_missing, NULL, "[]"},
    {"user", "\"username\":\"u\"", PASSWORD, true, CONNECTION_INCOMPLETE, ERR_parameter_missing,
     NULL, "[]"},
    {"user", "\"tenant\":\"\",\"username\":\"u\"", PASSWORD, true, CONNECTION_INCOMPLETE,
     ERR_parameter_missing, NULL, "[]"},
    {"user", "\"tenant\":null,\"username\":\"u\"", PASSWORD, true, CONNECTION_INCOMPLETE,
     ERR_parameter_missing, NULL, "[]"},
    {"user", USER, "", true, CONNECTION_INCOMPLETE, ERR_parameter_missing, NULL, "[]"},
    {"user", "\"tenant\":\"evil.com#\",\"username\":\"u\"", PASSWORD, true, CONNECTION_INCOMPLETE,
     ERR_param_host, NULL, "[]"},
    {"gone", USER, PASSWORD, true, CONNECTION_INCOMPLETE, ERR_parameter_missing, NULL, "[]"},
};

static void assert_row(size_t i, bool ok, const connection_t *c)
{
    if (!ok) {
        fail_msg("row %zu: %s, %s (%s), base_url %.*s", i, connection_state_name(c->state),
                 err_code_name(c->why.code), c->why.text, STR_ARG(c->base_url));
    }
}

static void states_follow_from_values(void **state)
{
    fixture_t *f = *state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        const row_t *row = &ROWS[i];
        connection_record_t *r = record_of(row->auth, row->parameters, row->secrets);
        connection_t *c = connection_resolve(r, f->connector, row->with_host ? &f->host : NULL);
        json_t *destinations = connection_destinations(c);
        char *text = json_dumps(destinations, JSON_COMPACT);
        assert_row(i, c->state == row->state && c->why.code == row->why, c);
        if (row->state == CONNECTION_READY) {
            assert_row(i, str_is(c->base_url, row->base_url), c);
            assert_string_equal(text, row->destinations);
        }
        json_decref(destinations);
        free(text);
        connection_unref(c);
        connection_record_free(r);
    }
}

static void values_come_from_where_they_belong(void **state)
{
    fixture_t *f = *state;
    connection_record_t *r = record_of("user", USER ",\"of_before\":\"x\"",
                                       PASSWORD ",\"api_key\":\"CANARY-other-auth\"");
    connection_t *c = connection_resolve(r, f->connector, &f->host);
    assert_int_equal(c->state, CONNECTION_READY);
    assert_string_equal(json_string_value(json_object_get(c->values, "client_secret")),
                        "CANARY-host");
    /* A name that the host has a value for, but which is not the host's to give. */
    assert_string_equal(json_string_value(json_object_get(c->values, "password")), "CANARY-own");
    assert_int_equal(json_integer_value(json_object_get(c->values, "size")), 3);
    assert_null(json_object_get(c->values, "of_before"));
    assert_null(json_object_get(c->values, "api_key"));
    connection_unref(c);
    connection_record_free(r);
}

static void a_connector_that_is_gone(void **state)
{
    (void)state;
    connection_record_t *r = record_of("user", USER, PASSWORD);
    connection_t *c = connection_resolve(r, NULL, NULL);
    assert_int_equal(c->state, CONNECTION_INCOMPLETE);
    assert_null(c->connector);
    assert_null(c->auth);
    json_t *shown = connection_show(r, c, &(connection_circumstances_t){.pause = ERR_INIT});
    assert_string_equal(json_string_value(json_object_get(shown, "state")), "incomplete");
    assert_string_equal(json_string_value(json_object_get(shown, "connector")), "t");
    json_decref(shown);
    connection_unref(c);
    connection_record_free(r);
}

static char *version_of(const connection_t *c)
{
    buf_t text;
    buf_init(&text, 512);
    connection_write_version(c, &text);
    return buf_take(&text, NULL);
}

/* A refusal counts for the credentials, the host's values and the definition that it was met under.
 */
static void refusals_belong_to_a_version(void **state)
{
    fixture_t *f = *state;
    connection_record_t *r = record_of("user", USER, PASSWORD);
    connection_t *c = connection_resolve(r, f->connector, &f->host);
    char *version = version_of(c);
    connection_unref(c);
    refusal_t refusal = {.why = ERR_INIT, .version = str_of(version), .until_wall_ms = 9};
    err_set(&refusal.why, ERR_account_locked, "locked");
    refusal_keep(r->plain, &refusal);
    free(version);
    for (int i = 0; i < 3; i++) {
        host_values_t host = f->host;
        host.generation += i == 1;
        r->credential_generation += i == 2;
        c = connection_resolve(r, f->connector, &host);
        assert_int_equal(c->state, i == 0 ? CONNECTION_REJECTED : CONNECTION_READY);
        assert_int_equal(c->until_wall_ms, i == 0 ? 9 : 0);
        assert_int_equal(c->why.code, i == 0 ? ERR_account_locked : ERR_none);
        connection_unref(c);
    }
    connection_record_free(r);
}

static void other_destinations_are_reviewed(void **state)
{
    fixture_t *f = *state;
    static const struct {
        const char *accepted; /* NULL: never noted */
        connection_state_t state;
    } CASES[] = {
        {NULL, CONNECTION_READY},
        {"[\"acme.far.h.example:443\",\"acme.h.example:8443\",\"id.example:443\"]",
         CONNECTION_READY},
        {"[\"acme.h.example:443\",\"id.example:443\"]", CONNECTION_REVIEW},
        {"[\"id.example:443\"]", CONNECTION_REVIEW},
        {"[]", CONNECTION_REVIEW},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        connection_record_t *r = record_of("user", USER, PASSWORD);
        err_t err = ERR_INIT;
        if (CASES[i].accepted) {
            json_object_set_new(r->plain, "destinations",
                                json_read(str_of(CASES[i].accepted), NULL, &err));
        }
        connection_t *c = connection_resolve(r, f->connector, &f->host);
        assert_int_equal(c->state, CASES[i].state);
        assert_int_equal(c->why.code,
                         CASES[i].state == CONNECTION_REVIEW ? ERR_definition_changed : ERR_none);
        connection_unref(c);
        connection_record_free(r);
    }
}

static void what_is_shown_holds_no_secret(void **state)
{
    fixture_t *f = *state;
    /* The password once was no secret of the definition. */
    connection_record_t *r = record_of("user", USER "," PASSWORD, "\"pin\":\"CANARY-pin\"");
    refusal_t refusal = {.why = ERR_INIT, .version = STR("5.7.x"), .until_wall_ms = 1795318267089};
    connection_t *c = connection_resolve(r, f->connector, &f->host);
    char *version = version_of(c);
    connection_unref(c);
    refusal.version = str_of(version);
    err_set(&refusal.why, ERR_account_locked, "locked");
    refusal_keep(r->plain, &refusal);
    json_object_set_new(r->plain, "changed_at_ms", json_integer(1795318268000));
    c = connection_resolve(r, f->connector, &f->host);
    json_t *shown = connection_show(r, c, &(connection_circumstances_t){.pause = ERR_INIT});
    char *text = json_dumps(shown, JSON_COMPACT);
    assert_string_equal(
        text, "{\"name\":\"acme\",\"connector\":\"t\",\"auth\":\"user\",\"title\":\"Acme\","
              "\"state\":\"rejected\",\"reason\":"
              "{\"code\":\"account_locked\",\"detail\":\"locked\",\"until\":\"2026-11-22T03:31:"
              "07Z\",\"advice\":\"have the account unlocked at the service, then reset the "
              "connection\"},\"parameters\":"
              "{\"tenant\":\"acme\",\"username\":\"u\",\"password\":{\"set\":true},\"pin\":{"
              "\"set\":true}},"
              "\"created_at\":\"2026-11-22T03:31:07Z\",\"changed_at\":\"2026-11-22T03:31:08Z\"}");
    free(text);
    free(version);
    json_decref(shown);
    connection_unref(c);
    connection_record_free(r);
}

static void token_keys_tell_connections_apart(void **state)
{
    fixture_t *f = *state;
    connection_record_t *r = record_of("user", USER, PASSWORD);
    connection_t *c = connection_resolve(r, f->connector, &f->host);
    buf_t key;
    buf_init(&key, 512);
    token_key_of_connection(c, &key);
    assert_int_equal(strncmp(buf_c(&key), "c/acme/5.0.7.", 13), 0);
    assert_int_equal(key.n, 13 + 64);
    buf_fini(&key);
    /* References outlive who made it. */
    connection_t *again = connection_ref(c);
    connection_unref(c);
    connection_record_free(r);
    assert_string_equal(again->connector->id.p, "t");
    connection_unref(again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(states_follow_from_values),
        cmocka_unit_test(values_come_from_where_they_belong),
        cmocka_unit_test(a_connector_that_is_gone),
        cmocka_unit_test(refusals_belong_to_a_version),
        cmocka_unit_test(other_destinations_are_reviewed),
        cmocka_unit_test(what_is_shown_holds_no_secret),
        cmocka_unit_test(token_keys_tell_connections_apart),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
