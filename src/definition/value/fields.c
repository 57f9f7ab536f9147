/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "base/mem.h"
#include "definition/value/check_internal.h"

/* --- what a schema and the one it refers to say together --- */

schema_type_t value_type_of(const schema_t *schema)
{
    for (unsigned i = 0; schema->type == SCHEMA_ANY && schema->ref && i < SCHEMA_NESTING_MAX; i++) {
        schema = schema->ref;
    }
    return schema->type;
}

bool value_is_secret(const schema_t *schema)
{
    for (unsigned i = 0; schema && i < SCHEMA_NESTING_MAX; i++, schema = schema->ref) {
        if (schema->secret) {
            return true;
        }
    }
    return false;
}

bool value_is_read_only(const schema_t *schema)
{
    for (unsigned i = 0; schema && i < SCHEMA_NESTING_MAX; i++, schema = schema->ref) {
        if (schema->read_only) {
            return true;
        }
    }
    return false;
}

const schema_t *value_property(const schema_t *schema, str_t name)
{
    for (size_t i = 0; i < schema->property_count; i++) {
        if (str_eq(schema->properties[i].name, name)) {
            return schema->properties[i].schema;
        }
    }
    return NULL;
}

/* --- all fields of an action or connection --- */

static void refuse_field(value_check_t *c, const value_spot_t *spot, const fields_t *fields)
{
    str_t *names = mem_array(fields->count + 1, sizeof *names);
    for (size_t i = 0; i < fields->count; i++) {
        names[i] = fields->list[i].name;
    }
    value_fault(c, spot, ERR_param_unknown, "%s is not declared%s",
                value_quote_name(spot->name).text,
                value_suggest(spot->name, names, fields->count).text);
    free(names);
}

static void refuse_undeclared(value_check_t *c, const value_spot_t *root, const fields_t *fields,
                              const json_t *values)
{
    const char *name;
    size_t length;
    json_t *value;
    json_object_keylen_foreach((json_t *)(uintptr_t)values, name, length, value)
    {
        value_spot_t spot = value_member(root, str_at(name, length), false);
        if (!fields_find(fields, spot.name)) {
            refuse_field(c, &spot, fields);
        }
        if (value_is_over(c)) {
            return;
        }
    }
}

void fields_check(const fields_t *fields, const json_t *values, err_t *err)
{
    value_check_t c = {.err = err};
    value_spot_t root = {.pointer = ""};
    size_t there = 0;
    for (size_t i = 0; i < fields->count && !value_is_over(&c); i++) {
        const field_t *field = &fields->list[i];
        const json_t *value = json_object_getn(values, field->name.p, field->name.n);
        value_spot_t spot = value_member(&root, field->name, false);
        if (value) {
            there++;
            value_field(field, value, &spot, &VALUE_LIMITS, err);
        } else if (field->required) {
            value_fault(&c, &spot, ERR_param_missing, "%s is required",
                        value_quote_name(field->name).text);
        }
    }
    if (there < json_object_size(values)) {
        refuse_undeclared(&c, &root, fields, values);
    }
}
