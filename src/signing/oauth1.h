/* SPDX-License-Identifier: MIT */
/* OAuth 1.0a: a request that carries a signature of itself in Authorization (RFC 5849 3). Pure: time and nonce are
 * parameters. */
#ifndef TENON_SIGNING_OAUTH1_H
#define TENON_SIGNING_OAUTH1_H

#include "base/arena.h"
#include "base/err.h"
#include "upstream/message.h"

typedef struct oauth1_credential {
    str_t consumer_key, consumer_secret;
    str_t token, token_secret; /* absent: none yet */
    str_t realm;               /* absent: none */
    str_t method;              /* HMAC-SHA1, HMAC-SHA256 or PLAINTEXT */
    str_t version;             /* "1.0", or absent (RFC 5849 3.1: optional) */
    str_t callback; /* where a person comes back to (RFC 5849 2.1); absent: not sent */
    str_t verifier; /* what they bring back (RFC 5849 2.3); absent: not sent */
} oauth1_credential_t;

/* Adds Authorization to a request that is complete: its method, URL, body and Content-Type; the parameters of a form are
 * signed (RFC 5849 3.4.1.3.1). nonce: new for every request. Errors: not_supported (method); param_control_char (realm); param_too_long; as
 * url_parse_in. */
CHECKED bool oauth1_sign(arena_t *arena, upstream_request_t *request, const oauth1_credential_t *credential,
                         int64_t wall_ms, str_t nonce, err_t *err);

#endif
