/* SPDX-License-Identifier: MIT */
/* What schemas, parameters and headers say of a value. */
#include "openapi/powerplatform/rules/checking.h"

static bool fits(str_t type, const json_t *value)
{
    return str_is(type, "string")    ? json_is_string(value)
           : str_is(type, "boolean") ? json_is_boolean(value)
           : str_is(type, "integer") ? json_is_integer(value)
           : str_is(type, "number")  ? json_is_number(value)
           : str_is(type, "array")   ? json_is_array(value)
           : str_is(type, "object")  ? json_is_object(value)
                                     : true;
}

static bool is_format(str_t format)
{
    static const char *const known[] = {"int32",  "int64", "float",     "double",   "byte",
                                        "binary", "date",  "date-time", "password", "date-no-tz",
                                        "email",  "html",  "uri",       "uuid"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (str_is(format, known[i])) {
            return true;
        }
    }
    return false;
}

static void check_format(checking_t *c, const spot_t *at, const json_t *schema)
{
    str_t format = json_member(schema, "format");
    const spot_t spot = spot_at(at, "format");
    if (format.n && !is_format(format)) {
        advise(c, &spot, "UnrecognizedTypeFormat", "the format `%.*s` is not known there",
               STR_ARG(format));
    }
}

static void check_enum(checking_t *c, const spot_t *at, const json_t *schema)
{
    const json_t *list = json_object_get(schema, "enum");
    const spot_t spot = spot_at(at, "enum");
    size_t i;
    json_t *one;
    if (list && json_array_size(list) == 0) {
        refuse(c, &spot, "EnumMustContainAtLeastOneElement", "it lists no value");
    }
    json_array_foreach(list, i, one)
    {
        if (!fits(json_member(schema, "type"), one)) {
            refuse(c, &spot, "InvalidEnumValue", "a value is not of the type");
        }
    }
}

static bool is_listed(const json_t *list, const json_t *value)
{
    size_t i;
    json_t *one;
    json_array_foreach(list, i, one)
    {
        if (json_equal(one, value)) {
            return true;
        }
    }
    return false;
}

static void check_default(checking_t *c, const spot_t *at, const json_t *schema)
{
    const json_t *value = json_object_get(schema, "default");
    const json_t *list = json_object_get(schema, "enum");
    const spot_t spot = spot_at(at, "default");
    if (value && (!fits(json_member(schema, "type"), value) || (list && !is_listed(list, value)))) {
        refuse(c, &spot, "DefaultValueMustMatchType", "the default is no value of this field");
    }
}

static void check_range(checking_t *c, const spot_t *at, const json_t *schema)
{
    static const struct {
        const char *least, *most;
    } pairs[] = {{"minimum", "maximum"},
                 {"minLength", "maxLength"},
                 {"minItems", "maxItems"},
                 {"minProperties", "maxProperties"}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        const json_t *least = json_object_get(schema, pairs[i].least);
        const json_t *most = json_object_get(schema, pairs[i].most);
        const spot_t spot = spot_at(at, pairs[i].least);
        if (least && most && json_number_value(least) > json_number_value(most)) {
            refuse(c, &spot, "RangeNotValid", "%s is more than %s", pairs[i].least, pairs[i].most);
        }
    }
}

void check_value(checking_t *c, const spot_t *at, const json_t *schema)
{
    bool list = str_is(json_member(schema, "type"), "array");
    check_format(c, at, schema);
    check_enum(c, at, schema);
    check_default(c, at, schema);
    check_range(c, at, schema);
    if (list && !json_object_get(schema, "items")) {
        advise(c, at, "ArrayHasNoItems", "a list says what its items are: write `items`");
    }
}
