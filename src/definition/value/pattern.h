/* SPDX-License-Identifier: MIT */
/* Regular expressions of definitions: ECMA-262 without look-around and back-references, run by PCRE2 with
 * DOLLAR_ENDONLY, UTF and a match limit. A match that spends the limit is tried once more without backtracking,
 * within a limit of its own; where that is spent, too, the value is refused. Immutable and thread-safe. */
#ifndef TENON_DEFINITION_VALUE_PATTERN_H
#define TENON_DEFINITION_VALUE_PATTERN_H

#include "base/err.h"

typedef struct pattern pattern_t;
/* Error: pattern_invalid, naming what is not ECMA-262 and where it stands. */
pattern_t *pattern_new(str_t text, err_t *err);
void pattern_free(pattern_t *p);
/* Unanchored, as JSON Schema has it. False where it does not match, is not UTF-8 or a limit was reached. Adds to *cost
 * what it took at most, in looks of a schema at a value (check_internal.h). */
bool pattern_matches(const pattern_t *p, str_t value, unsigned *cost);

#endif
