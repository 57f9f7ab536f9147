/* SPDX-License-Identifier: MIT */
/* Values as text, and where a value stands when it is at fault. Pure. */
#ifndef TENON_REQUEST_TEXT_H
#define TENON_REQUEST_TEXT_H

#include "definition/model.h"

/* Appends a scalar: strings as they are, bool and number as JSON. Objects and lists as JSON, too. */
void value_write_text(const json_t *value, buf_t *to);

/* "/name" as a JSON Pointer (RFC 6901), cut to fit err_detail_t. */
typedef struct field_pointer {
    char text[128];
} field_pointer_t;
field_pointer_t field_pointer(str_t name);

#endif
