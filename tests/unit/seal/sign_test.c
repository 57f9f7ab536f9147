/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "seal/armor.h"
#include "seal/hash.h"
#include "seal/keys.h"

static EVP_PKEY *rsa;
static EVP_PKEY *p256;
static EVP_PKEY *p384;
static EVP_PKEY *p521;
static EVP_PKEY *ed25519;

static int make_keys(void **state)
{
    (void)state;
    rsa = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
    p256 = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    p384 = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-384");
    p521 = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-521");
    ed25519 = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    return rsa && p256 && p384 && p521 && ed25519 ? 0 : -1;
}

static int drop_keys(void **state)
{
    (void)state;
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(p256);
    EVP_PKEY_free(p384);
    EVP_PKEY_free(p521);
    EVP_PKEY_free(ed25519);
    return 0;
}

/* --- What the RFCs print --- */

#define CLAIMS                                                                                     \
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVl" \
    "fQ"
#define RS256_SIGNATURE                                                                            \
    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5" \
    "jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb" \
    "1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QO" \
    "YEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"

static const struct {
    const char *alg;
    const char *jwk;
    const char *input;
    const char *signature;
} published[] = {
    /* RFC 7515 A.1 */
    {"HS256", JWK_OCT, "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." CLAIMS,
     "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"},
    /* RFC 7515 A.2 */
    {"RS256", JWK_RSA, "eyJhbGciOiJSUzI1NiJ9." CLAIMS, RS256_SIGNATURE},
    {"RS256", JWK_RSA_SHORT, "eyJhbGciOiJSUzI1NiJ9." CLAIMS, RS256_SIGNATURE},
    /* RFC 8037 A.4 */
    {"EdDSA", JWK_OKP, "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
     "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"},
};

static void signs_as_published(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof published / sizeof *published; i++) {
        err_t err = ERR_INIT;
        buf_t raw;
        buf_t text;
        json_t *jwk = json_loads(published[i].jwk, 0, NULL);
        buf_init(&raw, 1000);
        buf_init(&text, 1000);
        assert_true(sign_bytes(&raw, str_of(published[i].alg), STR_NONE, jwk,
                               str_of(published[i].input), &err));
        armor_write(&text, buf_view(&raw));
        assert_string_equal(buf_c(&text), published[i].signature);
        buf_fini(&raw);
        buf_fini(&text);
        json_decref(jwk);
    }
}

/* --- Checked by OpenSSL --- */

/* The DER that OpenSSL verifies, out of R || S. */
static size_t der_of(str_t raw, unsigned char **der)
{
    ECDSA_SIG *pair = ECDSA_SIG_new();
    const unsigned char *p = (const unsigned char *)raw.p;
    int half = (int)(raw.n / 2);
    assert_int_equal(
        ECDSA_SIG_set0(pair, BN_bin2bn(p, half, NULL), BN_bin2bn(p + half, half, NULL)), 1);
    int n = i2d_ECDSA_SIG(pair, der);
    ECDSA_SIG_free(pair);
    return (size_t)n;
}

static bool verifies(EVP_PKEY *key, const char *digest, bool is_pss, str_t signature, str_t text)
{
    unsigned char *der = NULL;
    EVP_PKEY_CTX *details = NULL;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    assert_true(EVP_DigestVerifyInit_ex(context, &details, digest, NULL, NULL, key, NULL) > 0);
    if (is_pss) {
        assert_true(EVP_PKEY_CTX_set_rsa_padding(details, RSA_PKCS1_PSS_PADDING) > 0);
        assert_true(EVP_PKEY_CTX_set_rsa_pss_saltlen(details, RSA_PSS_SALTLEN_DIGEST) > 0);
    }
    if (EVP_PKEY_is_a(key, "EC")) {
        size_t n = der_of(signature, &der);
        signature = str_at(der, n);
    }
    bool ok = EVP_DigestVerify(context, (const unsigned char *)signature.p, signature.n,
                               (const unsigned char *)text.p, text.n) == 1;
    EVP_MD_CTX_free(context);
    OPENSSL_free(der);
    ERR_clear_error();
    return ok;
}

