/* SPDX-License-Identifier: MIT */
/* Token requests that definitions prescribe: order and format on the wire, how the client proves
 * itself, what is refused before anything is sent, and what makes two requests the same. */
#include "grant/made.h"

#define CC "      type: client_credentials\n      token_url: /token\n"
#define PW "      type: password\n      token_url: /token\n"
#define EXCHANGE                                                                                   \
    "      type: token_exchange\n      token_url: /token\n      subject_token: "                   \
    "'${connection.subject_token}'\n"
#define EXCHANGED BOTH ",\"subject_token\":\"s t\""
#define ACCESS "urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aaccess_token"
#define BOTH "\"client_id\":\"c\",\"client_secret\":\"s\""

typedef struct row {
    const char *name, *auth, *values;
    err_code_t code;           /* ERR_none: the rest is prescribed */
    const char *url;           /* NULL: https://h.example/base/token */
    const char *body;          /* NULL: none */
    const char *authorization; /* NULL: none */
} row_t;

static const row_t ROWS[] = {
    {"in the body", CC, BOTH, ERR_none, NULL,
     "grant_type=client_credentials&client_id=c&client_secret=s", NULL},
    {"form encodes", CC, "\"client_id\":\"c +\",\"client_secret\":\"=&\\u00e9\"", ERR_none, NULL,
     "grant_type=client_credentials&client_id=c+%2B&client_secret=%3D%26%C3%A9", NULL},
    {"json", CC "      format: json\n", "\"client_id\":\"c\\\"\",\"client_secret\":\"s\"", ERR_none,
     NULL,
     "{\"grant_type\":\"client_credentials\",\"client_id\":\"c\\\"\",\"client_secret\":\"s\"}",
     NULL},
    {"query", CC "      format: query\n", "\"client_id\":\"c +\",\"client_secret\":\"s\"", ERR_none,
     "https://h.example/base/token?grant_type=client_credentials&client_id=c%20%2B&client_secret=s",
     NULL, NULL},
    {"query behind a query",
     "      type: client_credentials\n      token_url: /token?v=1\n      format: query\n      "
     "client_auth: none\n",
     "\"client_id\":\"c\"", ERR_none,
     "https://h.example/base/token?v=1&grant_type=client_credentials&client_id=c", NULL, NULL},
    {"a value in the URL",
     "      type: client_credentials\n      token_url: https://h.example/${connection.place}/t\n",
     BOTH ",\"place\":\"a/b\"", ERR_none, "https://h.example/a%2Fb/t",
     "grant_type=client_credentials&client_id=c&client_secret=s", NULL},
    {"basic, each part encoded (RFC 6749 2.3.1)", CC "      client_auth: basic\n",
     "\"client_id\":\"c\",\"client_secret\":\"s:e c+r%e&t\"", ERR_none, NULL,
     "grant_type=client_credentials", "Basic YzpzJTNBZStjJTJCciUyNWUlMjZ0"},
    {"basic, raw", CC "      client_auth: basic_raw\n",
     "\"client_id\":\"c\",\"client_secret\":\"s:e c+r%e&t\"", ERR_none, NULL,
     "grant_type=client_credentials", "Basic YzpzOmUgYytyJWUmdA=="},
    {"basic, raw, a colon that would move", CC "      client_auth: basic_raw\n",
     "\"client_id\":\"c:d\",\"client_secret\":\"s\"", ERR_credential_username_colon, NULL, NULL,
     NULL},
    {"no proof", CC "      client_auth: none\n", "\"client_id\":\"c\"", ERR_none, NULL,
     "grant_type=client_credentials&client_id=c", NULL},
    {"a user", PW, "\"username\":\"u\",\"password\":\"p\"," BOTH, ERR_none, NULL,
     "grant_type=password&username=u&password=p&client_id=c&client_secret=s", NULL},
    {"a user without a client", PW, "\"username\":\"u\",\"password\":\"p\"", ERR_none, NULL,
     "grant_type=password&username=u&password=p", NULL},
    {"a user without a client, by Basic", PW "      client_auth: basic\n",
     "\"username\":\"u\",\"password\":\"p\"", ERR_none, NULL,
     "grant_type=password&username=u&password=p", NULL},
    {"a client without a secret, by Basic", PW "      client_auth: basic\n",
     "\"username\":\"u\",\"password\":\"p\",\"client_id\":\"c\"", ERR_none, NULL,
     "grant_type=password&username=u&password=p", "Basic Yzo="},
    {"an empty password is none", PW, "\"username\":\"u\",\"password\":\"\"", ERR_parameter_missing,
     NULL, NULL, NULL},
    {"no user name", PW, "\"password\":\"p\"", ERR_parameter_missing, NULL, NULL, NULL},
    {"no secret", CC, "\"client_id\":\"c\"", ERR_parameter_missing, NULL, NULL, NULL},
    {"no secret, by Basic", CC "      client_auth: basic\n", "\"client_id\":\"c\"",
     ERR_parameter_missing, NULL, NULL, NULL},
    {"no value in the URL",
     "      type: client_credentials\n      token_url: https://h.example/${connection.place}/t\n",
     BOTH, ERR_parameter_missing, NULL, NULL, NULL},
    {"scopes", CC "      scopes: [a, '${connection.tenant}', b]\n", BOTH, ERR_none, NULL,
     "grant_type=client_credentials&scope=a+b&client_id=c&client_secret=s", NULL},
    {"scopes, by comma",
     CC "      scopes: [a, '${connection.tenant}', b]\n      scope_separator: ','\n",
     BOTH ",\"tenant\":\"t\"", ERR_none, NULL,
     "grant_type=client_credentials&scope=a%2Ct%2Cb&client_id=c&client_secret=s", NULL},
    {"no scope", CC "      scopes: ['${connection.tenant}']\n", BOTH, ERR_none, NULL,
     "grant_type=client_credentials&client_id=c&client_secret=s", NULL},
    {"resource (RFC 8707)", CC "      resource: https://api.example/\n      scopes: [a]\n", BOTH,
     ERR_none, NULL,
     "grant_type=client_credentials&scope=a&resource=https%3A%2F%2Fapi.example%2F&client_id=c&"
     "client_secret=s",
     NULL},
    {"resources",
     CC "      resource: [https://a.example/x?y=1, 'api://b', '${connection.tenant}']\n", BOTH,
     ERR_none, NULL,
     "grant_type=client_credentials&resource=https%3A%2F%2Fa.example%2Fx%3Fy%3D1&resource=api%3A%"
     "2F%"
     "2Fb&client_id=c&client_secret=s",
     NULL},
    {"resources in JSON", CC "      format: json\n      resource: ['urn:a', 'urn:b', 'urn:c']\n",
     BOTH, ERR_none, NULL,
     "{\"grant_type\":\"client_credentials\",\"resource\":[\"urn:a\",\"urn:b\",\"urn:c\"],"
     "\"client_id\":\"c\",\"client_secret\":\"s\"}",
     NULL},
    {"a resource with a fragment", CC "      resource: '${connection.tenant}'\n",
     BOTH ",\"tenant\":\"https://a.example/#x\"", ERR_param_value, NULL, NULL, NULL},
    {"a relative resource", CC "      resource: '${connection.tenant}'\n",
     BOTH ",\"tenant\":\"/a\"", ERR_param_value, NULL, NULL, NULL},
    {"a resource that is none", CC "      resource: '${connection.tenant}'\n",
     BOTH ",\"tenant\":\"a b:c\"", ERR_param_value, NULL, NULL, NULL},
    {"another grant_type",
     PW "      grant_type: http://auth0.com/oauth/grant-type/password-realm\n      format: json\n",
     "\"username\":\"u\",\"password\":\"p\"", ERR_none, NULL,
     "{\"grant_type\":\"http://auth0.com/oauth/grant-type/"
     "password-realm\",\"username\":\"u\",\"password\":\"p\"}",
     NULL},
    {"params replace in place, remove, repeat",
     CC "      scopes: [a]\n      params: {client_id: null, scope: b, resource: [x, 'y z'], "
        "audience: '${connection.tenant}'}\n",
     BOTH ",\"tenant\":\"t\"", ERR_none, NULL,
     "grant_type=client_credentials&scope=b&client_secret=s&resource=x&resource=y+z&audience=t",
     NULL},
    {"lists stay in JSON",
     CC
     "      format: json\n      params: {resource: [x, y], n: '${connection.number}', b: true}\n",
     BOTH ",\"number\":7", ERR_none, NULL,
     "{\"grant_type\":\"client_credentials\",\"client_id\":\"c\",\"client_secret\":\"s\","
     "\"resource\":[\"x\",\"y\"],"
     "\"n\":7,\"b\":true}",
     NULL},
    {"a value is no template", CC,
     "\"client_id\":\"${connection.client_secret}\",\"client_secret\":\"s\"", ERR_none, NULL,
     "grant_type=client_credentials&client_id=%24%7Bconnection.client_secret%7D&client_secret=s",
     NULL},
    {"a header that no wire can carry", CC "      headers: {X-Tenant: '${connection.tenant}'}\n",
     BOTH ",\"tenant\":\"a\\r\\nX: y\"", ERR_param_control_char, NULL, NULL, NULL},
    {"a certificate is the proof (RFC 8705 2)",
     CC "      client_auth: tls\n      tls: {certificate: '${connection.place}', private_key: "
        "'${connection.key}'}\n",
     BOTH, ERR_none, NULL, "grant_type=client_credentials&client_id=c", NULL},
    {"a token for another", EXCHANGE, EXCHANGED, ERR_none, NULL,
     "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange&subject_token=s+t&"
     "subject_token_type=" ACCESS "&client_id=c&client_secret=s",
     NULL},
    {"of what kinds, and on whose behalf",
     EXCHANGE "      subject_token_type: urn:s\n      actor_token_type: urn:a\n      "
              "requested_token_type: urn:r\n      scopes: [a]\n      params: {audience: x}\n",
     EXCHANGED ",\"actor_token\":\"a t\"", ERR_none, NULL,
     "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange&subject_token=s+t&"
     "subject_token_type=urn%3As&actor_token=a+t&actor_token_type=urn%3Aa&requested_token_type="
     "urn%3Ar&scope=a&client_id=c&client_secret=s&audience=x",
     NULL},
    {"no type of an actor that is not there", EXCHANGE "      actor_token_type: urn:a\n", EXCHANGED,
     ERR_none, NULL,
     "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange&subject_token=s+t&"
     "subject_token_type=" ACCESS "&client_id=c&client_secret=s",
     NULL},
    {"nothing to exchange", EXCHANGE, BOTH, ERR_parameter_missing, NULL, NULL, NULL},
    {"bound to a key, which says so beside the request", CC "      dpop: true\n", BOTH, ERR_none,
     NULL, "grant_type=client_credentials&client_id=c&client_secret=s", NULL},
    {"a URL to be discovered", "      type: client_credentials\n      issuer: https://h.example\n",
     BOTH, ERR_not_supported, NULL, NULL, NULL},
};

