/* SPDX-License-Identifier: MIT */
#include "definition/value/check.h"

#include <math.h>

#include "codec/json.h"
#include "definition/value/check_internal.h"
#include "definition/value/formats.h"
#include "definition/value/pattern.h"

/* --- types --- */

static const char *const type_words[] = {
    [SCHEMA_ANY] = "any value",   [SCHEMA_STRING] = "text",       [SCHEMA_INTEGER] = "an integer",
    [SCHEMA_NUMBER] = "a number", [SCHEMA_BOOLEAN] = "a boolean", [SCHEMA_ARRAY] = "a list",
    [SCHEMA_OBJECT] = "an object"};

static schema_type_t type_of_value(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return SCHEMA_OBJECT;
    case JSON_ARRAY:
        return SCHEMA_ARRAY;
    case JSON_STRING:
        return SCHEMA_STRING;
    case JSON_INTEGER:
        return SCHEMA_INTEGER;
    case JSON_REAL:
        return SCHEMA_NUMBER;
    case JSON_TRUE:
    case JSON_FALSE:
        return SCHEMA_BOOLEAN;
    case JSON_NULL:
        break;
    }
    return SCHEMA_ANY;
}

/* What json_read keeps as a real because 64 bits do not hold it. */
static bool is_beyond_64_bits(const json_t *value)
{
    return json_is_real(value) && fabs(json_real_value(value)) >= 9223372036854775808.0;
}

static bool check_type(value_check_t *c, const value_spot_t *spot, const schema_t *schema,
                       const json_t *value)
{
    schema_type_t type = type_of_value(value);
    if (schema->type == SCHEMA_ANY || type == schema->type ||
        (schema->type == SCHEMA_NUMBER && type == SCHEMA_INTEGER)) {
        return true;
    }
    if (schema->type == SCHEMA_INTEGER && is_beyond_64_bits(value)) {
        value_fault(c, spot, ERR_param_range, "must be an integer of 64 bits");
    } else {
        const char *is = json_is_null(value)   ? "null"
                         : json_is_real(value) ? "a number with a decimal point or exponent"
                                               : type_words[type];
        value_fault(c, spot, ERR_param_type, "must be %s, not %s", type_words[schema->type], is);
    }
    return false;
}

/* --- texts --- */

static bool check_length(value_check_t *c, const value_spot_t *spot, const schema_t *schema,
                         str_t text)
{
    if (schema->min_length < 0 && schema->max_length < 0) {
        return true;
    }
    int64_t length = (int64_t)(schema->format == FORMAT_BINARY ? text.n : str_code_points(text));
    if (schema->max_length >= 0 && length > schema->max_length) {
        value_fault(c, spot, ERR_param_too_long, "must have at most %lld characters",
                    (long long)schema->max_length);
        return false;
    }
    if (length < schema->min_length) {
        value_fault(c, spot, ERR_param_range,
                    length == 0 && schema->min_length == 1 ? "must not be empty"
                                                           : "must have at least %lld characters",
                    (long long)schema->min_length);
        return false;
    }
    return true;
}

/* Of a text they say nothing. */
static bool is_of_numbers(schema_format_t format)
{
    return format == FORMAT_INT32 || format == FORMAT_INT64;
}

static void check_text(value_check_t *c, const value_spot_t *spot, const schema_t *schema,
                       const json_t *value)
{
    str_t text = json_view(value);
    if (!check_length(c, spot, schema, text)) {
        return;
    }
    unsigned cost = 0;
    if (schema->pattern && !pattern_matches(schema->pattern, text, &cost)) {
        value_fault_of_shape(c, spot, ERR_param_pattern, "%s does not match the pattern %.*s",
                             value_quote(spot, value).text, STR_ARG(schema->pattern_text));
    } else if (!is_of_numbers(schema->format) && !format_fits(schema->format, text)) {
        value_fault_of_shape(c, spot, ERR_param_format, "%s is not %s",
                             value_quote(spot, value).text, format_expected(schema->format));
    }
    value_spend(c, spot, cost);
}

/* --- lists --- */

static void check_items(value_check_t *c, const value_spot_t *spot, const schema_t *schema,
                        const json_t *value)
{
    int64_t count = (int64_t)json_array_size(value);
    if (schema->max_items >= 0 && count > schema->max_items) {
        value_fault(c, spot, ERR_param_limit, "must have at most %lld items, not %lld",
                    (long long)schema->max_items, (long long)count);
        return;
    }
    if (count < schema->min_items) {
        value_fault(c, spot, ERR_param_range, "must have at least %lld items, not %lld",
                    (long long)schema->min_items, (long long)count);
    }
    if (schema->unique_items) {
        value_unique(c, spot, value);
    }
    for (int64_t i = 0; schema->items && i < count && !value_is_over(c); i++) {
        value_spot_t item = value_item(spot, (size_t)i);
        value_schema(c, &item, schema->items, json_array_get(value, (size_t)i));
    }
}

