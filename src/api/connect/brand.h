/* SPDX-License-Identifier: MIT */
/* The colour of a service on a page whose style sheet is the same for all: it stands in SVG's own attributes, which are
 * no style to a content security policy. Pure. */
#ifndef TENON_API_CONNECT_BRAND_H
#define TENON_API_CONNECT_BRAND_H

#include "base/buf.h"

/* A line over the whole width. color: #RRGGBB, anything else: our own colour. */
void brand_write_stripe(buf_t *to, str_t color);
/* The first letter of the title on the colour, in black or white, whichever is read more easily (WCAG 2.1 1.4.3: at least
 * 4.58 : 1 on any colour). */
void brand_write_mark(buf_t *to, str_t color, str_t title);

#endif
