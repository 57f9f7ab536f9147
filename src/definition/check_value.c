/* SPDX-License-Identifier: MIT */
#include "definition/check_value.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "codec/json.h"
#include "definition/formats.h"
#include "definition/pattern.h"
#include "definition/value_check.h"

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

static void check_text(value_check_t *c, const value_spot_t *spot, const schema_t *schema,
                       const json_t *value)
{
    str_t text = json_view(value);
    if (!check_length(c, spot, schema, text)) {
        return;
    }
    if (schema->pattern && !pattern_matches(schema->pattern, text)) {
        value_fault_of_shape(c, spot, ERR_param_pattern, "%s does not match the pattern %.*s",
                             value_quote(spot, value).text, STR_ARG(schema->pattern_text));
    } else if (!format_fits(schema->format, text)) {
        value_fault_of_shape(c, spot, ERR_param_format, "%s is not %s",
                             value_quote(spot, value).text, format_expected(schema->format));
    }
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

/* --- objects --- */

static void check_member_count(value_check_t *c, const value_spot_t *spot, const schema_t *schema,
                               const json_t *value)
{
    int64_t count = (int64_t)json_object_size(value);
    if (schema->max_properties >= 0 && count > schema->max_properties) {
        value_fault(c, spot, ERR_param_limit, "must have at most %lld members, not %lld",
                    (long long)schema->max_properties, (long long)count);
    }
    if (count < schema->min_properties) {
        value_fault(c, spot, ERR_param_range, "must have at least %lld members, not %lld",
                    (long long)schema->min_properties, (long long)count);
    }
}

/* Answers how many of the declared members are there. */
static size_t check_declared(value_check_t *c, const value_spot_t *spot, const schema_t *schema,
                             const json_t *value)
{
    size_t there = 0;
    for (size_t i = 0; i < schema->property_count && !value_is_over(c); i++) {
        const schema_property_t *property = &schema->properties[i];
        const json_t *member = json_object_getn(value, property->name.p, property->name.n);
        value_spot_t at = value_member(spot, property->name, value_is_secret(property->schema));
        if (member) {
            there++;
            value_schema(c, &at, property->schema, member);
        } else if (property->required && !value_is_read_only(property->schema)) {
            value_fault(c, &at, ERR_param_missing, "%s is required",
                        value_quote_name(property->name).text);
        }
    }
    return there;
}

static void refuse_member(value_check_t *c, const value_spot_t *spot, const schema_t *schema,
                          str_t name)
{
    value_spot_t at = value_member(spot, name, false);
    str_t *names = mem_array(schema->property_count + 1, sizeof *names);
    for (size_t i = 0; i < schema->property_count; i++) {
        names[i] = schema->properties[i].name;
    }
    value_fault(c, &at, ERR_param_unknown, "%s is not a member of this object%s",
                value_quote_name(name).text,
                value_suggest(name, names, schema->property_count).text);
    free(names);
}

static void check_other_members(value_check_t *c, const value_spot_t *spot, const schema_t *schema,
                                const json_t *value)
{
    const char *name;
    size_t length;
    json_t *member;
    json_object_keylen_foreach((json_t *)(uintptr_t)value, name, length, member)
    {
        str_t key = str_at(name, length);
        if (value_is_over(c)) {
            return;
        }
        if (value_property(schema, key)) {
            continue;
        }
        if (schema->additional_properties_refused) {
            refuse_member(c, spot, schema, key);
        } else {
            value_spot_t at =
                value_member(spot, key, value_is_secret(schema->additional_properties));
            value_schema(c, &at, schema->additional_properties, member);
        }
    }
}

static void check_members(value_check_t *c, const value_spot_t *spot, const schema_t *schema,
                          const json_t *value)
{
    check_member_count(c, spot, schema, value);
    size_t there = check_declared(c, spot, schema, value);
    if (there < json_object_size(value) &&
        (schema->additional_properties_refused || schema->additional_properties)) {
        check_other_members(c, spot, schema, value);
    }
}

/* --- alternatives --- */

static bool fits(value_check_t *c, const value_spot_t *spot, const schema_t *schema,
                 const json_t *value)
{
    value_check_t trial = {.nesting = c->nesting, .alternatives = c->alternatives + 1};
    value_schema(&trial, spot, schema, value);
    c->alternatives = trial.alternatives;
    return !trial.failed;
}

static size_t count_fitting(value_check_t *c, const value_spot_t *spot, const schema_t *const *list,
                            size_t count, const json_t *value, size_t enough)
{
    size_t fitting = 0;
    for (size_t i = 0; i < count && fitting < enough; i++) {
        if (c->alternatives > ALTERNATIVES_MAX) {
            value_fault(c, spot, ERR_param_limit, "has too many alternatives to be tried");
            return enough;
        }
        fitting += fits(c, spot, list[i], value);
    }
    return fitting;
}

/* The alternative that the discriminator's value names (OpenAPI 3.0, Discriminator Object). */
static const schema_t *named_alternative(const schema_t *schema, const schema_t *const *list,
                                         size_t count, const json_t *value)
{
    str_t name =
        schema->discriminator.p
            ? json_view(json_object_getn(value, schema->discriminator.p, schema->discriminator.n))
            : STR_NONE;
    for (size_t i = 0; name.p && i < count; i++) {
        if (str_eq(list[i]->ref_name, name)) {
            return list[i];
        }
    }
    return NULL;
}

static void check_alternatives(value_check_t *c, const value_spot_t *spot, const schema_t *schema,
                               const schema_t *const *list, size_t count, bool only_one,
                               const json_t *value)
{
    const schema_t *named = count == 1 ? list[0] : named_alternative(schema, list, count, value);
    if (named) {
        value_schema(c, spot, named, value);
        return;
    }
    size_t fitting = count > 0 ? count_fitting(c, spot, list, count, value, only_one ? 2 : 1) : 1;
    if (fitting == 0) {
        value_fault(c, spot, ERR_param_value, "fits none of the %zu alternatives", count);
    } else if (fitting > 1) {
        value_fault(c, spot, ERR_param_value, "fits more than one of the %zu alternatives", count);
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
        check_members(c, spot, schema, value);
    }
}

static void check_combined(value_check_t *c, const value_spot_t *spot, const schema_t *schema,
                           const json_t *value)
{
    for (size_t i = 0; i < schema->all_of_count; i++) {
        value_schema(c, spot, schema->all_of[i], value);
    }
    check_alternatives(c, spot, schema, schema->any_of, schema->any_of_count, false, value);
    check_alternatives(c, spot, schema, schema->one_of, schema->one_of_count, true, value);
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
    c->nesting++;
    if (schema->ref) {
        value_schema(c, spot, schema->ref, value);
    }
    if (check_type(c, spot, schema, value) && check_listed(c, spot, schema, value)) {
        check_by_type(c, spot, schema, value);
        check_combined(c, spot, schema, value);
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

void schema_check(const schema_t *schema, const json_t *value, const char *pointer, bool secret,
                  err_t *err)
{
    value_check_t c = {.err = err};
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

void value_field(const field_t *field, const json_t *value, const value_spot_t *spot, err_t *err)
{
    value_check_t c = {.err = err, .field = field};
    value_spot_t here = *spot;
    here.secret = field->secret || value_is_secret(field->schema);
    check_root(&c, &here, field->schema, value);
    if (!c.failed && field->choice_count > 0 && json_is_string(value) &&
        !is_choice(field, json_view(value))) {
        value_fault_of_shape(&c, &here, ERR_param_value, "%s is not one of: %s",
                             value_quote(&here, value).text, value_list_choices(field).text);
    }
}

void field_check(const field_t *field, const json_t *value, const char *pointer, err_t *err)
{
    value_field(field, value, &(value_spot_t){.pointer = pointer}, err);
}