/* --- the whole --- */

static bool is_among(const json_t *array, const json_t *value)
{
    for (size_t i = 0; i < json_array_size(array); i++) {
        if (json_equal(json_array_get(array, i), value)) {
            return true;
        }
    }
    return false;
}

static bool check_listed(value_check_t *c, const value_spot_t *spot, const schema_t *schema,
                         const json_t *value)
{
    if (schema->constant && !json_equal(schema->constant, value)) {
        value_fault(c, spot, ERR_param_value, "must be %s",
                    spot->secret ? "another one" : value_list_one(schema->constant).text);
        return false;
    }
    if (schema->enumeration && !value_spend(c, spot, json_array_size(schema->enumeration) / 4)) {
        return false;
    }
    if (schema->enumeration && !is_among(schema->enumeration, value)) {
        value_fault(c, spot, ERR_param_value, "%s is not one of: %s", value_quote(spot, value).text,
                    value_list(schema->enumeration).text);
        return false;
    }
    return true;
}

static void check_by_type(value_check_t *c, const value_spot_t *spot, const schema_t *schema,
                          const json_t *value)
{
    if (json_is_string(value)) {
        check_text(c, spot, schema, value);
    } else if (json_is_number(value)) {
        value_number(c, spot, schema, value);
    } else if (json_is_array(value)) {
        check_items(c, spot, schema, value);
    } else if (json_is_object(value)) {
        value_members(c, spot, schema, value);
    }
}

void value_schema(value_check_t *c, const value_spot_t *spot, const schema_t *schema,
                  const json_t *value)
{
    if (value_is_over(c) || (schema->nullable && json_is_null(value))) {
        return;
    }
    if (c->nesting >= SCHEMA_NESTING_MAX) {
        value_fault(c, spot, ERR_param_limit, "its schema is nested too deeply");
        return;
    }
    if (!value_spend(c, spot, 1)) {
        return;
    }
    c->nesting++;
    if (schema->ref) {
        value_schema(c, spot, schema->ref, value);
    }
    if (check_type(c, spot, schema, value) && check_listed(c, spot, schema, value)) {
        check_by_type(c, spot, schema, value);
        value_combined(c, spot, schema, value);
    }
    c->nesting--;
}

/* A value beyond the ceilings is looked at no further. */
static void check_root(value_check_t *c, const value_spot_t *spot, const schema_t *schema,
                       const json_t *value)
{
    value_ceilings(c, spot, schema, value);
    if (!c->failed) {
        value_schema(c, spot, schema, value);
    }
}

const value_limits_t VALUE_LIMITS = {.string_bytes = 64 * 1024, .array_items = 1000, .depth = 32};

void schema_check(const schema_t *schema, const json_t *value, const char *pointer, bool secret,
                  err_t *err)
{
    value_check_t c = {.err = err, .limits = &VALUE_LIMITS};
    value_spot_t spot = {.pointer = pointer, .secret = secret || value_is_secret(schema)};
    check_root(&c, &spot, schema, value);
}

static bool is_choice(const field_t *field, str_t value)
{
    for (size_t i = 0; i < field->choice_count; i++) {
        if (str_eq(field->choices[i].value, value)) {
            return true;
        }
    }
    return false;
}

void value_field(const field_t *field, const json_t *value, const value_spot_t *spot,
                 const value_limits_t *limits, err_t *err)
{
    value_check_t c = {.err = err, .field = field, .limits = limits};
    value_spot_t here = *spot;
    here.secret = field->secret || value_is_secret(field->schema);
    check_root(&c, &here, field->schema, value);
    if (!c.failed && field->choice_count > 0 && json_is_string(value) &&
        !is_choice(field, json_view(value))) {
        value_fault_of_shape(&c, &here, ERR_param_value, "%s is not one of: %s",
                             value_quote(&here, value).text, value_list_choices(field).text);
    }
}

void field_check(const field_t *field, const json_t *value, const char *pointer,
                 const value_limits_t *limits, err_t *err)
{
    value_field(field, value, &(value_spot_t){.pointer = pointer}, limits, err);
}