static void assert_signs(str_t alg, str_t pem, EVP_PKEY *key, const char *digest, size_t length)
{
    err_t err = ERR_INIT;
    buf_t raw;
    bool is_pss = str_starts(alg, STR("PS"));
    buf_init(&raw, 1000);
    assert_true(sign_bytes(&raw, alg, pem, NULL, STR("header.claims"), &err));
    assert_int_equal(raw.n, length);
    assert_true(verifies(key, digest, is_pss, buf_view(&raw), STR("header.claims")));
    assert_false(verifies(key, digest, is_pss, buf_view(&raw), STR("header.claim5")));
    buf_fini(&raw);
}

static void signs_with_pem(void **state)
{
    (void)state;
    const struct {
        const char *alg;
        EVP_PKEY *key;
        const char *digest;
        size_t length;
    } rows[] = {
        {"RS256", rsa, "SHA256", 256}, {"RS384", rsa, "SHA384", 256}, {"RS512", rsa, "SHA512", 256},
        {"PS256", rsa, "SHA256", 256}, {"PS384", rsa, "SHA384", 256}, {"PS512", rsa, "SHA512", 256},
        {"ES256", p256, "SHA256", 64}, {"ES384", p384, "SHA384", 96}, {"ES512", p521, "SHA512", 132},
        {"EdDSA", ed25519, NULL, 64},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        /* Ed25519 knows PKCS#8 only. */
        for (int form = PKCS8; form <= (rows[i].digest ? TRADITIONAL : PKCS8); form++) {
            char *pem = pem_of(rows[i].key, (pem_form_t)form);
            assert_signs(str_of(rows[i].alg), str_of(pem), rows[i].key, rows[i].digest,
                         rows[i].length);
            free(pem);
        }
    }
}

/* Where R or S starts with a zero byte the raw form keeps it: one signature in 128. */
static void keeps_the_length_of_ecdsa(void **state)
{
    (void)state;
    char *pem = pem_of(p256, PKCS8);
    for (int round = 0; round < 300; round++) {
        assert_signs(STR("ES256"), str_of(pem), p256, "SHA256", 64);
    }
    free(pem);
}

static void add_coordinate(json_t *jwk, const char *member, const char *param, EVP_PKEY *key,
                           size_t size)
{
    unsigned char bytes[66];
    BIGNUM *number = NULL;
    buf_t text;
    assert_int_equal(EVP_PKEY_get_bn_param(key, param, &number), 1);
    assert_int_equal(BN_bn2binpad(number, bytes, (int)size), size);
    buf_init(&text, 100);
    armor_write(&text, str_at(bytes, size));
    json_object_set_new(jwk, member, json_string(buf_c(&text)));
    buf_fini(&text);
    BN_free(number);
}

static void assert_signs_with_ec_jwk(const char *curve, const char *alg, EVP_PKEY *key,
                                     const char *digest, size_t size)
{
    err_t err = ERR_INIT;
    buf_t raw;
    json_t *jwk = json_pack("{ss ss ss ss}", "kty", "EC", "crv", curve, "alg", alg, "use", "sig");
    add_coordinate(jwk, "x", OSSL_PKEY_PARAM_EC_PUB_X, key, size);
    add_coordinate(jwk, "y", OSSL_PKEY_PARAM_EC_PUB_Y, key, size);
    add_coordinate(jwk, "d", OSSL_PKEY_PARAM_PRIV_KEY, key, size);
    buf_init(&raw, 1000);
    assert_true(sign_bytes(&raw, str_of(alg), STR_NONE, jwk, STR("x"), &err));
    assert_int_equal(raw.n, 2 * size);
    assert_true(verifies(key, digest, false, buf_view(&raw), STR("x")));
    buf_fini(&raw);
    json_decref(jwk);
}

static void signs_with_ec_jwk(void **state)
{
    (void)state;
    assert_signs_with_ec_jwk("P-384", "ES384", p384, "SHA384", 48);
    assert_signs_with_ec_jwk("P-521", "ES512", p521, "SHA512", 66);
    err_t err = ERR_INIT;
    buf_t raw;
    json_t *jwk = json_loads(JWK_EC, 0, NULL); /* RFC 7515 A.3 */
    buf_init(&raw, 1000);
    assert_true(sign_bytes(&raw, STR("ES256"), STR_NONE, jwk, STR("x"), &err));
    assert_int_equal(raw.n, 64);
    json_decref(jwk);
    buf_fini(&raw);
}

