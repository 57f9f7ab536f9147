/* SPDX-License-Identifier: MIT */
#include "seal/aead.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <pthread.h>

#include "base/secret_peek.h"
#include "seal/hash.h"
#include "seal/must.h"

static EVP_CIPHER *aes_256_gcm;
static pthread_once_t fetched = PTHREAD_ONCE_INIT;

static void fetch(void)
{
    aes_256_gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
}

static EVP_CIPHER_CTX *cipher_start(const secret_t *key, const unsigned char *nonce,
                                    str_t additional, bool seals)
{
    int length = 0;
    must(pthread_once(&fetched, fetch) == 0 && aes_256_gcm, "AES-256-GCM");
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    must(context &&
             EVP_CipherInit_ex2(context, aes_256_gcm, (const unsigned char *)secret_peek(key).p,
                                nonce, seals, NULL) &&
             EVP_CipherUpdate(context, NULL, &length, (const unsigned char *)additional.p,
                              (int)additional.n),
         "AES-256-GCM");
    return context;
}

/* The update of an empty text would count as additional data. */
static void cipher_text(EVP_CIPHER_CTX *context, unsigned char *to, str_t text)
{
    int length = 0;
    must(text.n <= INT_MAX, "a record over 2 GiB");
    if (text.n > 0) {
        must(EVP_CipherUpdate(context, to, &length, (const unsigned char *)text.p, (int)text.n),
             "AES-256-GCM");
    }
}

void aead_seal(const secret_t *key, str_t additional, str_t plain, unsigned char *to)
{
    unsigned char *tag = to + AEAD_NONCE + plain.n;
    int length = 0;
    random_bytes(to, AEAD_NONCE);
    EVP_CIPHER_CTX *context = cipher_start(key, to, additional, true);
    cipher_text(context, to + AEAD_NONCE, plain);
    must(EVP_CipherFinal_ex(context, tag, &length) &&
             EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, AEAD_TAG, tag),
         "AES-256-GCM");
    EVP_CIPHER_CTX_free(context);
}

bool aead_open(const secret_t *key, str_t additional, str_t sealed, unsigned char *to)
{
    const unsigned char *from = (const unsigned char *)sealed.p;
    str_t cipher_bytes = str_slice(sealed, AEAD_NONCE, sealed.n - AEAD_TAG);
    unsigned char tag[AEAD_TAG];
    unsigned char none[1];
    int length = 0;
    memcpy(tag, from + sealed.n - AEAD_TAG, AEAD_TAG);
    EVP_CIPHER_CTX *context = cipher_start(key, from, additional, false);
    cipher_text(context, to, cipher_bytes);
    bool ok = EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, AEAD_TAG, tag) &&
              EVP_CipherFinal_ex(context, none, &length);
    EVP_CIPHER_CTX_free(context);
    if (!ok) {
        secret_wipe(to, cipher_bytes.n);
        ERR_clear_error();
    }
    return ok;
}
