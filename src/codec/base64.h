/* SPDX-License-Identifier: MIT */
/* Base64, base64url (RFC 4648 4 and 5), hexadecimal, base62, CRC-32. Pure. */
#ifndef TENON_CODEC_BASE64_H
#define TENON_CODEC_BASE64_H

#include "base/buf.h"
#include "base/err.h"

void base64_write(buf_t *to, str_t bytes);
/* Without padding. */
void base64url_write(buf_t *to, str_t bytes);
/* Either alphabet, padding optional, nothing else. */
CHECKED bool base64_read(buf_t *to, str_t text);
/* Lower case. */
void hex_write(buf_t *to, str_t bytes);
CHECKED bool hex_read(buf_t *to, str_t text);
/* 0-9A-Za-z, most significant digit first, exactly digits long; value taken modulo 62^digits. */
void base62_write(char *to, size_t digits, uint64_t value);
/* CRC-32 (ISO 3309, as in zlib). */
uint32_t crc32_of(str_t bytes);

#endif
