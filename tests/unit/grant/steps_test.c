/* SPDX-License-Identifier: MIT */
/* The steps of a grant: which request is next, what they are for, and what they told the service.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "codec/json.h"
#include "definition/catalogue/load.h"
#include "grant/steps.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

static const char HEAD[] =
    "tenon: 1\nid: t\ntitle: T\nversion: 1.0.0\ndescription: D.\nhosts: [h.example]\n"
    "base_url: https://h.example\nconnection:\n  auth:\n    a:\n      caution: A.\n      "
    "parameters:\n"
    "        user: {type: string, required: true}\n"
    "        pin: {type: string, secret: true, required: true}\n"
    "        tenant: {type: string, required: true}\n"
    "        username: {type: string}\n"
    "        password: {type: string, secret: true}\n";
static const char TAIL[] = "actions:\n  GetAccessToken: {summary: S, token: connection}\n"
                           "  SignIn:\n    summary: S\n    input:\n      who: {type: string}\n     "
                           " word: {type: string, secret: true}\n"
                           "    token:\n      type: session\n      steps:\n"
                           "        hello: {url: /hello, query: {who: '${input.who}'}}\n"
                           "        login: {url: /login, form: {w: '${input.word}'}}\n"
                           "      answer: {access_token: '${steps.login.text}'}\n";

#define ANSWER "      answer: {access_token: '${steps.login.text}'}\n"
#define SESSION                                                                                    \
    "      type: session\n      steps:\n        find: {url: '/find?t=${connection.tenant}'}\n"     \
    "        login: {url: /login, json: {user: '${connection.user}', pin: "                        \
    "['${connection.pin}']}}\n" ANSWER
#define SIGNED                                                                                     \
    "      type: session\n"                                                                        \
    "      assertion: {key: '${connection.pin}', claims: {sub: '${connection.user}'}}\n"           \
    "      steps: {login: {url: /login, text: '${assertion}'}}\n" ANSWER
#define PASSWORD "      type: password\n      token_url: /token\n      client_auth: none\n"
#define VALUES "\"user\":\"u\",\"pin\":\"p\",\"username\":\"n\",\"password\":\"w\""

typedef struct made {
    connector_t *connector;
    json_t *values, *steps, *response;
    arena_t *arena;
    value_scope_t scope;
    grant_build_t build;
    upstream_request_t request;
} made_t;

static json_t *read_object(const char *members)
{
    char text[4096];
    err_t err = ERR_INIT;
    snprintf(text, sizeof text, "{%s}", members);
    json_t *value = json_read(str_of(text), NULL, &err);
    assert_non_null(value);
    return value;
}

static void make(made_t *m, const char *auth, const char *values)
{
    char text[8192];
    err_t err = ERR_INIT;
    diagnostics_t d;
    *m = (made_t){.arena = arena_new(0), .values = read_object(values), .steps = json_object()};
    diagnostics_init(&d, m->arena);
    snprintf(text, sizeof text, "%s%s%s", HEAD, auth, TAIL);
    m->connector = definition_load(STR("t.yaml"), str_of(text), NULL, &d);
    for (unsigned i = 0; !m->connector && i < d.count; i++) {
        print_error("%u: %s\n", d.list[i].line, d.list[i].text);
    }
    assert_non_null(m->connector);
    value_scope_init(&m->scope, m->connector, &m->connector->auths[0], 0);
    m->scope.connection = m->values;
    m->scope.steps = m->steps;
    m->build = (grant_build_t){.arena = m->arena,
                               .definition = &m->connector->auths[0].grant,
                               .scope = &m->scope.scope,
                               .base_url = STR("https://h.example"),
                               .only_compared = true}; /* no value here is a key to sign with */
    assert_true(grant_build_request(&m->build, &m->request, &err));
}

static void unmake(made_t *m)
{
    json_decref(m->values);
    json_decref(m->steps);
    json_decref(m->response);
    connector_unref(m->connector);
    arena_free(m->arena);
}

static void answered(made_t *m, const char *step)
{
    json_object_set_new(m->steps, step, json_pack("{s:i}", "status", 200));
}

/* --- which is next --- */

static void one_follows_the_other(void **state)
{
    (void)state;
    made_t m;
    make(&m, PASSWORD "      steps: {a: {url: /a}, b: {url: /b}}\n", VALUES);
    const grant_definition_t *grant = m.build.definition;
    assert_int_equal(grant_request_count(grant), 3);
    assert_int_equal(grant_answered(grant, &m.scope), 0);
    assert_null(grant_step(grant, 0));
    assert_string_equal(grant_step(grant, 1)->name.p, "a");
    m.response = json_object();
    m.scope.response = m.response;
    assert_int_equal(grant_answered(grant, &m.scope), 1);
    answered(&m, "a");
    assert_int_equal(grant_answered(grant, &m.scope), 2);
    unmake(&m);
}

