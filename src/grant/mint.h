/* SPDX-License-Identifier: MIT */
/* JSON Web Tokens that are made and signed here (FORMAT 5: JWT; RFC 7519, compact form of RFC 7515). For the grant
 * folder only. */
#ifndef TENON_GRANT_MINT_H
#define TENON_GRANT_MINT_H

#include "grant/grant.h"

/* What a JWT says where its definition does not say otherwise. */
typedef struct mint_plan {
    const jwt_definition_t *definition;
    const char *name; /* of the definition's key: tells messages apart, and the jti of two JWTs of one request */
    const char *typ;  /* RFC 7515 4.1.9 */
    str_t issuer, subject, audience; /* absent: not said */
} mint_plan_t;

typedef struct minted {
    str_t text;         /* in the arena, wiped with it */
    int64_t expires_at; /* its exp, in s since the epoch; 0: it says none */
} minted_t;

/* Header: alg, typ, kid (else the JWK's), then the definition's. Claims: iss, sub, aud, iat, exp, jti (anew for every
 * request), then the definition's. Those of the definition win, and null takes one out. Of a build that is only
 * compared it is not signed. Errors: parameter_missing, param_missing (no key); key_unusable, or param_value where the
 * key came with the call; param_too_long. */
CHECKED bool mint_jwt(grant_build_t *build, const mint_plan_t *plan, minted_t *out, err_t *err);
/* Whom an assertion for the definition's authorization server is meant for: its issuer, else its token endpoint. One
 * text, as a list would let another server take it for its own (RFC 7523 3). Absent where neither is known. */
CHECKED bool grant_audience(grant_build_t *build, str_t *out, err_t *err);

#endif
