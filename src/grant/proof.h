/* SPDX-License-Identifier: MIT */
/* Demonstrating proof of possession (RFC 9449): a signed statement beside each request, that whoever sends it holds the key
 * that the token is bound to. Pure but for randomness. */
#ifndef TENON_GRANT_PROOF_H
#define TENON_GRANT_PROOF_H

#include "seal/proof_key.h"
#include "upstream/message.h"

/* The header field, the token_type and the scheme of Authorization (RFC 9449 4.1, 5, 7.1). */
#define PROOF_HEADER "DPoP"
#define PROOF_TOKEN_TYPE "DPoP"
#define PROOF_NONCE_HEADER "DPoP-Nonce"
enum { PROOF_NONCE_MAX = 512 };

typedef struct proof {
    const proof_key_t *key;
    str_t access_token; /* absent: of a token request */
    str_t nonce;        /* absent: none is known */
    int64_t wall_ms;
} proof_t;
/* Sets the request's header to a fresh proof for its method and URL (RFC 9449 4.2). */
void proof_set(const proof_t *proof, arena_t *arena, upstream_request_t *request);
/* The nonce that an answer brings for the next proof (RFC 9449 8, 9); absent: none, or one that no proof can hold. */
str_t proof_nonce_of(const message_header_t *headers, size_t count);
/* Whether an API's 401 asks for a nonce (RFC 9449 9). */
bool proof_nonce_is_asked(const message_header_t *headers, size_t count);
/* scheme://host[:port] of a URL, as one origin's nonces are kept by. */
str_t proof_origin(str_t url);

#endif
