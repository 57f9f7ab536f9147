/* SPDX-License-Identifier: MIT */
#include "seal/hash.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "seal/armor.h"
#include "seal/jwk.h"
#include "seal/must.h"
#include "seal/pem.h"
#include "seal/sign.h"

enum {
    RSA_BITS_MIN = 2048, /* RFC 7518 3.3 */
    RSA_BITS_MAX = 8192, /* a signature takes the time of the cube of it */
    SIGNATURE_MAX = RSA_BITS_MAX / 8,
};

typedef struct alg {
    const char *name;
    const char *key_type; /* NULL: HMAC */
    const char *digest;   /* NULL: the algorithm brings its own */
    bool is_pss;
    const char *curve, *curve_name; /* as OpenSSL and as people call it */
    int coordinate_bytes;           /* 0: not ECDSA */
    hash_kind_t hmac;
} alg_t;

static const alg_t algs[] = {
    {.name = "RS256", .key_type = "RSA", .digest = "SHA2-256"},
    {.name = "RS384", .key_type = "RSA", .digest = "SHA2-384"},
    {.name = "RS512", .key_type = "RSA", .digest = "SHA2-512"},
    {.name = "PS256", .key_type = "RSA", .digest = "SHA2-256", .is_pss = true},
    {.name = "PS384", .key_type = "RSA", .digest = "SHA2-384", .is_pss = true},
    {.name = "PS512", .key_type = "RSA", .digest = "SHA2-512", .is_pss = true},
    {.name = "ES256",
     .key_type = "EC",
     .digest = "SHA2-256",
     .curve = SN_X9_62_prime256v1,
     .curve_name = "P-256",
     .coordinate_bytes = 32},
    {.name = "ES384",
     .key_type = "EC",
     .digest = "SHA2-384",
     .curve = SN_secp384r1,
     .curve_name = "P-384",
     .coordinate_bytes = 48},
    {.name = "ES512",
     .key_type = "EC",
     .digest = "SHA2-512",
     .curve = SN_secp521r1,
     .curve_name = "P-521",
     .coordinate_bytes = 66},
    {.name = "EdDSA", .key_type = "ED25519"},
    {.name = "HS256", .hmac = HASH_SHA256},
    {.name = "HS384", .hmac = HASH_SHA384},
    {.name = "HS512", .hmac = HASH_SHA512},
};

static const alg_t *find(str_t name, err_t *err)
{
    for (size_t i = 0; i < sizeof algs / sizeof *algs; i++) {
        if (str_is(name, algs[i].name)) {
            return &algs[i];
        }
    }
    (void)err_set(err, ERR_key_unusable,
                  "no such alg; there are RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, "
                  "ES512, EdDSA, HS256, HS384, HS512");
    return NULL;
}

/* --- HMAC (RFC 7518 3.2) --- */

static bool sign_hmac(buf_t *to, const alg_t *alg, str_t key, str_t bytes, err_t *err)
{
    unsigned char out[HASH_BYTES_MAX];
    if (key.n == 0) {
        return err_set(err, ERR_key_unusable, "the key for %s is empty", alg->name);
    }
    buf_add(to, out, hash_hmac(alg->hmac, key, bytes, out));
    return true;
}

static bool sign_hmac_jwk(buf_t *to, const alg_t *alg, const json_t *jwk, str_t bytes, err_t *err)
{
    const char *kty = json_string_value(json_object_get(jwk, "kty"));
    if (!str_is(str_of(kty), "oct")) {
        return err_set(err, ERR_key_unusable, "%s needs a JWK of kty oct", alg->name);
    }
    buf_t key;
    bool ok = jwk_bytes(jwk, "k", &key, err) && sign_hmac(to, alg, buf_view(&key), bytes, err);
    buf_fini(&key);
    return ok;
}

/* --- RSA, ECDSA, EdDSA --- */

static bool has_curve(const EVP_PKEY *key, const char *curve)
{
    char name[32];
    return EVP_PKEY_get_group_name(key, name, sizeof name, NULL) && str_is(str_of(curve), name);
}

