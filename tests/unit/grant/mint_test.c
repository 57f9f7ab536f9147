/* SPDX-License-Identifier: MIT */
/* JWTs that are made here: what they say, by whom they are signed, and that two attempts never make
 * the same one. That others take them is the matter of tests/peers. */
#include "grant/made.h"

#include "grant/mint.h"
#include "seal/hash.h"
#include "seal/keys.h"

#define UUID "01234567-89ab-4cde-8f01-23456789abcd"
#define NOW "1795318267"
#define LATER "1795318327"
/* Base64url of the first half of the SHA-256 of UUID/jwt. */
#define JTI "\"jti\":\"d-bDNnrL6khaA3i8c7I7Vg\""
#define TIMES "\"iat\":" NOW ",\"exp\":" LATER "," JTI
#define HS "alg: HS256, key: '${connection.key}'"

typedef struct jwt_row {
    const char *name, *jwt, *values; /* values beside the key */
    const char *header, *claims;
} jwt_row_t;

static const jwt_row_t ROWS[] = {
    {"nothing but dates", HS, "", "{\"alg\":\"HS256\",\"typ\":\"JWT\"}", "{" TIMES "}"},
    {"what the definition says",
     HS ", kid: k1, claims: {iss: '${connection.tenant}', aud: /admin/}", ",\"tenant\":\"t\"",
     "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"k1\"}",
     "{" TIMES ",\"iss\":\"t\",\"aud\":\"/admin/\"}"},
    {"what is absent goes",
     HS ", kid: '${connection.tenant}', claims: {sub: '${connection.tenant}'}", "",
     "{\"alg\":\"HS256\",\"typ\":\"JWT\"}", "{" TIMES "}"},
    {"its own win, and null takes out",
     HS ", header: {typ: null, cty: x}, claims: {jti: null, iat: null, exp: 7}", "",
     "{\"alg\":\"HS256\",\"cty\":\"x\"}", "{\"exp\":7}"},
    {"values keep their types",
     HS ", claims: {n: '${connection.number}', l: [a, true], o: {p: 1.5}}", ",\"number\":7",
     "{\"alg\":\"HS256\",\"typ\":\"JWT\"}",
     "{" TIMES ",\"n\":7,\"l\":[\"a\",true],\"o\":{\"p\":1.5}}"},
    {"dates are numbers", HS ", claims: {nbf: \"${now('unix', '-5m')}\", exp: \"${now('unix')}\"}",
     "", "{\"alg\":\"HS256\",\"typ\":\"JWT\"}",
     "{\"iat\":" NOW ",\"exp\":" NOW "," JTI ",\"nbf\":1795317967}"},
    {"its lifetime", HS ", lifetime: 5m", "", "{\"alg\":\"HS256\",\"typ\":\"JWT\"}",
     "{\"iat\":" NOW ",\"exp\":1795318567," JTI "}"},
    {"a lifetime of less than a second", HS ", lifetime: 500ms", "",
     "{\"alg\":\"HS256\",\"typ\":\"JWT\"}", "{\"iat\":" NOW ",\"exp\":1795318268," JTI "}"},
};

/* --- making them --- */

static connector_t *load_jwt(const char *jwt)
{
    char auth[1024];
    snprintf(auth, sizeof auth, "      type: jwt\n      jwt: {%s}\n", jwt);
    return load(auth);
}

static void make_jwt(made_t *m, const char *jwt, json_t *values)
{
    m->connector = load_jwt(jwt);
    m->values = values;
    make_with(m, &m->connector->auths[0].grant, NULL, WALL_MS);
}

static json_t *values_with(const char *key, const char *more)
{
    char members[1024];
    snprintf(members, sizeof members, "\"x\":1%s", more);
    json_t *values = read_object(members);
    json_object_set_new(values, "key", json_string(key));
    return values;
}

static str_t token_of(const made_t *m)
{
    assert_string_equal(m->err.text, "");
    assert_true(m->ok);
    assert_int_equal(m->build.parameters.count, 3);
    assert_true(str_is(m->build.parameters.list[1].name, "access_token"));
    return json_view(m->build.parameters.list[1].value);
}

