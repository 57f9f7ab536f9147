/* SPDX-License-Identifier: MIT */
/* Assertions in token requests: of the client, and as the grant. */
#include "grant/made.h"

#define CC "      type: client_credentials\n      token_url: /token\n"
#define SIGNED                                                                                     \
    "      client_auth: private_key_jwt\n      client_assertion: {alg: HS256, key: "               \
    "'${connection.key}'"
#define BEARER "      type: jwt_bearer\n      token_url: /token\n      client_auth: none\n"
#define ISSUER "      issuer: https://h.example/issuer\n"
#define ASSERTION_TYPE "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
#define CLIENT "\"client_id\":\"c\",\"key\":\"k\""
#define AT_TOKEN_URL "\"aud\":\"https://h.example/base/token\""

typedef struct row {
    const char *name, *auth, *values;
    const char *parameters; /* names, in order */
    const char *parameter;  /* the JWT */
    const char *typ;        /* NULL: none */
    const char *claims;     /* but iat, exp and jti */
} row_t;

static const row_t ROWS[] = {
    {"a client", CC SIGNED "}\n", CLIENT, "grant_type client_assertion_type client_assertion",
     "client_assertion", "client-authentication+jwt",
     "{\"iss\":\"c\",\"sub\":\"c\"," AT_TOKEN_URL "}"},
    {"meant for the issuer, and nobody else", CC ISSUER SIGNED "}\n", CLIENT,
     "grant_type client_assertion_type client_assertion", "client_assertion",
     "client-authentication+jwt",
     "{\"iss\":\"c\",\"sub\":\"c\",\"aud\":\"https://h.example/issuer\"}"},
    {"as an old server wants it",
     CC SIGNED ", header: {typ: JWT}, claims: {aud: [a, b], sub: null}}\n", CLIENT,
     "grant_type client_assertion_type client_assertion", "client_assertion", "JWT",
     "{\"iss\":\"c\",\"aud\":[\"a\",\"b\"]}"},
    {"behind the scope, before params, with the client's ID for who wants it",
     CC "      scopes: [a]\n      params: {client_id: '${connection.client_id}'}\n" SIGNED "}\n",
     CLIENT, "grant_type scope client_assertion_type client_assertion client_id",
     "client_assertion", "client-authentication+jwt",
     "{\"iss\":\"c\",\"sub\":\"c\"," AT_TOKEN_URL "}"},
    {"a client by its secret", CC "      client_auth: client_secret_jwt\n",
     "\"client_id\":\"c\",\"client_secret\":\"s\"",
     "grant_type client_assertion_type client_assertion", "client_assertion",
     "client-authentication+jwt", "{\"iss\":\"c\",\"sub\":\"c\"," AT_TOKEN_URL "}"},
    {"a client that only its claims name",
     BEARER "      assertion: {alg: HS256, key: '${connection.key}'}\n", "\"key\":\"k\"",
     "grant_type assertion", "assertion", "JWT", "{" AT_TOKEN_URL "}"},
    {"an assertion about somebody",
     BEARER "      assertion: {alg: HS256, key: '${connection.key}', claims: {iss: "
            "'${connection.client_id}', sub: ann, aud: wd}}\n      scopes: [a]\n",
     CLIENT, "grant_type assertion scope client_id", "assertion", "JWT",
     "{\"aud\":\"wd\",\"iss\":\"c\",\"sub\":\"ann\"}"},
    {"under another name",
     BEARER "      assertion: {alg: HS256, key: '${connection.key}'}\n"
            "      params: {assertion: null, token: '${assertion}'}\n",
     CLIENT, "grant_type client_id token", "token", "JWT", "{" AT_TOKEN_URL "}"},
};

/* --- looking at them --- */

static str_t value_of(const made_t *m, str_t name)
{
    for (size_t i = 0; i < m->build.parameters.count; i++) {
        if (str_eq(m->build.parameters.list[i].name, name)) {
            return json_view(m->build.parameters.list[i].value);
        }
    }
    return STR_NONE;
}

static void assert_names(const row_t *row, const made_t *m)
{
    buf_t names;
    buf_init(&names, 4096);
    for (size_t i = 0; i < m->build.parameters.count; i++) {
        buf_printf(&names, "%s%.*s", i ? " " : "", STR_ARG(m->build.parameters.list[i].name));
    }
    if (strcmp(buf_c(&names), row->parameters) != 0) {
        fail_msg("%s: %s", row->name, buf_c(&names));
    }
    buf_fini(&names);
}