static void assert_text(const char *row, const char *what, str_t seen, const char *wanted)
{
    if (!str_eq(seen, str_of(wanted)) || (seen.p == NULL) != (wanted == NULL)) {
        fail_msg("%s: %s is %s%.*s, not %s", row, what, seen.p ? "" : "absent", STR_ARG(seen),
                 wanted ? wanted : "absent");
    }
}

static const char *type_of(const row_t *row)
{
    return !row->body            ? NULL
           : row->body[0] == '{' ? "application/json"
                                 : "application/x-www-form-urlencoded";
}

static void check_request(const row_t *row, const made_t *m)
{
    const upstream_request_t *r = &m->request;
    assert_text(row->name, "the method", r->method, "POST");
    assert_text(row->name, "the URL", r->url, row->url ? row->url : "https://h.example/base/token");
    assert_text(row->name, "the body", r->body, row->body);
    assert_text(row->name, "Accept", message_header_get(r->headers, r->header_count, "accept"),
                "application/json");
    assert_text(row->name, "Content-Type",
                message_header_get(r->headers, r->header_count, "content-type"), type_of(row));
    assert_text(row->name, "Authorization",
                message_header_get(r->headers, r->header_count, "authorization"),
                row->authorization);
}

static void requests_are_as_prescribed(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        const row_t *row = &ROWS[i];
        made_t m;
        make(&m, row->auth, row->values);
        if (m.err.code != row->code) {
            fail_msg("%s: %s (%s)", row->name, err_code_name(m.err.code), m.err.text);
        }
        assert_int_equal(m.ok, row->code == ERR_none);
        if (m.ok) {
            check_request(row, &m);
        }
        unmake(&m);
    }
}

