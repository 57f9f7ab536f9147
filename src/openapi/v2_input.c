/* SPDX-License-Identifier: MIT */
/* Inputs of OpenAPI 2.0: each place, and a form's fields, are parameters that say their type
 * themselves; JSON is one parameter with a schema. */
#include "openapi/flavour.h"

/* --- parameters --- */

/* What a parameter, and an item of one that is a list, may say of its value. */
static const char *const VALUE_KEYS[] = {
    "type",      "format",           "enum",     "default",          "multipleOf",
    "minimum",   "exclusiveMinimum", "maximum",  "exclusiveMaximum", "minLength",
    "maxLength", "pattern",          "minItems", "maxItems",         "uniqueItems",
};

static void copy_value_keys(json_t *to, const json_t *schema)
{
    for (size_t i = 0; i < sizeof VALUE_KEYS / sizeof *VALUE_KEYS; i++) {
        json_t *value = json_object_get(schema, VALUE_KEYS[i]);
        if (value) {
            json_object_set(to, VALUE_KEYS[i], value);
        }
    }
    if (!json_object_get(to, "type")) {
        json_object_set_new(to, "type", json_string("string"));
    }
}

static void copy_extensions(json_t *to, const json_t *schema)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)schema, key, value)
    {
        if (strncmp(key, "x-", 2) == 0) {
            json_object_set(to, key, value);
        }
    }
}

static const schema_t *items_of(const schema_t *schema)
{
    while (!schema->items && schema->ref) {
        schema = schema->ref;
    }
    return schema->items;
}

static void add_items(document_t *d, const field_t *f, json_t *to)
{
    const schema_t *items = items_of(f->schema);
    json_t *written = items ? schema_write_whole(d, items) : json_object();
    json_t *lowered = json_object();
    copy_value_keys(lowered, written);
    json_decref(written);
    json_object_set_new(to, "items", lowered);
    if (f->collection != COLLECTION_CSV) { /* the default */
        json_object_set_new(to, "collectionFormat",
                            json_string(collection_format_name(f->collection)));
    }
}

static void add_value(document_t *d, const field_t *f, json_t *to)
{
    json_t *schema = field_schema_whole(d, f);
    json_add_text(to, "x-ms-summary", json_member(schema, "title"));
    json_add_text(to, "description", json_member(schema, "description"));
    json_add_flag(to, "required", d->flavour->is_required(d, f->schema, f->required));
    copy_value_keys(to, schema);
    if (str_is(json_member(to, "type"), "array")) {
        add_items(d, f, to);
    }
    if (json_object_get(schema, "example")) {
        json_object_set(to, "x-example", json_object_get(schema, "example"));
    }
    copy_extensions(to, schema);
    json_decref(schema);
}

json_t *v2_parameter(document_t *d, const field_t *f, str_t name)
{
    json_t *to = json_object();
    json_object_set_new(to, "name", json_str(name));
    json_object_set_new(to, "in", json_string(field_in_name(f->in)));
    add_value(d, f, to);
    if (f->in == IN_PATH) { /* by the caller; how the service wants it is Tenon's */
        json_object_set_new(to, "x-ms-url-encoding", json_string("single"));
    }
    return to;
}

/* --- bodies --- */

static json_t *form_parameter(document_t *d, const field_t *f)
{
    json_t *to = json_object();
    json_object_set_new(to, "name", json_str(f->name));
    json_object_set_new(to, "in", json_string("formData"));
    add_value(d, f, to);
    if (str_is(json_member(to, "format"), "binary")) {
        json_object_set_new(to, "type", json_string("file"));
        json_object_del(to, "format");
    }
    return to;
}

static void add_form(document_t *d, const action_t *a, json_t *parameters)
{
    for (size_t i = 0; i < a->input.count; i++) {
        if (a->input.list[i].in == IN_FORM) {
            json_array_append_new(parameters, form_parameter(d, &a->input.list[i]));
        }
    }
}

static void add_body_parameter(json_t *parameters, str_t name, bool required, json_t *schema)
{
    json_t *to = json_object();
    json_object_set_new(to, "name", json_str(name));
    json_object_set_new(to, "in", json_string("body"));
    json_add_flag(to, "required", required);
    json_object_set_new(to, "schema", schema);
    json_array_append_new(parameters, to);
}

static void add_whole(document_t *d, const action_t *a, json_t *parameters)
{
    const field_t *f = a->body_field;
    bool required =
        v2_is_required(d, f->schema, f->required) || schema_takes_notification(d, f->schema);
    add_body_parameter(parameters, f->name, required, field_schema(d, f));
}

static void add_members(document_t *d, const action_t *a, json_t *parameters)
{
    json_t *schema = fields_schema(d, a, IN_JSON);
    const field_t *address = notification_field(d, a);
    v2_drop_binary_members(schema);
    if (address) {
        v2_require(schema, address->name);
    }
    add_body_parameter(parameters, STR("body"), json_object_get(schema, "required") != NULL,
                       schema);
}

static void add_consumes(const action_t *a, json_t *operation)
{
    json_t *usual = json_pack("[s]", "application/json");
    json_t *types = body_media_types(a);
    if (!json_equal(types, usual)) {
        json_object_set(operation, "consumes", types);
    }
    json_decref(types);
    json_decref(usual);
}

void v2_add_body(document_t *d, const action_t *a, json_t *operation)
{
    json_t *parameters = json_object_get(operation, "parameters");
    if (a->body_field) {
        add_whole(d, a, parameters);
    } else if (a->has_json) {
        add_members(d, a, parameters);
    } else if (a->has_form) {
        add_form(d, a, parameters);
    }
    add_consumes(a, operation);
}
