/* SPDX-License-Identifier: MIT */
/* Keys that show who holds a token (RFC 9449). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/ec.h>
#include <openssl/evp.h>

#include "seal/pem.h"
#include "seal/proof_key.h"

static proof_key_t *new_key(buf_t *text)
{
    err_t err = ERR_INIT;
    buf_init_wiping(text, 4096);
    proof_key_make(text);
    proof_key_t *key = proof_key_read(buf_view(text), &err);
    assert_non_null(key);
    return key;
}

static void the_jwk_is_what_a_thumbprint_is_made_of(void **state)
{
    (void)state;
    buf_t a, b;
    proof_key_t *one = new_key(&a), *same, *other = new_key(&b);
    err_t err = ERR_INIT;
    str_t jwk = proof_key_jwk(one);
    assert_true(str_starts(jwk, STR("{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"")));
    assert_int_equal(jwk.n, sizeof "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"\",\"y\":\"\"}" - 1 +
                                2 * 43);
    same = proof_key_read(buf_view(&a), &err);
    assert_true(str_eq(proof_key_jwk(same), jwk));
    assert_false(str_eq(proof_key_jwk(other), jwk));
    proof_key_free(one);
    proof_key_free(same);
    proof_key_free(other);
    buf_fini(&a);
    buf_fini(&b);
}

/* R || S, as OpenSSL verifies it in its own form. */
static bool verifies(str_t pem, str_t bytes, str_t raw)
{
    err_t err = ERR_INIT;
    ECDSA_SIG *pair = ECDSA_SIG_new();
    ECDSA_SIG_set0(pair, BN_bin2bn((const unsigned char *)raw.p, 32, NULL),
                   BN_bin2bn((const unsigned char *)raw.p + 32, 32, NULL));
    unsigned char *der = NULL;
    int n = i2d_ECDSA_SIG(pair, &der);
    EVP_PKEY *key = pem_private_key(pem, &err);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool ok =
        EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) > 0 &&
        EVP_DigestVerify(context, der, (size_t)n, (const unsigned char *)bytes.p, bytes.n) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    OPENSSL_free(der);
    ECDSA_SIG_free(pair);
    return ok;
}

static void signatures_are_as_jose_has_them(void **state)
{
    (void)state;
    buf_t text, signature;
    proof_key_t *key = new_key(&text);
    for (int i = 0; i < 50; i++) { /* short numbers are padded */
        buf_init(&signature, 64);
        proof_key_sign(key, STR("head.claims"), &signature);
        assert_int_equal(signature.n, 64);
        assert_true(verifies(buf_view(&text), STR("head.claims"), buf_view(&signature)));
        assert_false(verifies(buf_view(&text), STR("head.Claims"), buf_view(&signature)));
        buf_fini(&signature);
    }
    proof_key_free(key);
    buf_fini(&text);
}

static void other_keys_are_refused(void **state)
{
    (void)state;
    static const char *const BAD[] = {
        "", "x",
        "-----BEGIN PRIVATE "
        "KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
        "-----END PRIVATE KEY-----\n"};
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        err_t err = ERR_INIT;
        assert_null(proof_key_read(str_of(BAD[i]), &err));
        assert_true(err_is_set(&err));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_jwk_is_what_a_thumbprint_is_made_of),
        cmocka_unit_test(signatures_are_as_jose_has_them),
        cmocka_unit_test(other_keys_are_refused),
    };
    return cmocka_run_group_tests_name("proof_key", tests, NULL, NULL);
}
