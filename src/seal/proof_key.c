/* SPDX-License-Identifier: MIT */
#include "seal/proof_key.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>

#include "base/mem.h"
#include "seal/armor.h"
#include "seal/must.h"
#include "seal/pem.h"
#include "seal/sign.h"

enum { COORDINATE_BYTES = 32, JWK_MAX = 256 };

struct proof_key {
    EVP_PKEY *key;
    buf_t jwk;
};

void proof_key_make(buf_t *to)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    BIO *out = BIO_new(BIO_s_mem());
    char *text = NULL;
    must(key && out && PEM_write_bio_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL),
         "no key can be made");
    long n = BIO_get_mem_data(out, &text);
    buf_add(to, text, (size_t)n);
    OPENSSL_cleanse(text, (size_t)n);
    BIO_free(out);
    EVP_PKEY_free(key);
}

static bool write_coordinate(const proof_key_t *k, const char *name, buf_t *to)
{
    unsigned char bytes[COORDINATE_BYTES];
    BIGNUM *number = NULL;
    bool ok = EVP_PKEY_get_bn_param(k->key, name, &number) &&
              BN_bn2binpad(number, bytes, COORDINATE_BYTES) == COORDINATE_BYTES;
    BN_free(number);
    if (ok) {
        armor_write(to, str_at(bytes, sizeof bytes));
    }
    return ok;
}

static bool write_jwk(proof_key_t *k)
{
    char curve[32];
    bool ok = EVP_PKEY_is_a(k->key, "EC") &&
              EVP_PKEY_get_group_name(k->key, curve, sizeof curve, NULL) &&
              str_is(str_of(curve), SN_X9_62_prime256v1);
    buf_lit(&k->jwk, "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"");
    ok = ok && write_coordinate(k, OSSL_PKEY_PARAM_EC_PUB_X, &k->jwk);
    buf_lit(&k->jwk, "\",\"y\":\"");
    ok = ok && write_coordinate(k, OSSL_PKEY_PARAM_EC_PUB_Y, &k->jwk);
    buf_lit(&k->jwk, "\"}");
    return ok;
}

proof_key_t *proof_key_read(str_t text, err_t *err)
{
    proof_key_t *k = mem_new(proof_key_t);
    buf_init(&k->jwk, JWK_MAX);
    k->key = pem_private_key(text, err);
    if (k->key && write_jwk(k)) {
        return k;
    }
    ERR_clear_error();
    (void)err_set(err, ERR_key_unusable, "not a key on curve P-256");
    proof_key_free(k);
    return NULL;
}

void proof_key_free(proof_key_t *k)
{
    if (k) {
        EVP_PKEY_free(k->key);
        buf_fini(&k->jwk);
        free(k);
    }
}

str_t proof_key_jwk(const proof_key_t *k)
{
    return buf_view(&k->jwk);
}

void proof_key_sign(const proof_key_t *k, str_t bytes, buf_t *to)
{
    err_t err = ERR_INIT;
    must(sign_es256(to, k->key, bytes, &err), "no signature can be made");
}
