/* SPDX-License-Identifier: MIT */
/* Keys of every kind, out of arbitrary text: Tenon's own, PEM, JSON Web Keys, base64. The input is
 * ALG LF TEXT. What can be read can sign or verify; an error never holds any of the text; OpenSSL's
 * queue of errors, which the TLS code of the same thread reads, is left empty. */
#include <openssl/err.h>
#include <openssl/evp.h>

#include "codec/json.h"
#include "fuzz.h"
#include "seal/api_key.h"
#include "seal/armor.h"
#include "seal/hash.h"
#include "seal/jwk.h"
#include "seal/pem.h"

enum { SIGNATURE_BYTES_MAX = 1024, TOLD_BYTES_MIN = 12 };

static void check_error(const err_t *err, str_t text)
{
    REQUIRE(err->code == ERR_key_unusable && err->text[0] && str_is_utf8(str_of(err->text)));
    for (size_t at = 0; at + TOLD_BYTES_MIN <= text.n; at++) {
        str_t part = str_slice(text, at, at + TOLD_BYTES_MIN);
        REQUIRE(str_find(str_of(err->text), part, 0) == SIZE_MAX);
    }
}

static void check_queue(void)
{
    REQUIRE(ERR_peek_error() == 0);
}

static void check_own(str_t text)
{
    api_key_t key;
    if (api_key_read(text, &key)) {
        REQUIRE(text.n == API_KEY_LENGTH && str_starts(text, STR("tnk_")));
        REQUIRE(str_eq(str_of(key.id), str_slice(text, 4, 12)));
        char other[API_KEY_LENGTH];
        memcpy(other, text.p, sizeof other);
        for (size_t i = 4; i < sizeof other; i++) { /* one changed character is noticed */
            char was = other[i];
            other[i] = was == '0' ? '1' : '0';
            REQUIRE(!api_key_read(str_at(other, sizeof other), &key));
            other[i] = was;
        }
    }
}

static void check_armor(str_t text)
{
    buf_t bytes;
    buf_t again;
    buf_t back;
    buf_init(&bytes, text.n + 1);
    buf_init(&again, 2 * text.n + 8);
    buf_init(&back, text.n + 1);
    if (armor_read(&bytes, text)) {
        armor_write(&again, buf_view(&bytes));
        REQUIRE(buf_ok(&again) && armor_read(&back, buf_view(&again)));
        REQUIRE(str_eq(buf_view(&bytes), buf_view(&back)));
        /* One text for the same bytes, but for the alphabet and what it is padded with. */
        size_t n = text.n;
        while (n && text.p[n - 1] == '=') {
            n--;
        }
        REQUIRE(n == again.n);
    }
    check_queue();
    buf_fini(&bytes);
    buf_fini(&again);
    buf_fini(&back);
}

static void check_signature(str_t alg, str_t text, const json_t *jwk)
{
    buf_t signature;
    err_t err = ERR_INIT;
    buf_init(&signature, SIGNATURE_BYTES_MAX);
    bool signs = sign_bytes(&signature, alg, jwk ? STR_NONE : text, jwk, STR("bytes"), &err);
    REQUIRE(signs ? signature.n >= 32 && buf_ok(&signature) : signature.n == 0);
    if (!signs) {
        check_error(&err, text);
    }
    check_queue();
    buf_fini(&signature);
}

static void check_pem(str_t text)
{
    err_t hidden = ERR_INIT;
    err_t open = ERR_INIT;
    err_t unprinted = ERR_INIT;
    buf_t print;
    EVP_PKEY *private_key = pem_private_key(text, &hidden);
    EVP_PKEY *public_key = pem_public_key(text, &open);
    buf_init(&print, 100);
    if (!private_key) {
        check_error(&hidden, text);
    }
    if (!public_key) {
        check_error(&open, text);
    }
    bool printed = key_fingerprint(&print, text, &unprinted);
    REQUIRE(printed == (public_key != NULL) && (!printed || print.n == 43));
    REQUIRE(!private_key || public_key);
    check_queue();
    EVP_PKEY_free(private_key);
    EVP_PKEY_free(public_key);
    buf_fini(&print);
}

static void check_jwk(str_t alg, str_t text)
{
    err_t err = ERR_INIT;
    json_t *jwk = json_read(text, NULL, &err);
    if (json_is_object(jwk)) {
        EVP_PKEY *key = jwk_private_key(jwk, &err);
        if (!key) {
            check_error(&err, text);
        }
        EVP_PKEY_free(key);
        check_queue();
        check_signature(alg, text, jwk);
    }
    json_decref(jwk);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    str_t text = str_at(data, size);
    str_t alg = fuzz_line(&text);
    text = text.p ? text : STR("");
    check_own(text);
    check_armor(text);
    check_pem(text);
    check_signature(alg, text, NULL);
    check_jwk(alg, text);
    return 0;
}
