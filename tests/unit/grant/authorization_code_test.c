/* SPDX-License-Identifier: MIT */
/* Where people are sent to sign in (RFC 6749 4.1.1, RFC 7636), and what their code is exchanged
 * with. */
#include "grant/made.h"

#define AUTH "      type: authorization_code\n      token_url: /token\n"
#define AT "      authorize_url: https://h.example/authorize\n"
#define FRONT                                                                                      \
    "https://h.example/"                                                                           \
    "authorize?response_type=code&client_id=c%20%26&redirect_uri=https%3A%2F%2Ft%2Fcb"
#define BACK "&state=S-_&code_challenge=C&code_challenge_method=S256"
#define PLAIN FRONT BACK
#define CLIENT "\"client_id\":\"c &\",\"client_secret\":\"s\""

typedef struct row {
    const char *name, *auth, *values;
    err_code_t code; /* ERR_none: the rest is prescribed */
    const char *text;
} row_t;

static const row_t URLS[] = {
    {"all by default", AT, CLIENT, ERR_none, PLAIN},
    {"scopes stand before the state", AT "      scopes: [a, 'b:c']\n", CLIENT, ERR_none,
     FRONT "&scope=a%20b%3Ac" BACK},
    {"without proof", AT "      pkce: none\n", CLIENT, ERR_none, FRONT "&state=S-_"},
    {"a resource (RFC 8707 2.1)", AT "      resource: https://api.example/\n", CLIENT, ERR_none,
     FRONT "&resource=https%3A%2F%2Fapi.example%2F" BACK},
    {"more, replaced, removed, repeated",
     AT "      authorize_params: {audience: 'x y', state: null, response_type: 'code id_token', "
        "p: [1, '2']}\n",
     CLIENT, ERR_none,
     "https://h.example/authorize?response_type=code%20id_token&client_id=c%20%26&redirect_uri="
     "https%3A%2F%2Ft%2Fcb&code_challenge=C&code_challenge_method=S256&audience=x%20y&p=1&p=2"},
    {"what is absent goes", AT "      authorize_params: {org: '${connection.tenant}'}\n", CLIENT,
     ERR_none, PLAIN},
    {"what stands in oauth",
     AT "      authorize_params: {again: '${oauth.state}', to: '${oauth.redirect_uri}'}\n", CLIENT,
     ERR_none, PLAIN "&again=S-_&to=https%3A%2F%2Ft%2Fcb"},
    {"behind a query", "      authorize_url: https://h.example/authorize?v=1\n", CLIENT, ERR_none,
     "https://h.example/"
     "authorize?v=1&response_type=code&client_id=c%20%26&redirect_uri=https%3A%2F%2Ft%2Fcb" BACK},
    {"behind a fragment", "      authorize_url: https://h.example/?v=1#/authorize\n", CLIENT,
     ERR_none,
     "https://h.example/?v=1#/"
     "authorize?response_type=code&client_id=c%20%26&redirect_uri=https%3A%2F%2Ft%2Fcb" BACK},
    {"behind a fragment's query", "      authorize_url: https://h.example/#/a?v=1\n", CLIENT,
     ERR_none,
     "https://h.example/#/"
     "a?v=1&response_type=code&client_id=c%20%26&redirect_uri=https%3A%2F%2Ft%2Fcb" BACK},
    {"below the base", "      authorize_url: /authorize\n", CLIENT, ERR_none,
     "https://h.example/base/"
     "authorize?response_type=code&client_id=c%20%26&redirect_uri=https%3A%2F%2Ft%2Fcb" BACK},
    {"no client", AT, "\"client_secret\":\"s\"", ERR_parameter_missing, NULL},
    {"nowhere to go", "      issuer: https://h.example\n", CLIENT, ERR_not_supported, NULL},
};

#define ASKED                                                                                      \
    "response_type=code&client_id=c+%26&redirect_uri=https%3A%2F%2Ft%2Fcb&state=S-_&code_"         \
    "challenge=C&code_challenge_method=S256"
#define PAR AT "      par_url: /par\n"
static const row_t PUSHES[] = {
    {"proved by the body", PAR, CLIENT, ERR_none, ASKED "&client_secret=s"},
    {"proved by Basic", PAR "      client_auth: basic\n", CLIENT, ERR_none, ASKED},
    {"proved by nothing", PAR "      client_auth: none\n", CLIENT, ERR_none, ASKED},
    {"for services", PAR "      resource: [https://a.example, 'urn:b']\n", CLIENT, ERR_none,
     "response_type=code&client_id=c+%26&redirect_uri=https%3A%2F%2Ft%2Fcb&resource=https%3A%2F%"
     "2Fa."
     "example&resource=urn%3Ab&state=S-_&code_challenge=C&code_challenge_method=S256"
     "&client_secret=s"},
    {"with more", PAR "      authorize_params: {prompt: login, client_id: null}\n", CLIENT,
     ERR_none,
     "response_type=code&redirect_uri=https%3A%2F%2Ft%2Fcb&state=S-_&code_challenge=C"
     "&code_challenge_method=S256&prompt=login&client_id=c+%26&client_secret=s"},
    {"no client", PAR, "\"client_secret\":\"s\"", ERR_parameter_missing, NULL},
};

