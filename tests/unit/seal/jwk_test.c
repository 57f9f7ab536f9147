/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "seal/jwk.h"
#include "seal/keys.h"

static EVP_PKEY *read_jwk(const json_t *jwk, err_t *err)
{
    *err = ERR_INIT;
    EVP_PKEY *key = jwk_private_key(jwk, err);
    assert_int_equal(err_is_set(err), !key);
    assert_int_equal(ERR_peek_error(), 0);
    return key;
}

static void reads_every_type(void **state)
{
    (void)state;
    static const struct {
        const char *jwk;
        const char *type;
    } rows[] = {
        {JWK_RSA, "RSA"},
        {JWK_RSA_SHORT, "RSA"},
        {JWK_EC, "EC"},
        {JWK_OKP, "ED25519"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        err_t err;
        json_t *jwk = json_loads(rows[i].jwk, 0, NULL);
        EVP_PKEY *key = read_jwk(jwk, &err);
        assert_non_null(key);
        assert_true(EVP_PKEY_is_a(key, rows[i].type));
        EVP_PKEY_free(key);
        json_decref(jwk);
    }
}

/* One member of a good key set to something else (NULL: taken out), and what the message must say.
 */
static void refuses_members_that_make_no_key(void **state)
{
    (void)state;
    static const struct {
        const char *jwk;
        const char *member;
        const char *value;
        const char *reason;
    } rows[] = {
        {JWK_RSA, "kty", NULL, "kty"},
        {JWK_RSA, "kty", "rsa", "kty"},
        {JWK_RSA, "n", NULL, "no n"},
        {JWK_RSA, "e", NULL, "no e"},
        {JWK_RSA, "d", NULL, "no d (a private key is needed)"},
        {JWK_RSA, "q", NULL, "no q"},
        {JWK_RSA, "qi", "", "no qi"},
        {JWK_RSA, "d", "not base64!", "d of the JWK is not base64url"},
        {JWK_EC, "crv", NULL, "P-256"},
        {JWK_EC, "crv", "secp256k1", "P-256"},
        {JWK_EC, "crv", "P-384", "x of the JWK has not 48 bytes"},
        {JWK_EC, "x", NULL, "no x"},
        {JWK_EC, "y", "AAAA", "y of the JWK has not 32 bytes"},
        {JWK_EC, "d", NULL, "no d"},
        {JWK_EC, "y", "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "no private key"},
        {JWK_EC, "d", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "no private key"},
        {JWK_EC, "d", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE", "no private key"},
        {JWK_EC, "d", "__________________________________________8", "no private key"},
        {JWK_OKP, "crv", NULL, "Ed25519"},
        {JWK_OKP, "crv", "X25519", "Ed25519"},
        {JWK_OKP, "d", NULL, "no d"},
        {JWK_OKP, "x", NULL, "no x"},
        {JWK_OKP, "d", "AAAA", "no private key"},
        {JWK_OKP, "x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "no private key"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        err_t err;
        json_t *jwk = json_loads(rows[i].jwk, 0, NULL);
        if (rows[i].value) {
            json_object_set_new(jwk, rows[i].member, json_string(rows[i].value));
        } else {
            json_object_del(jwk, rows[i].member);
        }
        assert_null(read_jwk(jwk, &err));
        assert_int_equal(err.code, ERR_key_unusable);
        if (!strstr(err.text, rows[i].reason)) {
            fail_msg("row %zu: \"%s\" does not say \"%s\"", i, err.text, rows[i].reason);
        }
        json_decref(jwk);
    }
}

/* Whatever stands in a member: a key or an error, never a fault. */
static void survives_any_member(void **state)
{
    (void)state;
    char long_text[4001];
    memset(long_text, 'A', sizeof long_text);
    long_text[4000] = '\0';
    const char *const values[] = {"",         "AA",   "AQ", "Ag", "Aw",
                                  "AAAAAAAA", "____", "=",  "\n", long_text};
    static const char *const keys[] = {JWK_RSA, JWK_RSA_SHORT, JWK_EC, JWK_OKP};
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
        json_t *good = json_loads(keys[k], 0, NULL);
        const char *member;
        json_t *value;
        json_object_foreach(good, member, value)
        {
            for (size_t i = 0; i <= sizeof values / sizeof *values; i++) {
                err_t err;
                json_t *jwk = json_copy(good);
                json_object_set_new(jwk, member,
                                    i < sizeof values / sizeof *values ? json_string(values[i])
                                                                       : json_true());
                EVP_PKEY_free(read_jwk(jwk, &err));
                json_decref(jwk);
            }
        }
        json_decref(good);
    }
}

static void heeds_what_the_key_is_for(void **state)
{
    (void)state;
    static const struct {
        const char *jwk;
        bool allowed;
    } rows[] = {
        {"{}", true},
        {"{\"alg\":\"RS256\",\"use\":\"sig\"}", true},
        {"{\"alg\":7}", true},
        {"{\"alg\":\"RS512\"}", false},
        {"{\"alg\":\"RSA-OAEP\"}", false},
        {"{\"alg\":\"RS256\",\"use\":\"enc\"}", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        err_t err = ERR_INIT;
        json_t *jwk = json_loads(rows[i].jwk, 0, NULL);
        assert_int_equal(jwk_allows(jwk, STR("RS256"), &err), rows[i].allowed);
        assert_int_equal(err.code, rows[i].allowed ? ERR_none : ERR_key_unusable);
        json_decref(jwk);
    }
}

static void reads_bytes_into_a_wiping_buffer(void **state)
{
    (void)state;
    err_t err = ERR_INIT;
    buf_t bytes;
    json_t *jwk = json_pack("{ss}", "k", "Zm9v");
    assert_true(jwk_bytes(jwk, "k", &bytes, &err));
    assert_true(bytes.wiping);
    assert_true(str_is(buf_view(&bytes), "foo"));
    buf_fini(&bytes);
    assert_false(jwk_bytes(jwk, "d", &bytes, &err));
    assert_int_equal(bytes.n, 0);
    buf_fini(&bytes);
    json_decref(jwk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_type),
        cmocka_unit_test(refuses_members_that_make_no_key),
        cmocka_unit_test(survives_any_member),
        cmocka_unit_test(heeds_what_the_key_is_for),
        cmocka_unit_test(reads_bytes_into_a_wiping_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
