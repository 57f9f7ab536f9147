/* SPDX-License-Identifier: MIT */
/* Fields (FORMAT 4): keys that go together, choices with the same columns, header names that are
 * free. */
#include "definition/build/refer.h"
#include "definition/check/check.h"

static bool is_scalar(const schema_t *schema)
{
    schema_type_t type = schema_type_of(schema);
    return type != SCHEMA_ARRAY && type != SCHEMA_OBJECT;
}

static bool is_list_of_scalars(const schema_t *schema)
{
    return schema_type_of(schema) == SCHEMA_ARRAY && is_scalar(schema_items_of(schema));
}

static void shape(loader_t *l, const yaml_node_t *node, const char *key, const char *why)
{
    loader_fault(l, ERR_field_shape, key_spot(node, key), "%s", why);
}

/* --- secrets and choices --- */

static void check_secret(loader_t *l, const field_t *field, const yaml_node_t *node)
{
    static const char *const excluded[] = {"default", "enum", "choices"};
    schema_type_t type = schema_type_of(field->schema);
    if (!field->secret) {
        return;
    }
    for (size_t i = 0; i < sizeof excluded / sizeof *excluded; i++) {
        if (yaml_get(node, excluded[i])) {
            shape(l, node, excluded[i], "a secret has no default, enum or choices");
        }
    }
    if (!yaml_get(node, "default") && schema_default_of(field->schema)) {
        shape(l, node, "$ref", "a secret has no default, and this schema has one");
    }
    if (type != SCHEMA_STRING && type != SCHEMA_ANY) {
        shape(l, node, "secret", "a secret is of type string");
    }
}

static bool has_same_columns(const choice_t *a, const choice_t *b)
{
    const char *key;
    json_t *value;
    json_t *columns = a->columns;
    if (json_object_size(a->columns) != json_object_size(b->columns)) {
        return false;
    }
    json_object_foreach(columns, key, value)
    {
        if (!json_object_get(b->columns, key)) {
            return false;
        }
    }
    return true;
}

static void check_choices(loader_t *l, const field_t *field, const yaml_node_t *node)
{
    const yaml_node_t *rows = node_map(yaml_get(node, "choices"));
    str_t type = member_text(node, "type");
    if (rows && type.p && !str_is(type, "string")) {
        shape(l, node, "type", "a field with choices is of type string");
    }
    for (size_t i = 1; i < field->choice_count && i < node_count(rows); i++) {
        if (!has_same_columns(&field->choices[0], &field->choices[i])) {
            loader_fault(l, ERR_choices_shape, node_spot(rows->pairs[i].key),
                         "all choices have the same columns: `%.*s` has others than `%.*s`",
                         STR_ARG(field->choices[i].value), STR_ARG(field->choices[0].value));
        }
    }
}

/* --- inputs --- */

/* RFC 9110 7.6.1 and what Tenon itself sets. */
static void check_header_name(loader_t *l, const field_t *field)
{
    static const char *const reserved[] = {"authorization",
                                           "x-api-key",
                                           "host",
                                           "cookie",
                                           "content-length",
                                           "connection",
                                           "proxy-authorization",
                                           "te",
                                           "transfer-encoding",
                                           "keep-alive",
                                           "upgrade",
                                           "proxy-authenticate",
                                           "trailer",
                                           "proxy-connection"};
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++) {
        if (str_eq_nocase(field->name, str_of(reserved[i]))) {
            loader_fault(l, ERR_reserved_header, (spot_t){field->line, field->column},
                         "`%.*s` belongs to Tenon; use another name and request.headers",
                         STR_ARG(field->name));
        }
    }
}

static const char *wrong_type(const field_t *field)
{
    bool scalar = is_scalar(field->schema);
    bool list = is_list_of_scalars(field->schema);
    switch (field->in) {
    case IN_PATH:
        return scalar ? NULL : "a path variable is a scalar";
    case IN_HEADER:
        return scalar ? NULL : "a header is a scalar";
    case IN_QUERY:
        return scalar || list ? NULL : "a query parameter is a scalar or a list of scalars";
    case IN_FORM:
        return scalar || list ? NULL : "a form field is a scalar or a list of scalars";
    case IN_JSON:
    case IN_BODY:
        break;
    }
    return NULL;
}

static void check_input(loader_t *l, const field_t *field, const yaml_node_t *node)
{
    const char *wrong = wrong_type(field);
    schema_type_t type = schema_type_of(field->schema);
    if (wrong) {
        shape(l, node, yaml_get(node, "type") ? "type" : "$ref", wrong);
    }
    if (yaml_get(node, "collectionFormat") && type != SCHEMA_ARRAY && type != SCHEMA_ANY) {
        shape(l, node, "collectionFormat", "`collectionFormat` is for lists");
    }
    if (yaml_get(node, "url_encoding") && field->in != IN_PATH) {
        shape(l, node, "url_encoding", "`url_encoding` is for path variables");
    }
    if (field->in == IN_HEADER) {
        check_header_name(l, field);
    }
}

static void check_field(loader_t *l, const field_t *field, const yaml_node_t *node,
                        const action_t *action)
{
    check_secret(l, field, node);
    check_choices(l, field, node);
    if (action) {
        check_input(l, field, node);
    } else if (!is_scalar(field->schema) && yaml_get(node, "$ref")) {
        shape(l, node, "$ref", "a parameter is a scalar");
    }
}

void check_fields(loader_t *l)
{
    loader_each_field(l, check_field);
}
