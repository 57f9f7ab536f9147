/* SPDX-License-Identifier: MIT */
/* A Set-Cookie field as who receives it reads it (RFC 6265 5.2). Pure. */
#ifndef TENON_CODEC_COOKIE_H
#define TENON_CODEC_COOKIE_H

#include "base/str.h"

typedef struct cookie {
    str_t name, value; /* borrowed of the field */
    bool expired;      /* Max-Age, else Expires, says that it is to be forgotten (5.3) */
} cookie_t;
/* now_ms: since the epoch. False where it names no cookie. */
bool cookie_read(str_t field, int64_t now_ms, cookie_t *out);
/* A date as cookies have it, in whatever order (5.1.1): seconds since the epoch in *out. False where a part is missing or out
 * of range. */
bool cookie_date(str_t text, int64_t *out);

#endif
