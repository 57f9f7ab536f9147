/* SPDX-License-Identifier: MIT */
/* UTF-8, one code point at a time (RFC 3629). Pure. */
#ifndef TENON_BASE_UTF8_H
#define TENON_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of the code point that p starts with, 0 where none of its forms is well-formed (or n is 0).
 */
size_t utf8_decode(const char *p, size_t n, uint32_t *code_point);
/* n without an unfinished sequence at the end: where a text was cut by bytes. */
size_t utf8_whole(const char *p, size_t n);
/* C0, DEL, C1, line and paragraph separators, and what turns the direction of a line: a reader
 * would not see such a text as it is. */
bool utf8_is_control(uint32_t code_point);

#endif
