/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "base/mem.h"
#include "definition/value/check_internal.h"

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
        if (value_is_over(c) || !value_spend(c, spot, schema->property_count / PROPERTIES_A_LOOK)) {
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

void value_members(value_check_t *c, const value_spot_t *spot, const schema_t *schema,
                   const json_t *value)
{
    check_member_count(c, spot, schema, value);
    size_t there = check_declared(c, spot, schema, value);
    if (there < json_object_size(value) &&
        (schema->additional_properties_refused || schema->additional_properties)) {
        check_other_members(c, spot, schema, value);
    }
}
