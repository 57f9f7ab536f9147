/* SPDX-License-Identifier: MIT */
/* JSON as people have written it: with a BOM, in Windows-1252, with commas before a closing
 * bracket, with control characters in strings, with a name twice (the last counts). What is
 * repaired is noted in the report. Pure. */
#ifndef TENON_IMPORT_LENIENT_H
#define TENON_IMPORT_LENIENT_H

#include "base/err.h"
#include "import/report.h"

enum { LENIENT_BYTES_MAX = 16 << 20, LENIENT_DEPTH_MAX = 200 };

/* A new reference, or NULL with json_* of codec/json.h. file: for the notes. */
json_t *lenient_read(str_t bytes, const char *file, report_t *report, err_t *err);

#endif
