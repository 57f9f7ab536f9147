/* SPDX-License-Identifier: MIT */
/* Values against fields and schemas (FORMAT 4): connection parameters and inputs of calls. All faults are
 * reported, as details with JSON Pointers. Values are never echoed where the field is secret. Pure. */
#ifndef TENON_DEFINITION_VALUE_CHECK_H
#define TENON_DEFINITION_VALUE_CHECK_H

#include "definition/model.h"

/* Ceilings of texts, lists and nesting; a schema may say more of the first two (DESIGN 4). */
typedef struct value_limits {
    size_t string_bytes, array_items;
    unsigned depth; /* at most VALUE_DEPTH_MOST */
} value_limits_t;
enum { VALUE_DEPTH_MOST = 512 };
/* 64 KiB, 1,000 and 32. */
extern const value_limits_t VALUE_LIMITS;

/* Adds a detail for every fault of value under schema; pointer is where it stands. Codes param_*. */
void schema_check(const schema_t *schema, const json_t *value, const char *pointer, bool secret, err_t *err);
/* Checks one field's value (choices, message, schema). */
void field_check(const field_t *field, const json_t *value, const char *pointer, const value_limits_t *limits,
                 err_t *err);
/* Text as it comes in URLs, forms and headers into the field's type: "12" -> 12, "true" -> true; lists by the
 * collection format. New reference; where the text is no such value the text itself, so that field_check says
 * why. */
json_t *field_value_of_text(const field_t *field, str_t text);
/* Fills in the defaults of missing fields, and within objects that are there those of missing properties (FORMAT 4).
 * values is an object; changed in place. */
void fields_fill_defaults(const fields_t *fields, json_t *values);
/* Required fields that are missing, members that no field declares, and every value. values: an object of
 * name -> value; pointers are `/name…`. */
void fields_check(const fields_t *fields, const json_t *values, err_t *err);

#endif
