/* SPDX-License-Identifier: MIT */
/* Text for a terminal, set in lines of 88 columns. Pure. */
#ifndef TENON_APP_LAYOUT_H
#define TENON_APP_LAYOUT_H

#include "base/buf.h"

/* One paragraph, every line of it `indent` columns from the left. */
void layout_wrapped(buf_t *to, size_t indent, const char *text);
/* Paragraphs, each one line of text, with an empty line before each. */
void layout_paragraphs(buf_t *to, const char *text);

/* An entry of a list: what it is, and behind it, from column on, what it does. */
void layout_entry(buf_t *to, const char *left, size_t column, const char *text);
/* Measures what stands on the left of a list; what is very long does not count and gets a line of
 * its own. Begin with 0. */
void layout_measure(size_t *widest, const char *left);
size_t layout_column(size_t widest);

#endif