static str_t signed_part(str_t jwt)
{
    size_t last = jwt.n;
    while (jwt.p[last - 1] != '.') {
        last--;
    }
    return str_slice(jwt, 0, last - 1);
}

/* Made at a fixed request. */
static void make_fixed(made_t *m, const char *jwt, json_t *values)
{
    m->connector = load_jwt(jwt);
    m->values = values;
    make_scope(m, WALL_MS);
    memcpy(m->scope.scope.uuid, UUID, sizeof UUID);
    make_request(m, &m->connector->auths[0].grant);
}

/* --- */

static void say_what_is_prescribed(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        const jwt_row_t *row = &ROWS[i];
        made_t m = {0};
        make_fixed(&m, row->jwt, values_with("a key", row->values));
        str_t jwt = token_of(&m);
        str_t header = jwt_part(m.arena, jwt, 0), claims = jwt_part(m.arena, jwt, 1);
        if (!str_is(header, row->header) || !str_is(claims, row->claims)) {
            fail_msg("%s: %.*s %.*s", row->name, STR_ARG(header), STR_ARG(claims));
        }
        unmake(&m);
    }
}

static void are_signed_with_the_key(void **state)
{
    (void)state;
    static const struct {
        const char *alg, *key;
        bool is_jwk;
    } KEYS[] = {{"HS256", "bytes", false},
                {"HS512", "{not a JWK}", false},
                {"HS256", "{\"no\":\"kty\"}", false},
                {"HS384", JWK_OCT, true},
                {"RS256", JWK_RSA, true},
                {"RS512", JWK_RSA_SHORT, true},
                {"EdDSA", JWK_OKP, true}};
    for (size_t i = 0; i < COUNT(KEYS); i++) {
        char jwt[200];
        err_t err = ERR_INIT;
        buf_t signature;
        made_t m = {0};
        snprintf(jwt, sizeof jwt, "alg: %s, key: '${connection.key}'", KEYS[i].alg);
        make_jwt(&m, jwt, values_with(KEYS[i].key, ""));
        str_t token = token_of(&m);
        json_t *jwk = KEYS[i].is_jwk ? json_loads(KEYS[i].key, 0, NULL) : NULL;
        buf_init(&signature, 1000);
        assert_true(sign_bytes(&signature, str_of(KEYS[i].alg), str_of(KEYS[i].key), jwk,
                               signed_part(token), &err));
        assert_true(str_eq(jwt_part(m.arena, token, 2), buf_view(&signature)));
        buf_fini(&signature);
        json_decref(jwk);
        unmake(&m);
    }
}

/* A key that templates make of two parts, as Ghost has it. */
static void take_bytes_for_a_key(void **state)
{
    (void)state;
    made_t m = {0};
    unsigned char mac[HASH_BYTES_MAX];
    make_jwt(&m, "alg: HS256, key: \"${unhex(split(connection.key, ':', 1))}\"",
             values_with("id:7b7d00ff", ""));
    str_t token = token_of(&m);
    size_t n = hash_hmac(HASH_SHA256, str_at("\x7b\x7d\x00\xff", 4), signed_part(token), mac);
    assert_true(str_eq(jwt_part(m.arena, token, 2), str_at(mac, n)));
    unmake(&m);
}

static void name_the_key_as_its_jwk_does(void **state)
{
    (void)state;
    made_t m = {0};
    json_t *jwk = json_loads(JWK_OCT, 0, NULL);
    json_object_set_new(jwk, "kid", json_string("from the JWK"));
    char *text = json_dumps(jwk, 0);
    make_jwt(&m, HS, values_with(text, ""));
    assert_true(str_is(jwt_part(m.arena, token_of(&m), 0),
                       "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"from the JWK\"}"));
    unmake(&m);
    free(text);
    json_decref(jwk);
}

