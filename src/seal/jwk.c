/* SPDX-License-Identifier: MIT */
#include "seal/jwk.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>

#include "seal/armor.h"
#include "seal/hash.h"
#include "seal/must.h"

enum { MEMBER_BYTES_MAX = 1024, ED25519_BYTES = 32 };

static str_t text_of(const json_t *jwk, const char *member)
{
    const json_t *value = json_object_get(jwk, member);
    return str_at(json_string_value(value), json_string_length(value));
}

bool jwk_bytes(const json_t *jwk, const char *member, buf_t *to, err_t *err)
{
    buf_init_wiping(to, MEMBER_BYTES_MAX);
    str_t text = text_of(jwk, member);
    if (text.n == 0) {
        return err_set(err, ERR_key_unusable, "the JWK has no %s (a private key is needed)",
                       member);
    }
    return armor_read(to, text) ||
           err_set(err, ERR_key_unusable, "%s of the JWK is not base64url, or over %d bytes",
                   member, MEMBER_BYTES_MAX);
}

bool jwk_allows(const json_t *jwk, str_t alg, err_t *err)
{
    str_t its_alg = text_of(jwk, "alg");
    str_t use = text_of(jwk, "use");
    if (its_alg.n > 0 && !str_eq(its_alg, alg)) {
        return err_set(err, ERR_key_unusable, "the JWK's own alg is not %.*s", STR_ARG(alg));
    }
    if (use.n > 0 && !str_is(use, "sig")) {
        return err_set(err, ERR_key_unusable, "the JWK's use is not sig");
    }
    return true;
}

/* --- What EVP_PKEY_fromdata takes: the builder borrows numbers and point until the key is built
 * --- */

enum { NUMBERS_MAX = 8 };

typedef struct parts {
    OSSL_PARAM_BLD *list;
    BIGNUM *numbers[NUMBERS_MAX];
    size_t count;
    buf_t point;
} parts_t;

typedef struct number_row {
    const char *member;
    const char *param;
    bool is_secret;
} number_row_t;

static bool add_number(parts_t *parts, const json_t *jwk, const number_row_t *row, err_t *err)
{
    buf_t bytes;
    bool ok = jwk_bytes(jwk, row->member, &bytes, err);
    if (ok) {
        /* OpenSSL keeps and wipes apart what it finds marked as secure. */
        BIGNUM *number = row->is_secret ? BN_secure_new() : BN_new();
        must(number && BN_bin2bn((const unsigned char *)bytes.p, (int)bytes.n, number) &&
                 OSSL_PARAM_BLD_push_BN(parts->list, row->param, number),
             "out of memory");
        parts->numbers[parts->count++] = number;
    }
    buf_fini(&bytes);
    return ok;
}

static bool add_numbers(parts_t *parts, const json_t *jwk, const number_row_t *rows, err_t *err)
{
    for (const number_row_t *row = rows; row->member; row++) {
        if (!add_number(parts, jwk, row, err)) {
            return false;
        }
    }
    return true;
}

static void parts_init(parts_t *parts)
{
    *parts = (parts_t){.list = OSSL_PARAM_BLD_new()};
    must(parts->list != NULL, "out of memory");
}

static void parts_fini(parts_t *parts)
{
    OSSL_PARAM_BLD_free(parts->list);
    for (size_t i = 0; i < parts->count; i++) {
        BN_clear_free(parts->numbers[i]);
    }
    buf_fini(&parts->point);
}

/* NULL where OpenSSL sees that the members make no key. */
static EVP_PKEY *build(const parts_t *parts, const char *type)
{
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(parts->list);
    must(context && params, "out of memory");
    if (EVP_PKEY_fromdata_init(context) <= 0 ||
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_KEYPAIR, params) <= 0) {
        key = NULL;
    }
    OSSL_PARAM_free(params);
    EVP_PKEY_CTX_free(context);
    return key;
}

/* --- RSA --- */

static const number_row_t rsa_rows[] = {
    {"n", OSSL_PKEY_PARAM_RSA_N, false},
    {"e", OSSL_PKEY_PARAM_RSA_E, false},
    {"d", OSSL_PKEY_PARAM_RSA_D, true},
    {0},
};

static const number_row_t rsa_factor_rows[] = {
    {"p", OSSL_PKEY_PARAM_RSA_FACTOR1, true},       {"q", OSSL_PKEY_PARAM_RSA_FACTOR2, true},
    {"dp", OSSL_PKEY_PARAM_RSA_EXPONENT1, true},    {"dq", OSSL_PKEY_PARAM_RSA_EXPONENT2, true},
    {"qi", OSSL_PKEY_PARAM_RSA_COEFFICIENT1, true}, {0},
};

static EVP_PKEY *rsa_key(const json_t *jwk, parts_t *parts, err_t *err)
{
    /* RFC 7518 6.3.2: the factors are all there or none of them is. */
    bool has_factors = json_object_get(jwk, "p") != NULL;
    if (!add_numbers(parts, jwk, rsa_rows, err) ||
        (has_factors && !add_numbers(parts, jwk, rsa_factor_rows, err))) {
        return NULL;
    }
    return build(parts, "RSA");
}

