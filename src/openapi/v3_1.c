/* SPDX-License-Identifier: MIT */
/* OpenAPI 3.1.0: its schemas are those of JSON Schema 2020-12. */
#include "openapi/flavour.h"

static void add_bound(json_t *to, const char *inclusive, const char *exclusive, bool excludes,
                      double value)
{
    json_object_set_new(to, excludes ? exclusive : inclusive, json_of_number(value));
}

static void add_bounds(json_t *to, const schema_t *schema)
{
    if (schema->has_minimum) {
        add_bound(to, "minimum", "exclusiveMinimum", schema->exclusive_minimum, schema->minimum);
    }
    if (schema->has_maximum) {
        add_bound(to, "maximum", "exclusiveMaximum", schema->exclusive_maximum, schema->maximum);
    }
}

/* Where there is no type, null is allowed already, and beside a reference it is an alternative. */
static void add_null(json_t *to, const schema_t *schema)
{
    json_t *type = json_object_get(to, "type");
    if (schema->nullable && type) {
        json_object_set_new(to, "type", json_pack("[O,s]", type, "null"));
    }
    if (schema->nullable) {
        v3_admit_null(to);
    }
}

static void add_const(json_t *to, const schema_t *schema)
{
    if (schema->constant && schema->nullable) {
        draft4_add_const(to, schema);
    } else {
        json_add_copy(to, "const", schema->constant);
    }
}

/* `format` alone says nothing of how bytes stand in a text. */
static void add_encoding(json_t *to, const schema_t *schema)
{
    if (schema->format == FORMAT_BYTE) {
        json_object_set_new(to, "contentEncoding", json_string("base64"));
    } else if (schema->format == FORMAT_BINARY) {
        json_object_set_new(to, "contentMediaType", json_string("application/octet-stream"));
    }
}

static void finish_schema(document_t *d, json_t *to, const schema_t *schema)
{
    add_encoding(to, schema);
    add_const(to, schema);
    add_bounds(to, schema);
    v3_finish_schema(d, to, schema);
    add_null(to, schema);
    if (schema->example) {
        json_object_set_new(to, "examples", json_pack("[o]", json_deep_copy(schema->example)));
    }
}

static json_t *refer(const schema_t *schema, json_t *reference, json_t *beside)
{
    if (schema->nullable) {
        json_object_set_new(beside, "anyOf", json_pack("[o,{s:s}]", reference, "type", "null"));
        return beside;
    }
    json_object_update(reference, beside);
    json_decref(beside);
    return reference;
}

const openapi_flavour_t OPENAPI_3_1 = {
    .name = "3.1",
    .version = "3.1.0",
    .schemas = "#/components/schemas/",
    .parameters = "#/components/parameters/",
    .finish_schema = finish_schema,
    .refer = refer,
    .is_required = v3_is_required,
    .parameter = v3_parameter,
    .add_body = v3_add_body,
    .add_answers = v3_add_answers,
    .add_notification = v3_add_notification,
    .frame = v3_frame,
};