static void a_session_begins_with_its_steps(void **state)
{
    (void)state;
    made_t m;
    make(&m, SESSION, VALUES);
    const grant_definition_t *grant = m.build.definition;
    assert_int_equal(grant_request_count(grant), 2);
    assert_string_equal(grant_step(grant, 0)->name.p, "find");
    assert_null(grant->refresh); /* nobody said what it would be */
    assert_false(grant_keeps_refresh_token(grant));
    unmake(&m);
    make(&m, SESSION "      refresh: {steps: {login: {url: /again}}}\n", VALUES);
    grant = m.build.definition;
    assert_int_equal(grant_request_count(grant->refresh), 1);
    assert_true(grant_type_for(grant->refresh)->steps_alone);
    assert_true(grant_keeps_refresh_token(grant));
    unmake(&m);
}

/* --- secrets that were told --- */

static void knows_what_was_told(void **state)
{
    (void)state;
    made_t m;
    make(&m, SESSION, VALUES);
    assert_false(steps_tell_secret(m.build.definition, &m.scope, 0));
    assert_false(steps_tell_secret(m.build.definition, &m.scope, 1));
    assert_true(steps_tell_secret(m.build.definition, &m.scope, 2));
    const grant_definition_t *of_call = connector_action(m.connector, STR("SignIn"))->grant;
    assert_false(steps_tell_secret(of_call, &m.scope, 1));
    assert_true(steps_tell_secret(of_call, &m.scope, 2));
    unmake(&m);
}

/* --- what they are for --- */

typedef struct pair {
    const char *auth, *other_auth; /* NULL: the same */
    const char *values, *other_values;
    bool same_purpose, same_family;
} pair_t;

static const pair_t PAIRS[] = {
    {SESSION, NULL, VALUES, VALUES, true, true},
    {SESSION, NULL, VALUES, VALUES ",\"tenant\":\"t\"", false, false},
    {SESSION, NULL, VALUES, "\"user\":\"u\",\"pin\":\"other\"", false, false},
    /* Not mentioned in it. */
    {SESSION, NULL, VALUES, "\"user\":\"u\",\"pin\":\"p\",\"username\":\"other\"", true, true},
    {SESSION, SESSION "      lifetime: 10m\n", VALUES, VALUES, true, true},
    {SESSION, "      type: session\n      steps: {login: {url: /login}}\n" ANSWER, VALUES, VALUES,
     false, false},
    /* What an assertion is made of. */
    {SIGNED, NULL, VALUES, VALUES, true, true},
    {SIGNED, NULL, VALUES, "\"user\":\"other\",\"pin\":\"p\"", false, false},
    {SIGNED, NULL, VALUES, "\"user\":\"u\",\"pin\":\"other\"", false, false},
    {PASSWORD "      steps: {s: {url: '/s?${connection.tenant}'}}\n", NULL,
     VALUES ",\"tenant\":\"a\"", VALUES ",\"tenant\":\"b\"", false, true},
    {PASSWORD "      steps: {s: {url: /s, headers: {X: a}}}\n",
     PASSWORD "      steps: {s: {url: /s, headers: {X: b}}}\n", VALUES, VALUES, false, true},
    {PASSWORD "      steps: {s: {url: /s, json: [1, {a: true}]}}\n",
     PASSWORD "      steps: {s: {url: /s, json: [1, {a: false}]}}\n", VALUES, VALUES, false, true},
    {PASSWORD "      steps: {s: {url: /s, method: PUT, text: a}}\n",
     PASSWORD "      steps: {s: {url: /s, method: PUT, text: b}}\n", VALUES, VALUES, false, true},
    {PASSWORD "      steps: {s: {url: /s}}\n", PASSWORD, VALUES, VALUES, false, true},
};

static void digests(const char *auth, const char *values, unsigned char purpose[32],
                    unsigned char family[32])
{
    made_t m;
    make(&m, auth, values);
    grant_fingerprint(&m.build, &m.request, purpose);
    grant_family(&m.build, &m.request, family);
    unmake(&m);
}

static void purposes_are_told_apart(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(PAIRS); i++) {
        const pair_t *p = &PAIRS[i];
        unsigned char purpose[2][32], family[2][32];
        digests(p->auth, p->values, purpose[0], family[0]);
        digests(p->other_auth ? p->other_auth : p->auth, p->other_values, purpose[1], family[1]);
        if ((memcmp(purpose[0], purpose[1], 32) == 0) != p->same_purpose) {
            fail_msg("purpose of pair %zu", i);
        }
        if ((memcmp(family[0], family[1], 32) == 0) != p->same_family) {
            fail_msg("family of pair %zu", i);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_follows_the_other),
        cmocka_unit_test(a_session_begins_with_its_steps),
        cmocka_unit_test(knows_what_was_told),
        cmocka_unit_test(purposes_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