static json_t *read_part(const made_t *m, str_t jwt, int index)
{
    err_t err = ERR_INIT;
    json_t *value = json_read(jwt_part(m->arena, jwt, index), NULL, &err);
    assert_non_null(value);
    return value;
}

static void assert_jwt(const row_t *row, const made_t *m, str_t jwt)
{
    json_t *header = read_part(m, jwt, 0), *claims = read_part(m, jwt, 1);
    err_t err = ERR_INIT;
    json_t *expected = json_read(str_of(row->claims), NULL, &err);
    assert_true(str_is(json_member(header, "typ"), row->typ));
    assert_true(str_is(json_member(header, "alg"), "HS256"));
    int64_t now = json_integer_value(json_object_get(claims, "iat"));
    assert_int_equal(now, WALL_MS / 1000);
    assert_int_equal(json_integer_value(json_object_get(claims, "exp")), now + 60);
    assert_int_equal(json_member(claims, "jti").n, 22);
    json_object_del(claims, "iat");
    json_object_del(claims, "exp");
    json_object_del(claims, "jti");
    if (!json_equal(claims, expected)) {
        char *text = json_dumps(claims, 0);
        fail_msg("%s: %s", row->name, text);
    }
    json_decref(header);
    json_decref(claims);
    json_decref(expected);
}

static void assertions_are_as_prescribed(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        const row_t *row = &ROWS[i];
        made_t m;
        make(&m, row->auth, row->values);
        if (!m.ok) {
            fail_msg("%s: %s", row->name, m.err.text);
        }
        assert_names(row, &m);
        assert_jwt(row, &m, value_of(&m, str_of(row->parameter)));
        str_t type = value_of(&m, STR("client_assertion_type"));
        assert_true(!type.p || str_is(type, ASSERTION_TYPE));
        unmake(&m);
    }
}

/* Who refreshes proves itself in the same way. */
static void a_refresh_has_one_of_its_own(void **state)
{
    (void)state;
    made_t m = {.connector = load("      type: password\n      token_url: /token\n" SIGNED "}\n"),
                .values = read_object(CLIENT ",\"username\":\"u\",\"password\":\"p\""),
                .oauth = json_pack("{s:s}", "refresh_token", "r")};
    json_t *oauth = m.oauth;
    make_with(&m, m.connector->auths[0].grant.refresh, NULL, WALL_MS);
    assert_true(m.ok);
    const row_t row = {.name = "refresh",
                       .parameters =
                           "grant_type refresh_token client_assertion_type client_assertion",
                       .typ = "client-authentication+jwt",
                       .claims = "{\"iss\":\"c\",\"sub\":\"c\"," AT_TOKEN_URL "}"};
    assert_names(&row, &m);
    assert_jwt(&row, &m, value_of(&m, STR("client_assertion")));
    unmake(&m);
    json_decref(oauth);
}

/* What an assertion is meant for is the server, whichever of its endpoints reads it. */
static void other_endpoints_are_shown_one_too(void **state)
{
    (void)state;
    static const struct {
        bool (*build)(grant_build_t *build, upstream_request_t *out, err_t *err);
        const char *auth, *occasion, *parameters;
    } ENDPOINTS[] = {
        {grant_device_request,
         "      type: device_code\n      token_url: /token\n      device_url: /device\n" SIGNED
         "}\n",
         "", "client_assertion_type client_assertion"},
        {grant_revocation_request, CC "      revoke_url: /revoke\n" SIGNED "}\n", "\"token\":\"t\"",
         "token client_assertion_type client_assertion"},
    };
    for (size_t i = 0; i < COUNT(ENDPOINTS); i++) {
        made_t m;
        const row_t row = {.name = ENDPOINTS[i].parameters,
                           .parameters = ENDPOINTS[i].parameters,
                           .typ = "client-authentication+jwt",
                           .claims = "{\"iss\":\"c\",\"sub\":\"c\"," AT_TOKEN_URL "}"};
        fill(&m, ENDPOINTS[i].auth, CLIENT, ENDPOINTS[i].occasion);
        assert_true(ENDPOINTS[i].build(&m.build, &m.request, &m.err));
        assert_names(&row, &m);
        assert_jwt(&row, &m, value_of(&m, STR("client_assertion")));
        unmake(&m);
    }
}