static void signs_with_raw_bytes(void **state)
{
    (void)state;
    static const struct {
        const char *alg;
        hash_kind_t kind;
    } rows[] = {{"HS256", HASH_SHA256}, {"HS384", HASH_SHA384}, {"HS512", HASH_SHA512}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unsigned char mac[HASH_BYTES_MAX];
        err_t err = ERR_INIT;
        buf_t raw;
        buf_init(&raw, 100);
        buf_lit(&raw, "head");
        assert_true(sign_bytes(&raw, str_of(rows[i].alg), STR("a\0key"), NULL, STR("x"), &err));
        size_t n = hash_hmac(rows[i].kind, STR("a\0key"), STR("x"), mac);
        assert_int_equal(raw.n, 4 + n);
        assert_memory_equal(raw.p + 4, mac, n);
        buf_fini(&raw);
    }
}

/* --- Refusals --- */

static void assert_refused(str_t alg, str_t key, const char *jwk_text, const char *reason)
{
    err_t err = ERR_INIT;
    buf_t raw;
    json_t *jwk = jwk_text ? json_loads(jwk_text, JSON_DECODE_ANY, NULL) : NULL;
    assert_true(!jwk_text || jwk);
    buf_init(&raw, 1000);
    assert_false(sign_bytes(&raw, alg, key, jwk, STR("x"), &err));
    assert_int_equal(raw.n, 0);
    assert_int_equal(err.code, ERR_key_unusable);
    if (!strstr(err.text, reason)) {
        fail_msg("\"%s\" does not say \"%s\"", err.text, reason);
    }
    assert_int_equal(ERR_peek_error(), 0);
    buf_fini(&raw);
    json_decref(jwk);
}

static void refuses_keys_that_do_not_fit(void **state)
{
    (void)state;
    EVP_PKEY *weak = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1024);
    const struct {
        const char *alg;
        EVP_PKEY *key;
        pem_form_t form;
        const char *reason;
    } rows[] = {
        {"RS256", p256, PKCS8, "needs a key of type RSA"},
        {"PS256", ed25519, PKCS8, "needs a key of type RSA"},
        {"ES256", rsa, PKCS8, "needs a key of type EC"},
        {"EdDSA", p256, TRADITIONAL, "needs a key of type ED25519"},
        {"ES256", p384, PKCS8, "needs a key on curve P-256"},
        {"ES384", p256, PKCS8, "needs a key on curve P-384"},
        {"ES512", p384, PKCS8, "needs a key on curve P-521"},
        {"RS256", weak, PKCS8, "1024 bits"},
        {"RS256", rsa, PUBLIC, "not a private key"},
        {"RS256", rsa, ENCRYPTED, "passphrase"},
        {"RS999", rsa, PKCS8, "no such alg"},
        {"none", rsa, PKCS8, "no such alg"},
        {"rs256", rsa, PKCS8, "no such alg"},
        {"", rsa, PKCS8, "no such alg"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *pem = pem_of(rows[i].key, rows[i].form);
        assert_refused(str_of(rows[i].alg), str_of(pem), NULL, rows[i].reason);
        free(pem);
    }
    EVP_PKEY_free(weak);
    assert_refused(STR("RS256"), STR("not a key"), NULL, "not a private key");
    assert_refused(STR("RS256"), STR_NONE, NULL, "not a private key");
    assert_refused(STR("HS256"), STR(""), NULL, "is empty");
    assert_refused(STR("HS256"), STR_NONE, NULL, "is empty");
}

