/* SPDX-License-Identifier: MIT */
/* Private to seal: keys out of JSON Web Keys (RFC 7517) that somebody else has parsed. Messages
 * never hold any of the key; OpenSSL's error queue is left empty. Pure. */
#ifndef TENON_SEAL_JWK_H
#define TENON_SEAL_JWK_H

#include "base/buf.h"
#include "base/err.h"
#include <jansson.h>
#include <openssl/evp.h>

/* The bytes of a base64url member, into a wiping buffer that this call initialises and the caller
 * finishes whatever comes. Error: key_unusable, also where they are none. */
CHECKED bool jwk_bytes(const json_t *jwk, const char *member, buf_t *to, err_t *err);
/* False where the JWK itself says that it is for another alg (RFC 7517 4.4) or not for signing
 * (4.2). Error: key_unusable. */
CHECKED bool jwk_allows(const json_t *jwk, str_t alg, err_t *err);
/* A private key of kty RSA, EC (RFC 7518 6.2, 6.3) or OKP with crv Ed25519 (RFC 8037 2). Error:
 * configuration. EVP_PKEY_free. */
EVP_PKEY *jwk_private_key(const json_t *jwk, err_t *err);

#endif