static bool fits(const EVP_PKEY *key, const alg_t *alg, err_t *err)
{
    if (!EVP_PKEY_is_a(key, alg->key_type)) {
        return err_set(err, ERR_key_unusable, "%s needs a key of type %s", alg->name,
                       alg->key_type);
    }
    int bits = EVP_PKEY_get_bits(key);
    if (str_is(str_of(alg->key_type), "RSA") && (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX)) {
        return err_set(err, ERR_key_unusable, "the RSA key has %d bits; %s takes %d to %d", bits,
                       alg->name, RSA_BITS_MIN, RSA_BITS_MAX);
    }
    if (alg->curve && !has_curve(key, alg->curve)) {
        return err_set(err, ERR_key_unusable, "%s needs a key on curve %s", alg->name,
                       alg->curve_name);
    }
    return true;
}

/* RFC 7518 3.5: the salt is as long as the digest. */
static bool ask_for_pss(EVP_PKEY_CTX *context)
{
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) > 0 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) > 0;
}

/* Answers the length, 0 on failure. */
static size_t sign_with(EVP_PKEY *key, const alg_t *alg, str_t bytes,
                        unsigned char out[SIGNATURE_MAX])
{
    size_t n = SIGNATURE_MAX;
    EVP_PKEY_CTX *details = NULL; /* the digest context's own */
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    must(context != NULL, "out of memory");
    bool ok = EVP_DigestSignInit_ex(context, &details, alg->digest, NULL, NULL, key, NULL) > 0 &&
              (!alg->is_pss || ask_for_pss(details)) &&
              EVP_DigestSign(context, out, &n, (const unsigned char *)(bytes.p ? bytes.p : ""),
                             bytes.n) > 0;
    EVP_MD_CTX_free(context);
    return ok ? n : 0;
}

/* RFC 7518 3.4: JOSE wants R || S, each as long as a coordinate; OpenSSL writes a DER sequence. */
static size_t raw_of_der(unsigned char signature[SIGNATURE_MAX], size_t n, int coordinate_bytes)
{
    const unsigned char *at = signature;
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &at, (long)n);
    bool ok =
        pair && BN_bn2binpad(ECDSA_SIG_get0_r(pair), signature, coordinate_bytes) > 0 &&
        BN_bn2binpad(ECDSA_SIG_get0_s(pair), signature + coordinate_bytes, coordinate_bytes) > 0;
    ECDSA_SIG_free(pair);
    return ok ? (size_t)coordinate_bytes * 2 : 0;
}

static bool sign_pkey(buf_t *to, const alg_t *alg, EVP_PKEY *key, str_t bytes, err_t *err)
{
    unsigned char signature[SIGNATURE_MAX];
    if (!fits(key, alg, err)) {
        return false;
    }
    size_t n = sign_with(key, alg, bytes, signature);
    if (n > 0 && alg->coordinate_bytes > 0) {
        n = raw_of_der(signature, n, alg->coordinate_bytes);
    }
    ERR_clear_error();
    buf_add(to, signature, n);
    return n > 0 ||
           err_set(err, ERR_key_unusable, "the key cannot make a signature of %s", alg->name);
}

bool sign_es256(buf_t *to, EVP_PKEY *key, str_t bytes, err_t *err)
{
    const alg_t *alg = find(STR("ES256"), err);
    return alg && sign_pkey(to, alg, key, bytes, err);
}

bool sign_bytes(buf_t *to, str_t alg_name, str_t key, const json_t *jwk, str_t bytes, err_t *err)
{
    const alg_t *alg = find(alg_name, err);
    if (!alg || (jwk && !jwk_allows(jwk, alg_name, err))) {
        return false;
    }
    if (!alg->key_type) {
        return jwk ? sign_hmac_jwk(to, alg, jwk, bytes, err) : sign_hmac(to, alg, key, bytes, err);
    }
    EVP_PKEY *private_key = jwk ? jwk_private_key(jwk, err) : pem_private_key(key, err);
    bool ok = private_key && sign_pkey(to, alg, private_key, bytes, err);
    EVP_PKEY_free(private_key);
    return ok;
}

bool key_fingerprint(buf_t *to, str_t pem, err_t *err)
{
    unsigned char digest[HASH_BYTES_MAX];
    unsigned char *der = NULL;
    EVP_PKEY *key = pem_public_key(pem, err);
    if (!key) {
        return false;
    }
    int n = i2d_PUBKEY(key, &der);
    EVP_PKEY_free(key);
    ERR_clear_error();
    if (n <= 0) {
        return err_set(err, ERR_key_unusable,
                       "the PEM holds a key of a type without a public form");
    }
    armor_write(to, str_at(digest, hash_bytes(HASH_SHA256, str_at(der, (size_t)n), digest)));
    OPENSSL_free(der);
    return true;
}
