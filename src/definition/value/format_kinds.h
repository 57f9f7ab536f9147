/* SPDX-License-Identifier: MIT */
/* Private to formats.c: the formats that take more than a look. Pure. */
#ifndef TENON_DEFINITION_VALUE_FORMAT_KINDS_H
#define TENON_DEFINITION_VALUE_FORMAT_KINDS_H

#include "base/str.h"

/* RFC 3339 5.6: full-date. */
bool format_is_date(str_t text);
/* RFC 3339 5.6: date-time, leap seconds included. */
bool format_is_date_time(str_t text);
/* RFC 4648 4, padded. */
bool format_is_byte(str_t text);
/* RFC 7468: one block or several, as a certificate with its chain. Line ends may be lost or spelt
 * `\n`. */
bool format_is_pem(str_t text);

#endif