static void refuse_keys_that_do_not_fit(void **state)
{
    (void)state;
    static const struct {
        const char *alg, *key, *reason;
    } KEYS[] = {{"RS256", "secret", "not a private key in PEM"},
                {"RS256", JWK_EC, "needs a key of type RSA"},
                {"ES384", JWK_EC, "curve P-384"},
                {"RS256", JWK_OCT, "kty RSA, EC or OKP"},
                {"HS256", JWK_RSA, "kty oct"},
                {"RS256", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
                 "not a private key in PEM"}};
    for (size_t i = 0; i < COUNT(KEYS); i++) {
        char jwt[200];
        made_t m = {0};
        snprintf(jwt, sizeof jwt, "alg: %s, key: '${connection.key}'", KEYS[i].alg);
        make_jwt(&m, jwt, values_with(KEYS[i].key, ""));
        assert_false(m.ok);
        assert_int_equal(m.err.code, ERR_key_unusable);
        assert_non_null(strstr(m.err.text, "`jwt`"));
        assert_non_null(strstr(m.err.text, KEYS[i].reason));
        assert_null(strstr(m.err.text, "AAAA"));
        unmake(&m);
    }
    made_t m = {0};
    make_jwt(&m, HS, read_object(""));
    assert_int_equal(m.err.code, ERR_parameter_missing);
    assert_non_null(strstr(m.err.text, "jwt.key"));
    unmake(&m);
}

/* RFC 7523 3: who checks jti takes each assertion once. */
static void are_new_at_every_attempt(void **state)
{
    (void)state;
    made_t one = {0}, other = {0};
    make_jwt(&one, HS, values_with("k", ""));
    make_jwt(&other, HS, values_with("k", ""));
    assert_false(str_eq(token_of(&one), token_of(&other)));
    unmake(&one);
    unmake(&other);
}

/* What is compared is the same for the same key, also where a signature never is. */
static void compare_without_a_signature(void **state)
{
    (void)state;
    char *text[3];
    static const char *const KEYS[] = {JWK_EC, JWK_EC, "{\"kty\":\"EC\",\"crv\":\"P-256\"}"};
    for (size_t i = 0; i < COUNT(KEYS); i++) {
        made_t m = {.only_compared = true};
        make_fixed(&m, "alg: ES256, key: '${connection.key}'", values_with(KEYS[i], ""));
        text[i] = str_dup(token_of(&m));
        unmake(&m);
    }
    assert_string_equal(text[0], text[1]);
    assert_string_not_equal(text[1], text[2]);
    for (size_t i = 0; i < COUNT(KEYS); i++) {
        free(text[i]);
    }
}

/* --- the token of type jwt --- */

static void is_a_token_for_as_long_as_it_is_valid(void **state)
{
    (void)state;
    static const struct {
        const char *jwt;
        int64_t lifetime_ms;
    } LIVES[] = {{HS ", lifetime: 5m", 300000},
                 {HS, 60000},
                 {HS ", lifetime: 5m, claims: {exp: \"${now('unix', '+10m')}\"}", 600000},
                 {HS ", claims: {exp: null}", 60000}};
    for (size_t i = 0; i < COUNT(LIVES); i++) {
        made_t m = {0};
        grant_answer_t answer;
        make_jwt(&m, LIVES[i].jwt, values_with("k", ""));
        assert_true(m.ok);
        assert_null(m.request.url.p);
        assert_true(grant_read_made(&m.build, &m.scope, &answer, &m.err));
        assert_int_equal(answer.lifetime_ms, LIVES[i].lifetime_ms);
        assert_null(answer.refresh_token);
        assert_true(str_is(json_member(answer.members, "token_type"), "Bearer"));
        grant_answer_fini(&answer);
        unmake(&m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(say_what_is_prescribed),
        cmocka_unit_test(are_signed_with_the_key),
        cmocka_unit_test(take_bytes_for_a_key),
        cmocka_unit_test(name_the_key_as_its_jwk_does),
        cmocka_unit_test(refuse_keys_that_do_not_fit),
        cmocka_unit_test(are_new_at_every_attempt),
        cmocka_unit_test(compare_without_a_signature),
        cmocka_unit_test(is_a_token_for_as_long_as_it_is_valid),
    };
    return cmocka_run_group_tests_name("mint", tests, NULL, NULL);
}
