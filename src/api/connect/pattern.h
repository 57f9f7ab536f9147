/* SPDX-License-Identifier: MIT */
/* A pattern of the format (FORMAT 4: ECMA-262, unanchored, braces and hyphens as browsers are lenient about them) for the
 * `pattern` attribute, which browsers compile as ^(?:…)$ with the flag v (HTML 4.10.5.3.6). Pure. */
#ifndef TENON_API_CONNECT_PATTERN_H
#define TENON_API_CONNECT_PATTERN_H

#include "base/buf.h"

/* Appends the pattern; it matches the same values as the loader's reading does. text is one that the loader accepted. */
void pattern_write_html(buf_t *to, str_t text);

#endif
