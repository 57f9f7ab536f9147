/* SPDX-License-Identifier: MIT */
/* How the value of a field stands as text in URLs, forms and headers (FORMAT 4). For the call folder only. Pure. */
#ifndef TENON_CALL_FIELD_TEXT_H
#define TENON_CALL_FIELD_TEXT_H

#include "request/text.h"

/* Bytes rather than text: format binary, the field's own or that of the schema it refers to. */
bool field_is_binary(const field_t *field);
bool field_is_list(const field_t *field);
/* What stands between the items of a list; '\0': the name repeats instead. */
char collection_separator(collection_format_t format);

/* Why a value may not stand in a path: param_empty, param_dot_segment, or ERR_none. With URL_ENCODING_PATH each of its
 * segments counts. */
err_code_t path_value_fault(url_encoding_t encoding, str_t value);
/* What to say about it. */
const char *path_fault_text(err_code_t code);
/* `.` or `..`, which no encoding protects: readers of URLs drop them. */
bool is_dot_segment(str_t segment);

#endif