/* --- refreshes (RFC 6749 6) --- */

#define USER PW "      scopes: [a, b]\n      params: {audience: x}\n"
#define VALUES "\"username\":\"u\",\"password\":\"p\"," BOTH
#define HELD "grant_type=refresh_token&refresh_token=r+%26"
static const row_t REFRESHES[] = {
    /* Never for a wider scope: it is left out. */
    {"as the grant", USER, VALUES, ERR_none, NULL, HELD "&client_id=c&client_secret=s&audience=x",
     NULL},
    {"not by the grant's own grant_type", PW "      grant_type: urn:realm\n", VALUES, ERR_none,
     NULL, HELD "&client_id=c&client_secret=s", NULL},
    {"by Basic as the grant", PW "      client_auth: basic\n", VALUES, ERR_none, NULL, HELD,
     "Basic Yzpz"},
    {"by Basic instead", USER "      refresh: {client_auth: basic}\n", VALUES, ERR_none, NULL,
     HELD "&audience=x", "Basic Yzpz"},
    {"by raw Basic instead", PW "      refresh: {client_auth: basic_raw}\n",
     "\"username\":\"u\",\"password\":\"p\",\"client_id\":\"c\",\"client_secret\":\"s:%\"",
     ERR_none, NULL, HELD, "Basic YzpzOiU="},
    {"by nothing", PW "      refresh: {client_auth: none}\n", VALUES, ERR_none, NULL,
     HELD "&client_id=c", NULL},
    {"without a client", PW, "\"username\":\"u\",\"password\":\"p\"", ERR_none, NULL, HELD, NULL},
    {"elsewhere, as JSON", USER "      refresh: {token_url: /again, format: json}\n", VALUES,
     ERR_none, "https://h.example/base/again",
     "{\"grant_type\":\"refresh_token\",\"refresh_token\":\"r "
     "&\",\"client_id\":\"c\",\"client_secret\":\"s\",\"audience\":\"x\"}",
     NULL},
    {"as a query", PW "      refresh: {format: query}\n", VALUES, ERR_none,
     "https://h.example/base/token?grant_type=refresh_token&refresh_token=r%20%26&client_id=c&"
     "client_secret=s",
     NULL, NULL},
    {"other params and scopes", USER "      refresh: {params: {p: q}, scopes: [a]}\n", VALUES,
     ERR_none, NULL, HELD "&scope=a&client_id=c&client_secret=s&p=q", NULL},
    {"no params", USER "      refresh: {params: {}}\n", VALUES, ERR_none, NULL,
     HELD "&client_id=c&client_secret=s", NULL},
    {"another name",
     PW "      refresh: {grant_type: renew, params: {refresh_token: null, renew: "
        "'${oauth.refresh_token}', who: '${oauth.client_id}', seen: '${token.id}'}}\n",
     VALUES, ERR_none, NULL,
     "grant_type=renew&client_id=c&client_secret=s&renew=r+%26&who=c&seen=7", NULL},
};

