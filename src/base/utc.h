/* SPDX-License-Identifier: MIT */
/* Wall time as people and other programs read it: RFC 3339 in UTC, with milliseconds. Pure. */
#ifndef TENON_BASE_UTC_H
#define TENON_BASE_UTC_H

#include "base/buf.h"

/* Appends "2026-11-29T08:15:30.123Z". */
void utc_write(buf_t *to, int64_t wall_ms);
/* RFC 3339 5.6, any offset; a fraction is cut to milliseconds. False where text is none. */
bool utc_read(str_t text, int64_t *wall_ms);

#endif
