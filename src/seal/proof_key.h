/* SPDX-License-Identifier: MIT */
/* A key that shows that its holder is who a token was issued to (RFC 9449): EC on P-256, signing by ES256. Immutable once it
 * is read, and read by any thread. */
#ifndef TENON_SEAL_PROOF_KEY_H
#define TENON_SEAL_PROOF_KEY_H

#include "base/buf.h"
#include "base/err.h"

typedef struct proof_key proof_key_t;

/* Appends a new one as text, which is a secret. */
void proof_key_make(buf_t *to);
/* Error: key_unusable. */
proof_key_t *proof_key_read(str_t text, err_t *err);
void proof_key_free(proof_key_t *k);
/* The public half as a JWK, in the members and order of its thumbprint (RFC 7638 3.2). Borrowed. */
str_t proof_key_jwk(const proof_key_t *k);
/* Appends the signature of bytes as JOSE has it: R || S (RFC 7518 3.4). */
void proof_key_sign(const proof_key_t *k, str_t bytes, buf_t *to);

#endif
