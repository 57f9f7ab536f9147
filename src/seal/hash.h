/* SPDX-License-Identifier: MIT */
/* Digests, MACs, signatures and randomness over OpenSSL. Algorithms are fetched once. Thread-safe. */
#ifndef TENON_SEAL_HASH_H
#define TENON_SEAL_HASH_H

#include "base/buf.h"
#include "base/err.h"
#include <jansson.h>

typedef enum { HASH_MD5, HASH_SHA1, HASH_SHA256, HASH_SHA384, HASH_SHA512 } hash_kind_t;
enum { HASH_BYTES_MAX = 64, SHA256_BYTES = 32 };

/* Writes the digest (out has room for the kind: HASH_BYTES_MAX is enough for all), answers its length. */
size_t hash_bytes(hash_kind_t kind, str_t bytes, unsigned char *out);
size_t hash_hmac(hash_kind_t kind, str_t key, str_t bytes, unsigned char *out);
/* Aborts where the system has no randomness. */
void random_bytes(void *to, size_t n);
/* Bytes compared in constant time. */
bool bytes_equal(str_t a, str_t b);
/* RFC 4122 version 4, lower case, 36 characters and a NUL. */
void random_uuid(char out[37]);

/* JWS signature (RFC 7518 3.1) of bytes, with either key (jwk NULL) or jwk (key absent). alg RS256 RS384
 * RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA (Ed25519): key is PEM without passphrase (PKCS#8, PKCS#1, SEC1; line ends may
 * be lost or spelt \n), jwk a private JWK of kty RSA, EC, OKP. HS256 HS384 HS512: key is raw bytes, jwk of kty
 * oct. An RSA key has 2048 to 8192 bits. Appends the raw signature (ECDSA: R || S). Error: key_unusable (the
 * message never holds the key). */
CHECKED bool sign_bytes(buf_t *to, str_t alg, str_t key, const json_t *jwk, str_t bytes, err_t *err);
/* Base64url of the SHA-256 of the DER SubjectPublicKeyInfo of a PEM key or certificate. Error: key_unusable. */
CHECKED bool key_fingerprint(buf_t *to, str_t pem, err_t *err);

#endif
