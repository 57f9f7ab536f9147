/* SPDX-License-Identifier: MIT */
/* Schemas of OpenAPI 2.0, as Power Platform takes them (facts of its validator): no null, no
 * alternatives, no formats that it does not know, and what the designer hides is required, or it
 * would not be sent. */
#include "openapi/flavour.h"

/* --- formats --- */

static bool is_known_format(str_t format)
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

/* --- alternatives --- */

static void add_union(json_t *list, const json_t *more)
{
    size_t i, k;
    json_t *value, *present;
    json_array_foreach(more, i, value)
    {
        bool known = false;
        json_array_foreach(list, k, present)
        {
            known = known || json_equal(present, value);
        }
        if (!known) {
            json_array_append(list, value);
        }
    }
}

static void merge_enums(json_t *to, const json_t *alternatives)
{
    size_t i;
    json_t *one;
    json_t *values = json_array();
    json_array_foreach(alternatives, i, one)
    {
        if (!json_object_get(one, "enum")) { /* it takes any value */
            json_decref(values);
            return;
        }
        add_union(values, json_object_get(one, "enum"));
    }
    json_add_filled(to, "enum", values);
}

static void merge_properties(json_t *to, const json_t *alternatives)
{
    size_t i;
    json_t *one;
    json_t *properties = json_object_get(to, "properties");
    json_t *all = properties ? json_incref(properties) : json_object();
    json_array_foreach(alternatives, i, one)
    {
        json_object_update_missing(all, json_object_get(one, "properties"));
    }
    json_add_filled(to, "properties", all);
}

static str_t type_of(const json_t *schema)
{
    return json_object_get(schema, "properties") ? STR("object") : json_member(schema, "type");
}

/* The type that all have; absent: they differ. */
static str_t common_type(const json_t *alternatives)
{
    size_t i;
    json_t *one;
    str_t type = type_of(json_array_get(alternatives, 0));
    json_array_foreach(alternatives, i, one)
    {
        if (!str_eq(type_of(one), type)) {
            return STR_NONE;
        }
    }
    return type;
}

/* One schema that takes what any of the alternatives takes, as far as that can be said: a designer
 * shows the members of all. */
static void lower_alternatives(document_t *d, json_t *to, const schema_t *const *list, size_t count)
{
    if (count == 0) {
        return;
    }
    json_t *alternatives = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(alternatives, schema_write_whole(d, list[i]));
    }
    str_t type = common_type(alternatives);
    if (type.n && !json_object_get(to, "type")) {
        json_object_set_new(to, "type", json_str(type));
    }
    if (str_is(type, "object")) {
        merge_properties(to, alternatives);
    } else if (type.n && !json_object_get(to, "enum")) {
        merge_enums(to, alternatives);
    }
    json_decref(alternatives);
}

/* --- the whole --- */

static bool is_hidden(const schema_t *schema)
{
    return str_is(json_view(schema_extension(schema, "x-ms-visibility")), "internal");
}

static bool has_value(const schema_t *schema)
{
    for (; schema; schema = schema->ref) {
        if (schema->fallback || schema->constant) {
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
bool v2_is_required(const schema_t *schema, bool declared)
{
    return !is_read_only(schema) && (declared || (is_hidden(schema) && has_value(schema)));
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
    if (!is_known_format(json_member(to, "format"))) {
        json_object_del(to, "format");
    }
    v2_drop_binary_members(to);
    add_const(to, schema);
    drop_nulls(to);
    draft4_add_bounds(to, schema);
    lower_alternatives(d, to, schema->any_of, schema->any_of_count);
    lower_alternatives(d, to, schema->one_of, schema->one_of_count);
    add_discriminator(to, schema);
    require_way(d, to, schema);
    json_add_flag(to, "readOnly", schema->read_only);
    json_add_flag(to, "x-nullable", schema->nullable);
    json_add_copy(to, "example", schema->example);
}
