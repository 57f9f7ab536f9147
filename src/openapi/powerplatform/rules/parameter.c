/* SPDX-License-Identifier: MIT */
/* Parameters of an operation. */
#include "openapi/powerplatform/rules/checking.h"

static bool is_printable(str_t name)
{
    for (size_t i = 0; i < name.n; i++) {
        if ((unsigned char)name.p[i] < ' ' || (unsigned char)name.p[i] > 126) {
            return false;
        }
    }
    return name.n > 0;
}

static bool has_type(const json_t *parameter)
{
    static const char *const types[] = {"string", "number", "integer", "boolean", "array", "file"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (str_is(json_member(parameter, "type"), types[i])) {
            return true;
        }
    }
    return false;
}

static void check_name(checking_t *c, const spot_t *at, str_t name)
{
    if (str_is(name, "connectionId")) {
        refuse(c, at, "ConnectionIdParameterNotAllowed",
               "`connectionId` is the platform's own: rename the input, its place in `request`");
    } else if (str_is(name, "token")) {
        advise(c, at, "ReservedParameterIsUsed", "`token` is the platform's own: rename the input");
    }
}

static bool is_hidden(const json_t *value)
{
    return str_is(json_member(value, "x-ms-visibility"), "internal");
}

static void check_place(checking_t *c, const spot_t *at, const json_t *p, str_t in)
{
    str_t encoding = json_member(p, "x-ms-url-encoding");
    if (str_is(in, "path")) {
        if (!json_is_true(json_object_get(p, "required"))) {
            refuse(c, at, "PathParameterMustBeRequired", "a variable of the path is required");
        }
        if (!str_is(encoding, "single") && !str_is(encoding, "double")) {
            advise(c, at, "PathParameterMissingEncoding", "x-ms-url-encoding is `single`");
        }
    } else if (encoding.n) {
        advise(c, at, "QueryParameterEncodingNotSupported",
               "x-ms-url-encoding belongs to variables of the path");
    }
    if (str_is(json_member(p, "type"), "file") && !str_is(in, "formData")) {
        refuse(c, at, "FileParameterMustBeInFormData", "a file is a field of a form");
    }
    if (str_is(in, "formData") && !is_printable(json_member(p, "name"))) {
        refuse(c, at, "InvalidFormDataParameterName", "a form's field is named in ASCII");
    }
}

/* Lists of other kinds are in none of the published connectors. */
static void check_list(checking_t *c, const spot_t *at, const json_t *p)
{
    str_t format = json_member(p, "collectionFormat");
    const spot_t spot = spot_at(at, "collectionFormat");
    if (format.n && !str_is(format, "csv")) {
        advise(c, &spot, "CollectionFormatValueNotSupported",
               "a list is taken with commas: make it `csv`, and write the service's way in "
               "`request`");
    }
}

static void check_value_of(checking_t *c, const spot_t *at, const json_t *p, str_t in)
{
    if (!has_type(p)) {
        refuse(c, at, "NonBodyParameterSchemaNotValid", "it has no type that may stand there");
    }
    check_value(c, at, p);
    check_list(c, at, p);
    check_place(c, at, p, in);
    if (is_hidden(p) && json_object_get(p, "default") &&
        !json_is_true(json_object_get(p, "required"))) {
        advise(c, at, "InternalPropertyWithDefaultOptional",
               "what is hidden is sent only if it is `required: true`");
    }
}

static void check_body(checking_t *c, const spot_t *at, const json_t *p)
{
    const spot_t schema = spot_at(at, "schema");
    const char *key;
    json_t *value;
    if (!json_is_object(json_object_get(p, "schema"))) {
        refuse(c, at, "BodyParameterSchemaRequired", "a body has a schema");
        return;
    }
    json_object_foreach((json_t *)(uintptr_t)p, key, value)
    {
        if (strncmp(key, "x-ms-dynamic", 12) == 0) {
            advise(c, at, "DynamicExtensionDefinitionNotAllowedInParameter",
                   "%s stands in the schema of a body", key);
        }
    }
    check_schema(c, &schema, json_object_get(p, "schema"), SCHEMA_OF_BODY);
}

static bool is_twice(const checking_t *c, const json_t *list, size_t before, const json_t *p)
{
    for (size_t i = 0; i < before; i++) {
        const json_t *other = resolve(c, json_array_get(list, i));
        if (json_equal(json_object_get(other, "name"), json_object_get(p, "name")) &&
            json_equal(json_object_get(other, "in"), json_object_get(p, "in"))) {
            return true;
        }
    }
    return false;
}

static void check_one(checking_t *c, const spot_t *at, const json_t *p, parameter_counts_t *counts)
{
    str_t in = json_member(p, "in");
    check_name(c, at, json_member(p, "name"));
    counts->forms += str_is(in, "formData");
    counts->files += str_is(json_member(p, "type"), "file");
    if (str_is(in, "body")) {
        counts->bodies++;
        check_body(c, at, p);
    } else {
        check_value_of(c, at, p, in);
    }
}

parameter_counts_t check_parameters(checking_t *c, const spot_t *operation, const json_t *list)
{
    const spot_t all = spot_at(operation, "parameters");
    parameter_counts_t counts = {0};
    size_t i;
    json_t *reference;
    json_array_foreach(list, i, reference)
    {
        const spot_t at = spot_in(&all, i);
        const json_t *p = resolve(c, reference);
        if (!p) {
            refuse(c, &at, "ParameterReferenceNotFound", "it leads nowhere");
            continue;
        }
        if (is_twice(c, list, i, p)) {
            refuse(c, &at, "DuplicateParameter", "it stands twice");
        }
        check_one(c, &at, p, &counts);
    }
    return counts;
}