/* What is answered to a pushed request, and where the browser then goes. */
typedef struct push_row {
    int status;
    const char *body;
    err_code_t code;
    const char *url, *error;
} push_row_t;
static const push_row_t PUSHED[] = {
    {201, "{\"request_uri\":\"urn:x:1&2\",\"expires_in\":60}", ERR_none,
     "https://h.example/authorize?client_id=c%20%26&request_uri=urn%3Ax%3A1%262", NULL},
    {201, "{\"expires_in\":60}", ERR_token_response_incomplete, NULL, ""},
    {201, "created", ERR_token_response_incomplete, NULL, ""},
    {200, "{\"request_uri\":\"urn:x:1\"}", ERR_token_endpoint_unavailable, NULL, ""},
    {303, "", ERR_token_endpoint_unavailable, NULL, ""},
    {400, "{\"error\":\"invalid_request\",\"error_description\":\"no\"}",
     ERR_authorization_incomplete, NULL, "invalid_request"},
    {400, "{\"error\":\"invalid_client\"}", ERR_credentials_rejected, NULL, "invalid_client"},
    {401, "", ERR_credentials_rejected, NULL, ""},
    {429, "", ERR_token_endpoint_throttled, NULL, ""},
    {503, "<html>", ERR_token_endpoint_unavailable, NULL, ""},
};

static const row_t EXCHANGES[] = {
    {"by the body", AT, CLIENT, ERR_none,
     "grant_type=authorization_code&code=K+%26&redirect_uri=https%3A%2F%2Ft%2Fcb&code_verifier=V&"
     "client_id=c+%26&client_secret=s"},
    {"by Basic", AT "      client_auth: basic\n", CLIENT, ERR_none,
     "grant_type=authorization_code&code=K+%26&redirect_uri=https%3A%2F%2Ft%2Fcb&code_verifier=V"},
    {"by nothing", AT "      client_auth: none\n", CLIENT, ERR_none,
     "grant_type=authorization_code&code=K+%26&redirect_uri=https%3A%2F%2Ft%2Fcb&code_verifier=V&"
     "client_id=c+%26"},
    {"its scope was asked for before", AT "      scopes: [a]\n      format: json\n", CLIENT,
     ERR_none,
     "{\"grant_type\":\"authorization_code\",\"code\":\"K &\",\"redirect_uri\":\"https://t/cb\","
     "\"code_verifier\":\"V\",\"client_id\":\"c &\",\"client_secret\":\"s\"}"},
    {"another name", AT "      params: {code: null, auth_code: '${oauth.code}'}\n", CLIENT,
     ERR_none,
     "grant_type=authorization_code&redirect_uri=https%3A%2F%2Ft%2Fcb&code_verifier=V&client_id=c+%"
     "26&"
     "client_secret=s&auth_code=K+%26"},
};

/* --- what is made of them --- */

static void make_row(made_t *m, const row_t *row, const char *occasion)
{
    char auth[4096];
    snprintf(auth, sizeof auth, "%s%s", AUTH, row->auth);
    fill(m, auth, row->values, occasion);
}

static void check(const row_t *row, const made_t *m, bool ok, str_t seen)
{
    if (m->err.code != row->code || ok != (row->code == ERR_none)) {
        fail_msg("%s: %s (%s)", row->name, err_code_name(m->err.code), m->err.text);
    }
    if (ok && !str_is(seen, row->text)) {
        fail_msg("%s:\n%.*s\nnot\n%s", row->name, STR_ARG(seen), row->text);
    }
}

static void addresses_are_as_prescribed(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(URLS); i++) {
        made_t m;
        buf_t url;
        buf_init(&url, 1 << 16);
        make_row(&m, &URLS[i],
                 "\"redirect_uri\":\"https://t/cb\",\"state\":\"S-_\",\"code_challenge\":\"C\"");
        bool ok = grant_authorization_url(&m.build, &url, &m.err);
        check(&URLS[i], &m, ok, buf_view(&url));
        buf_fini(&url);
        unmake(&m);
    }
}

static const char OCCASION[] =
    "\"redirect_uri\":\"https://t/cb\",\"state\":\"S-_\",\"code_challenge\":\"C\"";

