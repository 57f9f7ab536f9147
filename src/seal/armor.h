/* SPDX-License-Identifier: MIT */
/* Private to seal: the base64 that keys travel in (RFC 4648 4 and 5), over OpenSSL. Pure. Everybody
 * else uses codec/base64.h. */
#ifndef TENON_SEAL_ARMOR_H
#define TENON_SEAL_ARMOR_H

#include "base/buf.h"
#include "base/err.h"

/* Appends the bytes of base64 or base64url text, padding optional. False on anything else, also on
 * stray bits behind the last byte; then *to may hold a part. */
CHECKED bool armor_read(buf_t *to, str_t text);
/* Appends base64url without padding. */
void armor_write(buf_t *to, str_t bytes);

#endif
