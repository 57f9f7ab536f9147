/* SPDX-License-Identifier: MIT */
/* HTTP-date in its three forms (RFC 9110 5.6.7), read strictly. Pure. */
#ifndef TENON_UPSTREAM_HTTP_DATE_H
#define TENON_UPSTREAM_HTTP_DATE_H

#include "base/str.h"

/* Milliseconds since the epoch in *out. now_ms decides the century of an RFC 850 date. False where s is none
 * of the three forms or names a day that does not exist; the day of the week is not checked against it. */
bool http_date_parse(str_t s, int64_t now_ms, int64_t *out);
/* True for "Mon" to "Sunday": what may stand before the comma inside a date. */
bool http_date_is_day_name(str_t s);

#endif