static void refreshes_are_as_prescribed(void **state)
{
    (void)state;
    json_t *more = json_pack("{s:s}", "refresh_token", "r &"), *token = json_pack("{s:i}", "id", 7);
    for (size_t i = 0; i < COUNT(REFRESHES); i++) {
        const row_t *row = &REFRESHES[i];
        made_t m = {.connector = load(row->auth),
                    .values = read_object(row->values),
                    .oauth = more,
                    .token = token};
        make_with(&m, m.connector->auths[0].grant.refresh, NULL, WALL_MS);
        if (!m.ok) {
            fail_msg("%s: %s (%s)", row->name, err_code_name(m.err.code), m.err.text);
        }
        check_request(row, &m);
        unmake(&m);
    }
    json_decref(more);
    json_decref(token);
}

static void a_refresh_can_be_off(void **state)
{
    (void)state;
    static const struct {
        const char *auth;
        bool keeps;
    } KEEPS[] = {{PW, true},
                 {PW "      refresh: {format: json}\n", true},
                 {PW "      refresh: false\n", false},
                 {EXCHANGE, true},
                 {CC, false} /* RFC 6749 4.4.3 */};
    for (size_t i = 0; i < COUNT(KEEPS); i++) {
        connector_t *c = load(KEEPS[i].auth);
        assert_int_equal(grant_keeps_refresh_token(&c->auths[0].grant), KEEPS[i].keeps);
        connector_unref(c);
    }
}

