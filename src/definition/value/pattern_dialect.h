/* SPDX-License-Identifier: MIT */
/* The dialect of patterns: ECMA-262 (with its `u` flag's code points and the leniency of web
 * browsers about braces and hyphens) without look-around and back-references, written anew for
 * PCRE2. Whatever PCRE2 knows and ECMA-262 does not is refused by name, so that a definition means
 * the same to every reader. Pure. */
#ifndef TENON_DEFINITION_VALUE_PATTERN_DIALECT_H
#define TENON_DEFINITION_VALUE_PATTERN_DIALECT_H

#include "base/buf.h"
#include "base/err.h"

/* Appends the pattern as PCRE2 is to read it (with PCRE2_UTF, PCRE2_NO_AUTO_CAPTURE and
 * PCRE2_ALLOW_EMPTY_CLASS): nothing of ECMA-262 that the two read differently is left in it. Error:
 * pattern_invalid, naming the construct and its place. */
CHECKED bool dialect_translate(buf_t *to, str_t text, err_t *err);

#endif
