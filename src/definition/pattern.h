/* SPDX-License-Identifier: MIT */
/* Regular expressions of definitions: ECMA-262 without look-around and back-references, run by PCRE2 with
 * DOLLAR_ENDONLY, UTF and a match limit; reaching the limit refuses the value. Immutable and thread-safe. */
#ifndef TENON_DEFINITION_PATTERN_H
#define TENON_DEFINITION_PATTERN_H

#include "base/err.h"

typedef struct pattern pattern_t;
/* Error: pattern_invalid. */
pattern_t *pattern_new(str_t text, err_t *err);
void pattern_free(pattern_t *p);
/* Unanchored, as JSON Schema has it. False where it does not match or the match limit was reached. */
bool pattern_matches(const pattern_t *p, str_t value);

#endif