static void headers_of_the_definition_win(void **state)
{
    (void)state;
    made_t m;
    make(&m,
         CC
         "      headers: {accept: text/plain, X-Tenant: '${connection.tenant}', X-Empty: '', X-No: "
         "'${connection.username}'}\n",
         BOTH ",\"tenant\":\"t\"");
    assert_true(m.ok);
    const upstream_request_t *r = &m.request;
    assert_text("", "accept", message_header_get(r->headers, r->header_count, "Accept"),
                "text/plain");
    assert_text("", "X-Tenant", message_header_get(r->headers, r->header_count, "x-tenant"), "t");
    assert_text("", "X-Empty", message_header_get(r->headers, r->header_count, "x-empty"), NULL);
    assert_text("", "X-No", message_header_get(r->headers, r->header_count, "x-no"), NULL);
    assert_int_equal(r->header_count, 3);
    unmake(&m);
}

/* Whoever must give it is told. */
static void a_missing_input_is_the_callers(void **state)
{
    (void)state;
    made_t m = {.connector = load(CC), .values = json_object()};
    json_t *input = json_pack("{s:s}", "username", "u");
    make_with(&m, m.connector->actions[1].grant, input, WALL_MS);
    assert_false(m.ok);
    assert_string_equal(err_code_name(m.err.code), "param_missing");
    assert_non_null(strstr(m.err.text, "password"));
    json_decref(input);
    unmake(&m);
}

static void what_is_too_long_is_not_cut(void **state)
{
    (void)state;
    enum { LONG = 900 * 1024 };
    made_t m = {.connector = load(
                    CC "      params: {a: '${connection.tenant}', b: '${connection.tenant}'}\n"),
                .values = read_object(BOTH)};
    char *text = calloc(1, LONG + 1);
    memset(text, 'x', LONG);
    json_object_set_new(m.values, "tenant", json_string(text));
    make_with(&m, &m.connector->auths[0].grant, NULL, WALL_MS);
    assert_false(m.ok);
    assert_string_equal(err_code_name(m.err.code), "param_too_long");
    free(text);
    unmake(&m);
}

/* --- what makes two requests the same --- */

typedef struct pair {
    const char *auth, *other_auth; /* NULL: the same */
    const char *values, *other_values;
    bool same;
} pair_t;

#define SPLIT CC "      params: {a: '${connection.tenant}', b: '${connection.username}'}\n"
#define JSON CC "      format: json\n"
static const pair_t PAIRS[] = {
    {CC, NULL, BOTH, BOTH, true},
    {CC, CC "      lifetime: 10m\n", BOTH, BOTH, true},
    {CC, NULL, BOTH, "\"client_id\":\"c\",\"client_secret\":\"t\"", false},
    {CC "      client_auth: basic\n", NULL, BOTH, "\"client_id\":\"c\",\"client_secret\":\"t\"",
     false},
    {CC, CC "      scopes: [a]\n", BOTH, BOTH, false},
    {CC, CC "      headers: {X-Tenant: a}\n", BOTH, BOTH, false},
    /* The URL's own query is part of what the token is for. */
    {"      type: client_credentials\n      token_url: /token?t=${connection.place}\n", NULL,
     BOTH ",\"place\":\"a\"", BOTH ",\"place\":\"b\"", false},
    {"      type: client_credentials\n      token_url: /token?t=${connection.place}\n      format: "
     "query\n",
     NULL, BOTH ",\"place\":\"a\"", BOTH ",\"place\":\"b\"", false},
    /* No value can pass for two. */
    {SPLIT, NULL, BOTH ",\"tenant\":\"x\\u0000b\\u0000y\",\"username\":\"z\"",
     BOTH ",\"tenant\":\"x\",\"username\":\"y\\u0000b\\u0000z\"", false},
    {SPLIT, NULL, BOTH ",\"tenant\":\"xy\",\"username\":\"z\"",
     BOTH ",\"tenant\":\"x\",\"username\":\"yz\"", false},
    {JSON "      params: {n: 7}\n", JSON "      params: {n: '7'}\n", BOTH, BOTH, false},
    /* Made anew each time: the same token all the same. */
    {CC "      params: {code: '${connection.tenant}'}\n", NULL, BOTH ",\"tenant\":\"a\"",
     BOTH ",\"tenant\":\"b\"", true},
};

