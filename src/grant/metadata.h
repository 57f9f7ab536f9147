/* SPDX-License-Identifier: MIT */
/* What an authorization server says of itself (RFC 8414, OpenID Connect Discovery 1.0): where its endpoints are, for
 * definitions that leave them out and name the `issuer`. Pure; fetched and kept by connection/issuer.h. */
#ifndef TENON_GRANT_METADATA_H
#define TENON_GRANT_METADATA_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/* X(enum, the definition's key, the metadata's member) */
#define ENDPOINTS(X)                                                                                        \
    X(TOKEN, "token_url", "token_endpoint")                                                                 \
    X(AUTHORIZE, "authorize_url", "authorization_endpoint")                                                 \
    X(PAR, "par_url", "pushed_authorization_request_endpoint")                                              \
    X(DEVICE, "device_url", "device_authorization_endpoint")                                                \
    X(REVOKE, "revoke_url", "revocation_endpoint")                                                          \
    X(REGISTER, "register_url", "registration_endpoint")
typedef enum {
#define ENDPOINT_ENUM(id, key, member) ENDPOINT_##id,
    ENDPOINTS(ENDPOINT_ENUM)
#undef ENDPOINT_ENUM
        ENDPOINT_COUNT
} endpoint_t;

/* Immutable; counted by reference within one thread. */
typedef struct grant_metadata {
    arena_t *arena;
    unsigned references;
    str_t issuer;
    str_t endpoints[ENDPOINT_COUNT];     /* absent: not named, or not by a URL that can be called */
    str_t tls_endpoints[ENDPOINT_COUNT]; /* for clients with a certificate (RFC 8705 5) */
    bool answers_with_issuer; /* `iss` stands in every authorization response (RFC 9207 3) */
} grant_metadata_t;

/* An answer's body is not read beyond this. */
enum { METADATA_BYTES_MAX = 128 * 1024 };

/* The addresses to ask at, one after the other: the well-known path in front of the issuer's (RFC 8414 3.1), then
 * OpenID's behind it (OpenID Connect Discovery 4). Error: metadata_unusable (the issuer is no URL, or has a query). */
enum { METADATA_PLACES = 2 };
CHECKED bool grant_metadata_url(str_t issuer, unsigned place, buf_t *to, err_t *err);

/* NULL with metadata_unavailable (no JSON object) or metadata_unusable (RFC 8414 3.3: another issuer than was asked;
 * loses_slash: it was asked for without the `/` that its name may end in). */
grant_metadata_t *grant_metadata_read(str_t body, str_t issuer, bool loses_slash, err_t *err);
/* The addresses at which a resource says which servers issue tokens for it (RFC 9728 3.1): the well-known path in front of its
 * own, then at the root. Error: metadata_unusable (the resource is no URL). */
enum { RESOURCE_PLACES = 2 };
CHECKED bool grant_resource_metadata_url(str_t resource, unsigned place, buf_t *to, err_t *err);
/* Appends the first of them. Errors: metadata_unavailable (no JSON object), metadata_unusable (RFC 9728 3.3: of another
 * resource than was asked; it names no server). */
CHECKED bool grant_resource_metadata_read(str_t body, str_t resource, buf_t *issuer, err_t *err);
grant_metadata_t *grant_metadata_ref(grant_metadata_t *m);
/* NULL is allowed. */
void grant_metadata_unref(grant_metadata_t *m);
/* The one that a client uses. has_certificate: it shows one. Absent: there is none. */
str_t grant_metadata_endpoint(const grant_metadata_t *m, endpoint_t endpoint, bool has_certificate);
/* Simple string comparison (RFC 8414 3.3, RFC 9207 2.4) with a name that may have lost its last `/`. */
bool grant_issuer_is(str_t expected, str_t issuer, bool loses_slash);

#endif