/* --- EC --- */

static const struct curve_row {
    const char *name; /* the same in JWK and OpenSSL */
    size_t coordinate_bytes;
} curve_rows[] = {{"P-256", 32}, {"P-384", 48}, {"P-521", 66}};

static const number_row_t ec_rows[] = {{"d", OSSL_PKEY_PARAM_PRIV_KEY, true}, {0}};

static const struct curve_row *curve_of(const json_t *jwk, err_t *err)
{
    for (size_t i = 0; i < sizeof curve_rows / sizeof *curve_rows; i++) {
        if (str_is(text_of(jwk, "crv"), curve_rows[i].name)) {
            return &curve_rows[i];
        }
    }
    (void)err_set(err, ERR_key_unusable, "crv of the JWK is none of P-256, P-384, P-521");
    return NULL;
}

static bool add_coordinate(buf_t *point, const json_t *jwk, const char *member, size_t size,
                           err_t *err)
{
    buf_t bytes;
    bool ok = jwk_bytes(jwk, member, &bytes, err) &&
              (bytes.n == size ||
               err_set(err, ERR_key_unusable, "%s of the JWK has not %zu bytes", member, size));
    if (ok) {
        buf_str(point, buf_view(&bytes));
    }
    buf_fini(&bytes);
    return ok;
}

/* fromdata checks neither the range of d nor that it belongs to the point. */
static bool is_whole(EVP_PKEY *key)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    must(context != NULL, "out of memory");
    bool ok = EVP_PKEY_check(context) == 1;
    EVP_PKEY_CTX_free(context);
    return ok;
}

static EVP_PKEY *ec_key(const json_t *jwk, parts_t *parts, err_t *err)
{
    const struct curve_row *curve = curve_of(jwk, err);
    buf_init(&parts->point, MEMBER_BYTES_MAX);
    buf_char(&parts->point, 4); /* SEC 1 2.3.3: uncompressed */
    if (!curve || !add_coordinate(&parts->point, jwk, "x", curve->coordinate_bytes, err) ||
        !add_coordinate(&parts->point, jwk, "y", curve->coordinate_bytes, err) ||
        !add_numbers(parts, jwk, ec_rows, err)) {
        return NULL;
    }
    must(OSSL_PARAM_BLD_push_utf8_string(parts->list, OSSL_PKEY_PARAM_GROUP_NAME, curve->name, 0) &&
             OSSL_PARAM_BLD_push_octet_string(parts->list, OSSL_PKEY_PARAM_PUB_KEY, parts->point.p,
                                              parts->point.n),
         "out of memory");
    EVP_PKEY *key = build(parts, "EC");
    if (key && is_whole(key)) {
        return key;
    }
    EVP_PKEY_free(key);
    return NULL;
}

/* --- OKP --- */

static bool is_public_of(str_t x, const EVP_PKEY *key)
{
    unsigned char public_key[ED25519_BYTES];
    size_t n = sizeof public_key;
    return EVP_PKEY_get_raw_public_key(key, public_key, &n) &&
           bytes_equal(x, str_at(public_key, n));
}

static EVP_PKEY *okp_key(const json_t *jwk, parts_t *parts, err_t *err)
{
    (void)parts;
    EVP_PKEY *key = NULL;
    buf_t d;
    buf_t x = {0};
    bool ok = jwk_bytes(jwk, "d", &d, err) && jwk_bytes(jwk, "x", &x, err);
    if (ok && !str_is(text_of(jwk, "crv"), "Ed25519")) {
        ok = err_set(err, ERR_key_unusable, "crv of the JWK is not Ed25519");
    }
    if (ok) {
        key =
            EVP_PKEY_new_raw_private_key_ex(NULL, "ED25519", NULL, (const unsigned char *)d.p, d.n);
    }
    if (key && !is_public_of(buf_view(&x), key)) {
        EVP_PKEY_free(key);
        key = NULL;
    }
    buf_fini(&d);
    buf_fini(&x);
    return key;
}

/* --- Any of them --- */

static const struct kty_row {
    const char *kty;
    EVP_PKEY *(*make)(const json_t *jwk, parts_t *parts, err_t *err);
} kty_rows[] = {{"RSA", rsa_key}, {"EC", ec_key}, {"OKP", okp_key}};

EVP_PKEY *jwk_private_key(const json_t *jwk, err_t *err)
{
    EVP_PKEY *key = NULL;
    parts_t parts;
    parts_init(&parts);
    for (size_t i = 0; i < sizeof kty_rows / sizeof *kty_rows; i++) {
        if (str_is(text_of(jwk, "kty"), kty_rows[i].kty)) {
            key = kty_rows[i].make(jwk, &parts, err);
        }
    }
    parts_fini(&parts);
    ERR_clear_error();
    if (!key) {
        /* Says nothing where a member has been named already. */
        (void)err_set(err, ERR_key_unusable, "the JWK is no private key of kty RSA, EC or OKP");
    }
    return key;
}