static void fingerprint_of(const char *auth, const char *values, unsigned char out[32],
                           buf_t *identity)
{
    made_t m;
    make(&m, auth, values);
    assert_true(m.ok);
    grant_fingerprint(&m.build, &m.request, out);
    grant_write_identity(&m.build, &m.request, identity);
    unmake(&m);
}

static void fingerprints_tell_apart(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(PAIRS); i++) {
        const pair_t *p = &PAIRS[i];
        unsigned char one[32], other[32];
        buf_t identity, other_identity;
        buf_init(&identity, 65536);
        buf_init(&other_identity, 65536);
        fingerprint_of(p->auth, p->values, one, &identity);
        fingerprint_of(p->other_auth ? p->other_auth : p->auth, p->other_values, other,
                       &other_identity);
        if ((memcmp(one, other, sizeof one) == 0) != p->same) {
            fail_msg("pair %zu", i);
        }
        /* All that a call brings counts, one-time values too. */
        bool equal = strcmp(p->values, p->other_values) == 0 && p->same;
        assert_int_equal(str_eq(buf_view(&identity), buf_view(&other_identity)), equal);
        buf_fini(&identity);
        buf_fini(&other_identity);
    }
}

/* What a person signed in for is the same under another client secret, and under other headers. */
static void families_outlast_the_clients_proof(void **state)
{
    (void)state;
    static const struct {
        const char *auth, *other_auth, *values, *other_values;
        bool same;
    } FAMILIES[] = {
        {CC, CC, BOTH, "\"client_id\":\"c\",\"client_secret\":\"t\"", true},
        {CC "      client_auth: basic\n", CC "      client_auth: basic\n", BOTH,
         "\"client_id\":\"c\",\"client_secret\":\"t\"", true},
        {CC "      client_auth: basic\n", CC "      client_auth: basic\n", BOTH,
         "\"client_id\":\"d\",\"client_secret\":\"s\"", false},
        {CC, CC "      headers: {X-Version: '2'}\n", BOTH, BOTH, true},
        {CC, CC, BOTH, "\"client_id\":\"d\",\"client_secret\":\"s\"", false},
        {CC, CC "      scopes: [a]\n", BOTH, BOTH, false},
        {CC, CC "      resource: https://a.example\n", BOTH, BOTH, false},
        {PW, PW, "\"username\":\"u\",\"password\":\"p\"", "\"username\":\"v\",\"password\":\"p\"",
         false},
    };
    for (size_t i = 0; i < COUNT(FAMILIES); i++) {
        unsigned char one[32], other[32];
        made_t m;
        make(&m, FAMILIES[i].auth, FAMILIES[i].values);
        assert_true(m.ok);
        grant_family(&m.build, &m.request, one);
        unmake(&m);
        make(&m, FAMILIES[i].other_auth, FAMILIES[i].other_values);
        assert_true(m.ok);
        grant_family(&m.build, &m.request, other);
        unmake(&m);
        if ((memcmp(one, other, sizeof one) == 0) != FAMILIES[i].same) {
            fail_msg("family %zu", i);
        }
    }
}

static const grant_type_t *grant_of(auth_type_t type)
{
    return grant_type_of(&(grant_definition_t){.type = type});
}

static void types_are_known(void **state)
{
    (void)state;
    assert_string_equal(grant_of(AUTH_PASSWORD)->wire_name.p, "password");
    assert_string_equal(grant_of(AUTH_CLIENT_CREDENTIALS)->wire_name.p, "client_credentials");
    assert_false(grant_of(AUTH_CLIENT_CREDENTIALS)->may_refresh); /* RFC 6749 4.4.3 */
    assert_null(grant_of(AUTH_BASIC));
    assert_null(grant_of(AUTH_AWS_SIGV4)); /* without a role there is nothing to ask for */
    assert_true(grant_of(AUTH_SESSION)->steps_alone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_are_as_prescribed),
        cmocka_unit_test(refreshes_are_as_prescribed),
        cmocka_unit_test(a_refresh_can_be_off),
        cmocka_unit_test(headers_of_the_definition_win),
        cmocka_unit_test(a_missing_input_is_the_callers),
        cmocka_unit_test(what_is_too_long_is_not_cut),
        cmocka_unit_test(fingerprints_tell_apart),
        cmocka_unit_test(families_outlast_the_clients_proof),
        cmocka_unit_test(types_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
