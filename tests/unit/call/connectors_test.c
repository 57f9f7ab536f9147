/* SPDX-License-Identifier: MIT */
/* The requests of the shipped connectors, and what they refuse. tests/cases/connectors/ID holds
 * values.json, the values that every case starts from (`parameters_of`: more of one way to sign
 * in), and requests.txt, cases as golden.h reads them. `given` of a case overrides values and says
 * what is asked: an `action` with its `input`, `verify`, where the `browser` goes to sign in, the
 * request for a `device` code, or, with none of these, the token of the connection. Every action,
 * way to sign in, verify request and message of a parameter must have a case. */
#include <dirent.h>

#include "call/golden_run.h"


enum { CASES_MAX = 100 };

typedef struct suite {
    arena_t *arena;
    char *text; /* what the cases borrow */
    golden_t *cases;
    size_t count;
} suite_t;

/* --- reading --- */

static char *read_of(arena_t *arena, str_t id, const char *name, size_t *length)
{
    str_t path =
        arena_printf(arena, TENON_SOURCE_DIR "/tests/cases/connectors/%.*s/%s", STR_ARG(id), name);
    char *text = golden_file(path.p, length);
    if (!text) {
        fail_msg("%s is not there", path.p);
    }
    return text;
}

static json_t *read_values(arena_t *arena, str_t id)
{
    size_t length;
    char *text = read_of(arena, id, "values.json", &length);
    json_t *values = read_json(text);
    free(text);
    return values;
}

/* null takes a value away. */
static void override_members(json_t *members, const json_t *with)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)with, name, value)
    {
        if (json_is_null(value)) {
            json_object_del(members, name);
        } else {
            json_object_set(members, name, value);
        }
    }
}

static json_t *complete(const json_t *values, json_t *given)
{
    json_t *whole = json_deep_copy(values);
    json_t *parameters = json_object_get(whole, "parameters");
    const char *auth = json_string_value(json_object_get(given, "auth"));
    override_members(parameters, json_object_get(json_object_get(whole, "parameters_of"), auth));
    override_members(parameters, json_object_get(given, "parameters"));
    json_object_del(given, "parameters");
    override_members(whole, given);
    json_decref(given);
    return whole;
}

static void suite_read(suite_t *s, str_t id)
{
    size_t length;
    s->arena = arena_new(0);
    s->text = read_of(s->arena, id, "requests.txt", &length);
    s->cases = arena_array_of(s->arena, golden_t, CASES_MAX);
    s->count = read_golden(s->arena, str_at(s->text, length), s->cases, CASES_MAX);
    json_t *values = read_values(s->arena, id);
    for (size_t i = 0; i < s->count; i++) {
        s->cases[i].given = complete(values, s->cases[i].given);
    }
    json_decref(values);
}

static void suite_free(suite_t *s)
{
    for (size_t i = 0; i < s->count; i++) {
        json_decref(s->cases[i].given);
    }
    free(s->text);
    arena_free(s->arena);
}

/* --- running --- */

static void run_action_of(run_context_t *run, str_t name)
{
    const action_t *action = connector_action(run->connector, name);
    if (!action) {
        fail_msg("there is no action `%.*s`", STR_ARG(name));
    } else if (action->kind == ACTION_TOKEN_GRANT) {
        run_action_grant(run, action);
    } else {
        run_action(run, action);
    }
}

static void run_token(run_context_t *run)
{
    const grant_definition_t *grant = &run->connection->auth->grant;
    if (grant->type == AUTH_AUTHORIZATION_CODE) {
        run_code(run);
    } else if (grant->type == AUTH_DEVICE_CODE) {
        run_device_code(run);
    } else {
        run_grant(run, grant, NULL);
    }
}