static void refuses_jwks_that_do_not_fit(void **state)
{
    (void)state;
    static const struct {
        const char *alg;
        const char *jwk;
        const char *reason;
    } rows[] = {
        {"HS256", JWK_RSA, "kty oct"},
        {"RS256", JWK_OCT, "kty RSA, EC or OKP"},
        {"ES256", JWK_RSA, "type EC"},
        {"RS256", JWK_EC, "type RSA"},
        {"ES384", JWK_EC, "curve P-384"},
        {"ES256", JWK_OKP, "type EC"},
        {"HS256", "{\"kty\":\"oct\"}", "no k"},
        {"HS256", "{\"kty\":\"oct\",\"k\":\"\"}", "no k"},
        {"HS256", "{\"kty\":\"oct\",\"k\":5}", "no k"},
        {"HS256", "{\"kty\":\"oct\",\"k\":\"a b c\"}", "k of the JWK"},
        {"HS256", "{\"kty\":\"oct\",\"k\":\"c2VjcmV0\",\"alg\":\"HS512\"}", "own alg"},
        {"HS256", "{\"kty\":\"oct\",\"k\":\"c2VjcmV0\",\"use\":\"enc\"}", "use"},
        {"HS256", "[]", "kty oct"},
        {"RS256", "\"text\"", "kty RSA, EC or OKP"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_refused(str_of(rows[i].alg), STR_NONE, rows[i].jwk, rows[i].reason);
    }
}

/* --- Fingerprints --- */

static void assert_fingerprint(const char *pem, const char *expected)
{
    err_t err = ERR_INIT;
    buf_t text;
    buf_init(&text, 100);
    assert_true(key_fingerprint(&text, str_of(pem), &err));
    assert_string_equal(buf_c(&text), expected);
    buf_fini(&text);
}

static void knows_a_published_key(void **state)
{
    (void)state;
    /* The key of RFC 8410 10.1; the value is what `openssl dgst -sha256` makes of its DER. */
    assert_fingerprint("-----BEGIN PUBLIC KEY-----\n"
                       "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n"
                       "-----END PUBLIC KEY-----\n",
                       "oekVYFTgT6yJmunydRMs3Ael28TqLCrTof_G4NJTaB8");
}

/* free() it. */
static char *certificate_of(EVP_PKEY *key)
{
    BIO *to = BIO_new(BIO_s_mem());
    X509 *certificate = X509_new();
    char *p = NULL;
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 1000);
    X509_set_pubkey(certificate, key);
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    assert_int_equal(PEM_write_bio_X509(to, certificate), 1);
    size_t n = (size_t)BIO_get_mem_data(to, &p);
    char *pem = str_dup(str_at(p, n));
    X509_free(certificate);
    BIO_free(to);
    return pem;
}

static void is_one_for_all_forms_of_a_key(void **state)
{
    (void)state;
    err_t err = ERR_INIT;
    buf_t text;
    char *forms[] = {pem_of(rsa, PUBLIC), pem_of(rsa, PKCS8), pem_of(rsa, TRADITIONAL),
                     certificate_of(rsa)};
    buf_init(&text, 100);
    assert_true(key_fingerprint(&text, str_of(forms[0]), &err));
    assert_int_equal(text.n, 43);
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        assert_fingerprint(forms[i], buf_c(&text));
        free(forms[i]);
    }
    buf_fini(&text);
}

static void is_none_of_anything_else(void **state)
{
    (void)state;
    char *encrypted = pem_of(rsa, ENCRYPTED);
    const char *const rows[] = {
        "", "hello", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", encrypted};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        err_t err = ERR_INIT;
        buf_t text;
        buf_init(&text, 100);
        assert_false(key_fingerprint(&text, str_of(rows[i]), &err));
        assert_int_equal(err.code, ERR_key_unusable);
        assert_int_equal(text.n, 0);
        assert_int_equal(ERR_peek_error(), 0);
        buf_fini(&text);
    }
    free(encrypted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signs_as_published),
        cmocka_unit_test(signs_with_pem),
        cmocka_unit_test(keeps_the_length_of_ecdsa),
        cmocka_unit_test(signs_with_ec_jwk),
        cmocka_unit_test(signs_with_raw_bytes),
        cmocka_unit_test(refuses_keys_that_do_not_fit),
        cmocka_unit_test(refuses_jwks_that_do_not_fit),
        cmocka_unit_test(knows_a_published_key),
        cmocka_unit_test(is_one_for_all_forms_of_a_key),
        cmocka_unit_test(is_none_of_anything_else),
    };
    return cmocka_run_group_tests(tests, make_keys, drop_keys);
}
