/* SPDX-License-Identifier: MIT */
/* Tenon's own keys (DESIGN 4): tnk_<8 base62 id>_<43 base62 secret><6 base62 CRC-32 of all before it>. A key is
 * shown once; kept is the SHA-256 of the whole text. Pure but for randomness. */
#ifndef TENON_SEAL_API_KEY_H
#define TENON_SEAL_API_KEY_H

#include "base/err.h"
#include "seal/hash.h"

enum { API_KEY_ID = 8, API_KEY_LENGTH = 4 + 8 + 1 + 43 + 6 };

typedef struct api_key {
    char text[API_KEY_LENGTH + 1];
    char id[API_KEY_ID + 1];
    unsigned char digest[SHA256_BYTES];
} api_key_t;

/* Draws a new one. */
void api_key_make(api_key_t *out);
/* Checks shape and checksum without any store (hostile case N08); fills id and digest. */
CHECKED bool api_key_read(str_t text, api_key_t *out);

#endif
