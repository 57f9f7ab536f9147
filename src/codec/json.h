/* SPDX-License-Identifier: MIT */
/* JSON text in and out. jansson's value type (json_t, <jansson.h>) is free to every folder; its parser and
 * printer are used here only. Pure. */
#ifndef TENON_CODEC_JSON_H
#define TENON_CODEC_JSON_H

#include <jansson.h>

#include "base/buf.h"
#include "base/err.h"

typedef struct json_limits {
    unsigned depth;      /* 0: 32 */
    size_t array_items;  /* 0: no limit of its own */
    size_t string_bytes; /* 0: no limit of its own */
    size_t values;       /* members and items in all; 0: no limit of its own */
    bool last_wins;      /* of members with one name, rather than refusing them */
} json_limits_t;

/* Reads one JSON value (RFC 8259) and nothing behind it but blanks; a UTF-8 BOM before it is skipped.
 * Duplicate keys are refused. Integers beyond 64 bits are kept as reals, reals beyond double are refused, a
 * string may hold U+0000. Depth and number of values are checked before parsing, in one pass over the bytes.
 * Errors: json_invalid (text holds the offset), json_duplicate_key, json_too_deep, request_bad_encoding,
 * param_limit, param_too_long. Answers a new reference, NULL on error. */
json_t *json_read(str_t text, const json_limits_t *limits, err_t *err);
/* Appends v compactly, members in their order; `/` is not escaped, non-ASCII stays UTF-8. */
void json_write(buf_t *to, const json_t *v);
/* The same with two blanks of indentation. */
void json_write_pretty(buf_t *to, const json_t *v);
/* Appends s as a JSON string with quotes. Invalid UTF-8 becomes U+FFFD. */
void json_write_string(buf_t *to, str_t s);

/* New references. s must be UTF-8 (invalid bytes become U+FFFD). */
json_t *json_str(str_t s);
/* Borrowed; absent where v is not a string. */
str_t json_view(const json_t *v);
/* Of a member: absent where it is missing or no string. */
str_t json_member(const json_t *object, const char *name);

/* Sets a member; an absent or empty text, and what is false, is left out. */
void json_add_text(json_t *object, const char *name, str_t text);
void json_add_flag(json_t *object, const char *name, bool set);
/* The same for an object or array that is empty; value is stolen. */
void json_add_filled(json_t *object, const char *name, json_t *value);
/* The object that is a member, made where it is missing. Borrowed. */
json_t *json_child(json_t *object, const char *name);
/* A copy that shares nothing, for values that threads share: reference counts of JSON are not safe there. NULL is left
 * out. */
void json_add_copy(json_t *object, const char *name, const json_t *value);
/* A negative count is left out. */
void json_add_count(json_t *object, const char *name, int64_t count);
/* A new array. */
json_t *json_texts(const str_t *list, size_t count);

/* Makes every JSON value wipe its memory when it is freed: values hold secrets for moments. Once, at start,
 * before threads. */
void json_wipe_freed_memory(void);

#endif