/* RFC 7523 5: the two assertions of one request do not share their jti. */
static void two_of_one_request_differ(void **state)
{
    (void)state;
    made_t m;
    make(&m,
         "      type: jwt_bearer\n      token_url: /token\n"
         "      assertion: {alg: HS256, key: '${connection.key}'}\n" SIGNED "}\n",
         CLIENT);
    assert_true(m.ok);
    json_t *one = read_part(&m, value_of(&m, STR("assertion")), 1);
    json_t *other = read_part(&m, value_of(&m, STR("client_assertion")), 1);
    assert_false(json_equal(json_object_get(one, "jti"), json_object_get(other, "jti")));
    json_decref(one);
    json_decref(other);
    unmake(&m);
}

/* --- what is refused --- */

static void what_cannot_be_proved_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *auth, *values;
        err_code_t code;
        const char *reason;
    } REFUSED[] = {
        {CC SIGNED "}\n", "\"key\":\"k\"", ERR_parameter_missing, "client_id"},
        {BEARER "      assertion: {key: '${connection.key}'}\n", CLIENT, ERR_key_unusable,
         "`assertion`"},
        {CC "      client_auth: client_secret_jwt\n", "\"client_id\":\"c\"", ERR_parameter_missing,
         "client_secret"},
        {CC
         "      client_auth: private_key_jwt\n      client_assertion: {key: '${connection.key}'}\n",
         CLIENT, ERR_key_unusable, "`client_assertion`"},
    };
    for (size_t i = 0; i < COUNT(REFUSED); i++) {
        made_t m;
        make(&m, REFUSED[i].auth, REFUSED[i].values);
        assert_false(m.ok);
        assert_string_equal(err_code_name(m.err.code), err_code_name(REFUSED[i].code));
        assert_non_null(strstr(m.err.text, REFUSED[i].reason));
        unmake(&m);
    }
}

/* --- what makes two requests the same --- */

typedef struct digests {
    unsigned char purpose[32], family[32];
} digests_t;

static void digest(const char *auth, const char *values, digests_t *out)
{
    made_t m = {.connector = load(auth), .values = read_object(values), .only_compared = true};
    make_scope(&m, 0);
    memset(m.scope.scope.uuid, '0', sizeof m.scope.scope.uuid - 1);
    make_request(&m, &m.connector->auths[0].grant);
    assert_true(m.ok);
    grant_fingerprint(&m.build, &m.request, out->purpose);
    grant_family(&m.build, &m.request, out->family);
    unmake(&m);
}

static void fingerprints_tell_apart(void **state)
{
    (void)state;
#define EC                                                                                         \
    "      client_auth: private_key_jwt\n      client_assertion: {alg: ES256, key: "               \
    "'${connection.key}'"
#define OF(sub)                                                                                    \
    BEARER "      assertion: {alg: HS256, key: '${connection.key}', claims: {sub: '" sub "'}}\n"
    static const struct {
        const char *auth, *other_auth, *values, *other_values;
        bool same_purpose, same_family;
    } PAIRS[] = {
        {CC EC "}\n", CC EC "}\n", CLIENT, CLIENT, true, true},
        /* Another key is another proof of the same client. */
        {CC EC "}\n", CC EC "}\n", CLIENT, "\"client_id\":\"c\",\"key\":\"l\"", false, true},
        {CC EC "}\n", CC EC "}\n", CLIENT, "\"client_id\":\"d\",\"key\":\"k\"", false, false},
        /* Whom an assertion is about is what the token is for. */
        {OF("a"), OF("a"), CLIENT, CLIENT, true, true},
        {OF("a"), OF("b"), CLIENT, CLIENT, false, false},
    };
    for (size_t i = 0; i < COUNT(PAIRS); i++) {
        digests_t one, other;
        digest(PAIRS[i].auth, PAIRS[i].values, &one);
        digest(PAIRS[i].other_auth, PAIRS[i].other_values, &other);
        bool same_purpose = memcmp(one.purpose, other.purpose, sizeof one.purpose) == 0;
        bool same_family = memcmp(one.family, other.family, sizeof one.family) == 0;
        if (same_purpose != PAIRS[i].same_purpose || same_family != PAIRS[i].same_family) {
            fail_msg("pair %zu: %d %d", i, same_purpose, same_family);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(assertions_are_as_prescribed),
        cmocka_unit_test(a_refresh_has_one_of_its_own),
        cmocka_unit_test(other_endpoints_are_shown_one_too),
        cmocka_unit_test(two_of_one_request_differ),
        cmocka_unit_test(what_cannot_be_proved_is_told),
        cmocka_unit_test(fingerprints_tell_apart),
    };
    return cmocka_run_group_tests_name("client", tests, NULL, NULL);
}