static void run_one(const golden_t *g, connector_t *connector)
{
    run_context_t run;
    str_t action = json_member(g->given, "action");
    print_message("%.*s: %.*s\n", STR_ARG(connector->id), STR_ARG(g->title));
    run_begin(&run, g, connector_ref(connector));
    if (action.p) {
        run_action_of(&run, action);
    } else if (json_object_get(g->given, "verify")) {
        run_verify(&run);
    } else if (json_object_get(g->given, "browser")) {
        run_authorize(&run);
    } else if (json_object_get(g->given, "device")) {
        run_device(&run);
    } else if (!g->refused.p) {
        run_token(&run);
    } else {
        run_parameters(&run);
    }
    run_end(&run);
}

/* --- nothing forgotten --- */

static bool has_case(const suite_t *s, const char *member, str_t value)
{
    for (size_t i = 0; i < s->count; i++) {
        str_t here = json_member(s->cases[i].given, member);
        if (str_eq(here, value) && !s->cases[i].refused.p) {
            return true;
        }
    }
    return false;
}

static bool has_token_case(const suite_t *s, str_t auth)
{
    for (size_t i = 0; i < s->count; i++) {
        const golden_t *g = &s->cases[i];
        bool of_token =
            !json_object_get(g->given, "action") && !json_object_get(g->given, "verify") &&
            !json_object_get(g->given, "browser") && !json_object_get(g->given, "device");
        if (of_token && !g->refused.p && str_eq(json_member(g->given, "auth"), auth)) {
            return true;
        }
    }
    return false;
}

static void check_messages(const suite_t *s, const fields_t *fields)
{
    for (size_t i = 0; i < fields->count; i++) {
        const field_t *field = &fields->list[i];
        bool shown = field->message.n == 0;
        for (size_t k = 0; k < s->count; k++) {
            shown = shown || str_eq(s->cases[k].refused, field->message);
        }
        if (!shown) {
            fail_msg("no case shows the message of `%.*s`", STR_ARG(field->name));
        }
    }
}

static void check_auths(const suite_t *s, const connector_t *c)
{
    for (size_t i = 0; i < c->auth_count; i++) {
        const auth_t *auth = &c->auths[i];
        if (auth_type_gets_tokens(auth->type) && !has_token_case(s, auth->name)) {
            fail_msg("no case for the token of `%.*s`", STR_ARG(auth->name));
        }
        check_messages(s, &auth->parameters);
    }
}

static void check_whole(const suite_t *s, const connector_t *c)
{
    bool verified = !c->verify_request;
    for (size_t i = 0; i < c->action_count; i++) {
        const action_t *action = &c->actions[i];
        if (action->kind != ACTION_TOKEN_CONNECTION && !has_case(s, "action", action->name)) {
            fail_msg("no case for the action `%.*s`", STR_ARG(action->name));
        }
    }
    for (size_t i = 0; i < s->count; i++) {
        verified = verified || json_object_get(s->cases[i].given, "verify");
    }
    assert_true(verified);
    check_messages(s, &c->parameters);
    check_auths(s, c);
}

/* --- */

static void check_connector(str_t id)
{
    suite_t suite;
    suite_read(&suite, id);
    connector_t *connector = load_path(
        arena_printf(suite.arena, TENON_SOURCE_DIR "/connectors/%.*s.yaml", STR_ARG(id)).p);
    for (size_t i = 0; i < suite.count; i++) {
        run_one(&suite.cases[i], connector);
    }
    check_whole(&suite, connector);
    connector_unref(connector);
    suite_free(&suite);
}

static void shipped_connectors_send_what_is_prescribed(void **state)
{
    (void)state;
    size_t found = 0;
    DIR *folder = opendir(TENON_SOURCE_DIR "/connectors");
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder));) {
        str_t name = str_of(entry->d_name);
        if (str_ends_nocase(name, STR(".yaml"))) {
            check_connector(str_slice(name, 0, name.n - strlen(".yaml")));
            found++;
        }
    }
    closedir(folder);
    assert_int_equal(found, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shipped_connectors_send_what_is_prescribed)};
    return cmocka_run_group_tests_name("connectors", tests, NULL, NULL);
}
