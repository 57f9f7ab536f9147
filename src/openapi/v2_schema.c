/* SPDX-License-Identifier: MIT */
/* Schemas of OpenAPI 2.0, as Power Platform takes them (facts of its validator): no null, no
 * alternatives, no formats that it does not know, and what the designer hides is required, or it
 * would not be sent. */
#include "openapi/flavour.h"

/* --- formats --- */

bool v2_knows_format(str_t format)
{
    static const char *const known[] = {"int32",      "int64", "float", "double",    "byte",
                                        "binary",     "date",  "uri",   "date-time", "password",
                                        "date-no-tz", "email", "html",  "uuid"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (str_is(format, known[i])) {
            return true;
        }
    }
    return false;
}

static void drop_binary(json_t *schema)
{
    if (str_is(json_member(schema, "format"), "binary")) {
        json_object_del(schema, "format");
    }
}

/* Bytes may be a whole body or a part of a form, nothing within JSON. */
void v2_drop_binary_members(json_t *to)
{
    const char *name;
    json_t *member;
    drop_binary(json_object_get(to, "items"));
    drop_binary(json_object_get(to, "additionalProperties"));
    json_object_foreach(json_object_get(to, "properties"), name, member)
    {
        drop_binary(member);
    }
}

/* --- the whole --- */

static bool is_hidden(const schema_t *schema)
{
    return str_is(json_view(schema_extension(schema, "x-ms-visibility")), "internal");
}

/* That is sent where nobody gives another one. */
static bool has_value(const document_t *d, const schema_t *schema)
{
    for (; schema; schema = schema->ref) {
        bool filled = schema->fallback && !d->connector->required_defaults_only;
        if (filled || schema->constant) {
            return true;
        }
    }
    return false;
}

static bool is_read_only(const schema_t *schema)
{
    while (schema && !schema->read_only) {
        schema = schema->ref;
    }
    return schema != NULL;
}

/* A designer sends what it hides only if it is required. What is read-only is never asked for. */
bool v2_is_required(const document_t *d, const schema_t *schema, bool declared)
{
    return !is_read_only(schema) && (declared || (is_hidden(schema) && has_value(d, schema)));
}

void v2_require(json_t *schema, str_t name)
{
    size_t i;
    json_t *one;
    json_t *required = json_object_get(schema, "required");
    json_array_foreach(required, i, one)
    {
        if (str_eq(json_view(one), name)) {
            return;
        }
    }
    if (!required) {
        required = json_array();
        json_object_set_new(schema, "required", required);
    }
    json_array_append_new(required, json_str(name));
}

/* The address for notifications is filled in only where it, and all that holds it, is required. */
static void require_way(const document_t *d, json_t *to, const schema_t *schema)
{
    const schema_property_t *property = notification_property(d, schema);
    if (property) {
        v2_require(to, property->name);
    }
}

/* It has to be a required text. */
static void add_discriminator(json_t *to, const schema_t *schema)
{
    for (size_t i = 0; schema->discriminator.n && i < schema->property_count; i++) {
        const schema_property_t *p = &schema->properties[i];
        if (str_eq(p->name, schema->discriminator) && p->required &&
            p->schema->type == SCHEMA_STRING) {
            json_add_text(to, "discriminator", schema->discriminator);
        }
    }
}

static void add_const(json_t *to, const schema_t *schema)
{
    draft4_add_const(to, schema);
    if (!schema->fallback) { /* so that the designer sends it */
        json_add_copy(to, "default", schema->constant);
    }
}

/* There is no null here, but for what is said by x-nullable. */
static void drop_nulls(json_t *to)
{
    json_t *values = json_object_get(to, "enum");
    for (size_t i = json_array_size(values); i-- > 0;) {
        if (json_is_null(json_array_get(values, i))) {
            json_array_remove(values, i);
        }
    }
    if (values && json_array_size(values) == 0) {
        json_object_del(to, "enum");
    }
    if (json_is_null(json_object_get(to, "default"))) {
        json_object_del(to, "default");
    }
}

void v2_finish_schema(document_t *d, json_t *to, const schema_t *schema)
{
    if (!v2_knows_format(json_member(to, "format"))) {
        json_object_del(to, "format");
    }
    v2_drop_binary_members(to);
    add_const(to, schema);
    drop_nulls(to);
    draft4_add_bounds(to, schema);
    v2_lower_alternatives(d, to, schema->any_of, schema->any_of_count);
    v2_lower_alternatives(d, to, schema->one_of, schema->one_of_count);
    add_discriminator(to, schema);
    require_way(d, to, schema);
    json_add_flag(to, "readOnly", schema->read_only);
    json_add_flag(to, "x-nullable", schema->nullable);
    json_add_copy(to, "example", schema->example);
}
