/* SPDX-License-Identifier: MIT */
/* Proofs of possession (RFC 9449): what they say, and which nonces they take up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "codec/base64.h"
#include "codec/json.h"
#include "grant/proof.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

static proof_key_t *key;
static arena_t *arena;

static int begin(void **state)
{
    (void)state;
    err_t err = ERR_INIT;
    buf_t text;
    buf_init_wiping(&text, 4096);
    proof_key_make(&text);
    key = proof_key_read(buf_view(&text), &err);
    buf_fini(&text);
    arena = arena_new(0);
    return key ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    proof_key_free(key);
    arena_free(arena);
    return 0;
}

/* A part of the compact form, decoded. */
static json_t *part_of(const upstream_request_t *request, unsigned index)
{
    str_t rest = message_header_get(request->headers, request->header_count, "dpop"), part;
    buf_t text;
    err_t err = ERR_INIT;
    do {
        part = str_cut(&rest, '.');
    } while (index--);
    buf_init(&text, 1 << 16);
    assert_true(base64_read(&text, part));
    json_t *value = json_read(buf_view(&text), NULL, &err);
    assert_non_null(value);
    buf_fini(&text);
    return value;
}

static void assert_member(const json_t *object, const char *name, const char *expected)
{
    if (!str_eq(json_member(object, name), str_of(expected))) {
        fail_msg("%s: %.*s", name, STR_ARG(json_member(object, name)));
    }
}

static void a_proof_says_what_it_is_for(void **state)
{
    (void)state;
    static const struct {
        const char *method, *url, *target;
    } ROWS[] = {
        {"POST", "https://h.example/token", "https://h.example/token"},
        {"GET", "https://h.example:8443/a%20b?x=1&y", "https://h.example:8443/a%20b"},
        {"DELETE", "https://h.example/#f?x", "https://h.example/"},
        {"GET", "https://h.example/a?b#c", "https://h.example/a"},
    };
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        upstream_request_t request = {.method = str_of(ROWS[i].method), .url = str_of(ROWS[i].url)};
        proof_set(&(proof_t){.key = key, .wall_ms = 1795318267089}, arena, &request);
        json_t *head = part_of(&request, 0), *claims = part_of(&request, 1);
        assert_member(head, "typ", "dpop+jwt");
        assert_member(head, "alg", "ES256");
        assert_member(json_object_get(head, "jwk"), "kty", "EC");
        assert_int_equal(json_object_size(json_object_get(head, "jwk")), 4); /* the public half */
        assert_member(claims, "htm", ROWS[i].method);
        assert_member(claims, "htu", ROWS[i].target);
        assert_int_equal(json_integer_value(json_object_get(claims, "iat")), 1795318267);
        assert_int_equal(json_member(claims, "jti").n, 36);
        assert_int_equal(json_object_size(claims), 4); /* neither a nonce nor a token */
        json_decref(head);
        json_decref(claims);
    }
}

/* RFC 9449 7.1, the example's token and its hash. */
static void a_proof_names_its_token_and_nonce(void **state)
{
    (void)state;
    upstream_request_t request = {.method = STR("GET"), .url = STR("https://h.example/")};
    const proof_t proof = {.key = key,
                           .access_token = STR("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"),
                           .nonce = STR("eyJ7S_zG.eyJH0-Z.HX4w-7v"),
                           .wall_ms = 1000};
    proof_set(&proof, arena, &request);
    json_t *claims = part_of(&request, 1);
    assert_member(claims, "ath", "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo");
    assert_member(claims, "nonce", "eyJ7S_zG.eyJH0-Z.HX4w-7v");
    str_t jti = json_member(claims, "jti");
    proof_set(&proof, arena, &request);
    json_t *again = part_of(&request, 1);
    assert_false(str_eq(json_member(again, "jti"), jti));
    assert_int_equal(request.header_count, 1);
    json_decref(claims);
    json_decref(again);
}

static void nonces_that_no_proof_can_hold_are_none(void **state)
{
    (void)state;
    char long_one[PROOF_NONCE_MAX + 2];
    memset(long_one, 'a', sizeof long_one - 1);
    long_one[sizeof long_one - 1] = '\0';
    const struct {
        const char *value;
        bool fits;
    } ROWS[] = {{"a-b_c.d~e", true}, {"", false},          {"a b", false},   {"a\"b", false},
                {"a\\b", false},     {"a\xc3\xa9", false}, {long_one, false}};
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        const message_header_t header = {STR("DPoP-Nonce"), str_of(ROWS[i].value)};
        assert_int_equal(proof_nonce_of(&header, 1).p != NULL, ROWS[i].fits);
    }
    assert_null(proof_nonce_of(NULL, 0).p);
}

static void a_nonce_is_asked_for_by_both_fields(void **state)
{
    (void)state;
    static const struct {
        const char *challenge, *nonce;
        bool asked;
    } ROWS[] = {
        {"DPoP error=\"use_dpop_nonce\", algs=\"ES256\"", "n", true},
        {"DPoP error=\"use_dpop_nonce\"", "", false},
        {"DPoP error=\"invalid_token\"", "n", false},
        {"Bearer", "n", false},
    };
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        const message_header_t headers[] = {{STR("www-authenticate"), str_of(ROWS[i].challenge)},
                                            {STR("dpop-nonce"), str_of(ROWS[i].nonce)}};
        assert_int_equal(proof_nonce_is_asked(headers, 2), ROWS[i].asked);
    }
}

static void origins_have_no_path(void **state)
{
    (void)state;
    static const char *const URLS[] = {"https://h.example:1/a?b#c", "https://h.example:1?b",
                                       "https://h.example:1#c", "https://h.example:1"};
    for (size_t i = 0; i < COUNT(URLS); i++) {
        assert_true(str_is(proof_origin(str_of(URLS[i])), "https://h.example:1"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_proof_says_what_it_is_for),
        cmocka_unit_test(a_proof_names_its_token_and_nonce),
        cmocka_unit_test(nonces_that_no_proof_can_hold_are_none),
        cmocka_unit_test(a_nonce_is_asked_for_by_both_fields),
        cmocka_unit_test(origins_have_no_path),
    };
    return cmocka_run_group_tests_name("proof", tests, begin, end);
}
