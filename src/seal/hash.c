/* SPDX-License-Identifier: MIT */
#include "seal/hash.h"

#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdio.h>

#include "seal/must.h"

static const char *const digest_names[] = {
    [HASH_MD5] = "MD5",         [HASH_SHA1] = "SHA1",       [HASH_SHA256] = "SHA2-256",
    [HASH_SHA384] = "SHA2-384", [HASH_SHA512] = "SHA2-512",
};
enum { DIGEST_COUNT = sizeof digest_names / sizeof *digest_names };

/* A fetch by name takes locks and searches; these live as long as the process. */
static EVP_MD *digests[DIGEST_COUNT];
static EVP_MAC *hmac;
static pthread_once_t fetched = PTHREAD_ONCE_INIT;

static void fetch(void)
{
    for (size_t i = 0; i < DIGEST_COUNT; i++) {
        digests[i] = EVP_MD_fetch(NULL, digest_names[i], NULL);
    }
    hmac = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL);
}

/* OpenSSL tells "no key" from "empty key" by the pointer. */
static const unsigned char *never_null(str_t s)
{
    return (const unsigned char *)(s.p ? s.p : "");
}

size_t hash_bytes(hash_kind_t kind, str_t bytes, unsigned char *out)
{
    unsigned length = 0;
    must(pthread_once(&fetched, fetch) == 0 && digests[kind], digest_names[kind]);
    must(EVP_Digest(never_null(bytes), bytes.n, out, &length, digests[kind], NULL),
         digest_names[kind]);
    return length;
}

size_t hash_hmac(hash_kind_t kind, str_t key, str_t bytes, unsigned char *out)
{
    char name[16];
    (void)snprintf(name, sizeof name, "%s", digest_names[kind]);
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
        OSSL_PARAM_construct_end(),
    };
    size_t length = 0;
    must(pthread_once(&fetched, fetch) == 0 && hmac, OSSL_MAC_NAME_HMAC);
    EVP_MAC_CTX *context = EVP_MAC_CTX_new(hmac);
    must(context && EVP_MAC_init(context, never_null(key), key.n, params) &&
             EVP_MAC_update(context, never_null(bytes), bytes.n) &&
             EVP_MAC_final(context, out, &length, HASH_BYTES_MAX),
         OSSL_MAC_NAME_HMAC);
    EVP_MAC_CTX_free(context);
    return length;
}

void random_bytes(void *to, size_t n)
{
    unsigned char *at = to;
    while (n > 0) {
        int part = n < INT_MAX ? (int)n : INT_MAX;
        must(RAND_bytes(at, part) == 1, "randomness");
        at += part;
        n -= (size_t)part;
    }
}

bool bytes_equal(str_t a, str_t b)
{
    return a.n == b.n && (a.n == 0 || CRYPTO_memcmp(a.p, b.p, a.n) == 0);
}

void random_uuid(char out[37])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char bytes[16];
    random_bytes(bytes, sizeof bytes);
    bytes[6] = (unsigned char)(0x40 | (bytes[6] & 0x0F)); /* version 4 */
    bytes[8] = (unsigned char)(0x80 | (bytes[8] & 0x3F)); /* variant of RFC 4122 4.1.1 */
    char *to = out;
    for (size_t i = 0; i < sizeof bytes; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) {
            *to++ = '-';
        }
        *to++ = digits[bytes[i] >> 4];
        *to++ = digits[bytes[i] & 0x0F];
    }
    *to = '\0';
}