static void pushes_are_as_prescribed(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(PUSHES); i++) {
        made_t m;
        upstream_request_t request;
        make_row(&m, &PUSHES[i], OCCASION);
        assert_true(grant_asks_ahead(&m.build));
        bool ok = grant_ahead_request(&m.build, &request, &m.err);
        check(&PUSHES[i], &m, ok, request.body);
        if (ok) {
            assert_true(str_is(request.url, "https://h.example/base/par"));
            bool basic = strstr(PUSHES[i].auth, "basic") != NULL;
            str_t header =
                message_header_get(request.headers, request.header_count, "authorization");
            assert_int_equal(basic, header.p != NULL);
        }
        unmake(&m);
    }
}

static void browsers_carry_the_reference_alone(void **state)
{
    (void)state;
    static const row_t row = {"", PAR "      authorize_params: {prompt: login}\n", CLIENT, ERR_none,
                              NULL};
    for (size_t i = 0; i < COUNT(PUSHED); i++) {
        made_t m;
        buf_t url;
        upstream_request_t request;
        const upstream_answer_t answer = {.status = PUSHED[i].status,
                                          .body = str_of(PUSHED[i].body)};
        buf_init(&url, 4096);
        make_row(&m, &row, OCCASION);
        assert_true(grant_ahead_request(&m.build, &request, &m.err));
        json_t *kept = json_object();
        bool ok = grant_ahead_url(&m.build, &answer, kept, &url, &m.err);
        json_decref(kept);
        assert_int_equal(m.err.code, PUSHED[i].code);
        assert_int_equal(ok, PUSHED[i].code == ERR_none);
        if (ok) {
            assert_string_equal(buf_c(&url), PUSHED[i].url);
        } else {
            assert_string_equal(m.err.upstream_error, PUSHED[i].error);
        }
        buf_fini(&url);
        unmake(&m);
    }
}

static void an_address_has_a_ceiling(void **state)
{
    (void)state;
    made_t m;
    buf_t url;
    buf_init(&url, 100);
    make_row(&m, &URLS[0],
             "\"redirect_uri\":\"https://t/cb\",\"state\":\"S\",\"code_challenge\":\"C\"");
    assert_false(grant_authorization_url(&m.build, &url, &m.err));
    assert_int_equal(m.err.code, ERR_param_too_long);
    buf_fini(&url);
    unmake(&m);
}

static void exchanges_are_as_prescribed(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(EXCHANGES); i++) {
        made_t m;
        upstream_request_t request;
        make_row(&m, &EXCHANGES[i],
                 "\"code\":\"K &\",\"redirect_uri\":\"https://t/cb\",\"code_verifier\":\"V\"");
        bool ok = grant_build_request(&m.build, &request, &m.err);
        check(&EXCHANGES[i], &m, ok, request.body);
        unmake(&m);
    }
}

/* RFC 7636 appendix B. */
static void the_challenge_is_the_verifiers_digest(void **state)
{
    (void)state;
    buf_t challenge;
    buf_init(&challenge, 64);
    grant_code_challenge(STR("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"), &challenge);
    assert_string_equal(buf_c(&challenge), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    buf_fini(&challenge);
}

/* A refresh token belongs to its client, also where that stands in a header alone; a secret or a
 * code changes nothing. */
static void a_family_knows_its_client(void **state)
{
    (void)state;
    static const char BASIC[] = AT "      client_auth: basic\n";
    static const row_t rows[] = {
        {"", BASIC, "\"client_id\":\"a\",\"client_secret\":\"s\"", ERR_none, NULL},
        {"", BASIC, "\"client_id\":\"a\",\"client_secret\":\"t\"", ERR_none, NULL},
        {"", BASIC, "\"client_id\":\"b\",\"client_secret\":\"s\"", ERR_none, NULL},
    };
    unsigned char families[COUNT(rows)][32];
    for (size_t i = 0; i < COUNT(rows); i++) {
        made_t m;
        upstream_request_t request;
        make_row(&m, &rows[i], "");
        assert_true(grant_build_request(&m.build, &request, &m.err));
        grant_family(&m.build, &request, families[i]);
        unmake(&m);
    }
    assert_memory_equal(families[0], families[1], 32);
    assert_memory_not_equal(families[0], families[2], 32);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_as_prescribed),
        cmocka_unit_test(pushes_are_as_prescribed),
        cmocka_unit_test(browsers_carry_the_reference_alone),
        cmocka_unit_test(an_address_has_a_ceiling),
        cmocka_unit_test(exchanges_are_as_prescribed),
        cmocka_unit_test(the_challenge_is_the_verifiers_digest),
        cmocka_unit_test(a_family_knows_its_client),
    };
    return cmocka_run_group_tests_name("authorization_code", tests, NULL, NULL);
}
