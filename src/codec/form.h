/* SPDX-License-Identifier: MIT */
/* application/x-www-form-urlencoded and multipart/form-data (RFC 7578), read and written. Pure. */
#ifndef TENON_CODEC_FORM_H
#define TENON_CODEC_FORM_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

typedef struct form_part {
    str_t name;
    str_t value;     /* bytes */
    str_t file_name; /* multipart only; absent where there is none */
    str_t type;      /* multipart only: its Content-Type; absent where there is none */
} form_part_t;

typedef struct form {
    form_part_t *parts; /* in the arena, in the order of the body, names may repeat */
    size_t count;
} form_t;

/* name=value&…: both decoded. Errors: request_malformed (a broken escape), request_bad_encoding (not UTF-8 after
 * decoding), param_limit (more than parts_max). */
CHECKED bool form_read_urlencoded_in(arena_t *arena, str_t body, size_t parts_max, form_t *out, err_t *err);
/* content_type: the header's whole value. Errors: request_malformed, param_limit. Values point into body. */
CHECKED bool form_read_multipart_in(arena_t *arena, str_t body, str_t content_type, size_t parts_max, form_t *out,
                            err_t *err);
/* Appends `&` where *to is not empty, then name=value, encoded. */
void form_write_pair(buf_t *to, str_t name, str_t value);
/* One part; `"`, CR and LF in names are percent-encoded (RFC 7578 4.2 with the HTML standard's escapes). */
void form_write_part(buf_t *to, str_t boundary, const form_part_t *part);
void form_write_end(buf_t *to, str_t boundary);

/* Media types (RFC 9110 8.3.1): compares type/subtype without parameters and case. */
bool media_type_is(str_t content_type, const char *type);
/* application/json, text/json or anything/anything+json. */
bool media_type_is_json(str_t content_type);
/* A parameter's value, unquoted into the arena; absent where there is none. */
str_t media_type_parameter_in(arena_t *arena, str_t content_type, const char *name);

#endif
