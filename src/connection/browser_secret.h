/* SPDX-License-Identifier: MIT */
/* Texts by which a browser is known again - a link, a cookie, a state - and of which we keep the digest alone. Pure but for
 * chance. */
#ifndef TENON_CONNECTION_BROWSER_SECRET_H
#define TENON_CONNECTION_BROWSER_SECRET_H

#include "base/str.h"

/* 256 random bits as base64url, with a NUL. */
enum { BROWSER_SECRET_ROOM = 44, BROWSER_ID_ROOM = 23 };
void browser_secret_make(char text[BROWSER_SECRET_ROOM]);
/* 128 of them: a name that nobody guesses, and that is no secret. */
void browser_id_make(char text[BROWSER_ID_ROOM]);

typedef struct browser_digest {
    unsigned char bytes[32]; /* SHA-256 */
} browser_digest_t;
browser_digest_t browser_digest_of(str_t text);
/* As a key of a map. */
str_t browser_digest_view(const browser_digest_t *digest);
/* In constant time. */
bool browser_digest_fits(const browser_digest_t *digest, str_t text);

#endif
