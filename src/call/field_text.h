/* SPDX-License-Identifier: MIT */
/* How the value of a field stands as text in URLs, forms and headers (FORMAT 4). For the call folder only. Pure. */
#ifndef TENON_CALL_FIELD_TEXT_H
#define TENON_CALL_FIELD_TEXT_H

#include "definition/model.h"

/* Bytes rather than text: format binary, the field's own or that of the schema it refers to. */
bool field_is_binary(const field_t *field);
bool field_is_list(const field_t *field);
/* What stands between the items of a list; '\0': the name repeats instead. */
char collection_separator(collection_format_t format);
/* Appends a scalar: strings as they are, bool and number as JSON. Objects and lists as JSON, too. */
void value_write_text(const json_t *value, buf_t *to);

/* Why a value may not stand in a path: param_empty, param_dot_segment, or ERR_none. With URL_ENCODING_PATH each of its
 * segments counts. */
err_code_t path_value_fault(url_encoding_t encoding, str_t value);
/* What to say about it. */
const char *path_fault_text(err_code_t code);
/* `.` or `..`, which no encoding protects: readers of URLs drop them. */
bool is_dot_segment(str_t segment);

/* "/name" as a JSON Pointer (RFC 6901), cut to fit err_detail_t. */
typedef struct field_pointer {
    char text[128];
} field_pointer_t;
field_pointer_t field_pointer(str_t name);

#endif
