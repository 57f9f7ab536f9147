/* SPDX-License-Identifier: MIT */
/* Private to seal: AES-256-GCM with random 96-bit nonces (NIST SP 800-38D 8.2.2). Nonce, ciphertext
 * and tag stand side by side. Thread-safe. */
#ifndef TENON_SEAL_AEAD_H
#define TENON_SEAL_AEAD_H

#include "base/err.h"
#include "base/secret.h"

enum { AEAD_KEY = 32, AEAD_NONCE = 12, AEAD_TAG = 16, AEAD_MORE = AEAD_NONCE + AEAD_TAG };

/* key has AEAD_KEY bytes. Writes plain.n + AEAD_MORE bytes. */
void aead_seal(const secret_t *key, str_t additional, str_t plain, unsigned char *to);
/* sealed has AEAD_MORE bytes or more. Writes sealed.n - AEAD_MORE bytes; where the tag is wrong
 * they are wiped and the answer is false. */
CHECKED bool aead_open(const secret_t *key, str_t additional, str_t sealed, unsigned char *to);

#endif
