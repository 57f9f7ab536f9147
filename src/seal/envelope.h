/* SPDX-License-Identifier: MIT */
/* A text that a caller carries and brings back, and can neither read nor change: AES-256-GCM under
 * a key drawn from a secret of the host for one purpose, as base64url. Nothing is kept of it;
 * records at rest are the key ring's. Thread-safe. */
#ifndef TENON_SEAL_ENVELOPE_H
#define TENON_SEAL_ENVELOPE_H

#include "base/buf.h"
#include "base/err.h"

/* What the text is for, and where alone it counts; both are bound to it. */
typedef struct envelope_for {
    str_t secret; /* of the host */
    str_t purpose, place;
} envelope_for_t;

/* Appends the sealed text. */
void envelope_seal(const envelope_for_t *use, str_t plain, buf_t *to);
/* Appends the plain text. False where it was not sealed for this, or is not whole. */
CHECKED bool envelope_open(const envelope_for_t *use, str_t sealed, buf_t *to);

#endif
