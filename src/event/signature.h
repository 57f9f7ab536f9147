/* SPDX-License-Identifier: MIT */
/* Signed messages as the Standard Webhooks specification has them: HMAC-SHA-256 over id, time and body. Pure but for the
 * randomness of a new secret. */
#ifndef TENON_EVENT_SIGNATURE_H
#define TENON_EVENT_SIGNATURE_H

#include "base/buf.h"
#include "base/err.h"

enum { WEBHOOK_SECRET_BYTES = 32 };

/* Appends "whsec_" and 32 random bytes as base64. */
void signature_secret_make(buf_t *to);
/* Appends "v1," and the signature as base64, behind a blank where `to` holds one already (several secrets are in force while
 * one takes the place of another). False where the secret is none. */
CHECKED bool signature_add(buf_t *to, str_t secret, str_t id, int64_t wall_s, str_t body);

#endif
