/* SPDX-License-Identifier: MIT */
/* Inputs of OpenAPI 3.x: parameters with a schema each, and one request body. */
#include "openapi/flavour.h"

/* --- lists --- */

/* How a list stands in a query or form (OpenAPI 3.0, Style Values); style NULL: it is no list
 * there. */
static const struct {
    const char *style;
    bool explode;
    const char *separated_by;
} LISTS[] = {
    [COLLECTION_CSV] = {"form", false, "commas"},
    [COLLECTION_MULTI] = {"form", true, "itself"},
    [COLLECTION_SSV] = {"spaceDelimited", false, "blanks"},
    [COLLECTION_PIPES] = {"pipeDelimited", false, "pipes"},
    [COLLECTION_TSV] = {NULL, false, "tabs"},
};

static bool is_list(const schema_t *schema)
{
    while (schema->type == SCHEMA_ANY && schema->ref) {
        schema = schema->ref;
    }
    return schema->type == SCHEMA_ARRAY;
}

static void add_style(json_t *to, const field_t *f)
{
    json_object_set_new(to, "style", json_string(LISTS[f->collection].style));
    json_object_set_new(to, "explode", json_boolean(LISTS[f->collection].explode));
}

/* A list that this version cannot take apart is the text that it is on the wire. */
static json_t *joined_schema(const field_t *f)
{
    return json_pack("{s:o,s:o,s:s}", "title", json_str(f->title), "description",
                     json_sprintf("%.*s%sSeparated by %s.", STR_ARG(f->description),
                                  f->description.n ? " " : "", LISTS[f->collection].separated_by),
                     "type", "string");
}

/* --- parameters --- */

/* What OpenAPI says elsewhere: by media types and security schemes (3.0, Parameter Object). */
static bool is_said_elsewhere(const field_t *f)
{
    return f->in == IN_HEADER &&
           (str_eq_nocase(f->name, STR("accept")) || str_eq_nocase(f->name, STR("content-type")));
}

json_t *v3_parameter(document_t *d, const field_t *f, str_t name)
{
    if (is_said_elsewhere(f)) {
        return NULL;
    }
    json_t *to = json_object();
    bool list = is_list(f->schema);
    bool joined = list && !LISTS[f->collection].style;
    json_object_set_new(to, "name", json_str(name));
    json_object_set_new(to, "in", json_string(field_in_name(f->in)));
    json_add_text(to, "description", f->description);
    json_add_flag(to, "required", f->required);
    json_add_flag(to, "deprecated", f->schema->deprecated);
    if (list && !joined) {
        add_style(to, f);
    }
    json_object_set_new(to, "schema", joined ? joined_schema(f) : field_schema_of_parameter(d, f));
    extensions_add(d, to, f->schema->extensions);
    return to;
}

/* --- bodies --- */

/* The same schema in each of the media types. */
static json_t *write_content(const action_t *a, json_t *schema)
{
    size_t i;
    json_t *type;
    json_t *content = json_object();
    json_t *types = body_media_types(a);
    json_array_foreach(types, i, type)
    {
        json_object_set_new(content, json_string_value(type),
                            json_pack("{s:o}", "schema", json_deep_copy(schema)));
    }
    json_decref(types);
    json_decref(schema);
    return content;
}

static void set_body(json_t *operation, json_t *content, bool required)
{
    json_t *body = json_object();
    json_add_flag(body, "required", required);
    json_object_set_new(body, "content", content);
    json_object_set_new(operation, "requestBody", body);
}

/* In a form of parts each item is a part, so that other lists are texts there; in the other kind
 * the encoding says how: the default, too, which some clients do not know. */
static void fit_list(const field_t *f, bool parts, json_t *properties, json_t *encoding)
{
    bool as_parts = parts && f->collection == COLLECTION_MULTI;
    if (!as_parts && (parts || !LISTS[f->collection].style)) {
        json_object_setn_new(properties, f->name.p, f->name.n, joined_schema(f));
    } else if (!as_parts) {
        json_t *style = json_object();
        add_style(style, f);
        json_object_setn_new(encoding, f->name.p, f->name.n, style);
    }
}

static void fit_lists(const action_t *a, json_t *schema, json_t *encoding)
{
    for (size_t i = 0; i < a->input.count; i++) {
        const field_t *f = &a->input.list[i];
        if (f->in == IN_FORM && is_list(f->schema)) {
            fit_list(f, a->in_parts, json_object_get(schema, "properties"), encoding);
        }
    }
}

static void add_form(document_t *d, const action_t *a, json_t *operation)
{
    json_t *schema = fields_schema(d, a, IN_FORM);
    json_t *encoding = json_object();
    bool required = json_object_get(schema, "required") != NULL;
    fit_lists(a, schema, encoding);
    json_t *content = write_content(a, schema);
    json_add_filled(json_object_iter_value(json_object_iter(content)), "encoding", encoding);
    set_body(operation, content, required);
}

void v3_add_body(document_t *d, const action_t *a, json_t *operation)
{
    if (a->body_field) {
        const field_t *f = a->body_field;
        set_body(operation, write_content(a, field_schema(d, f)), f->required);
    } else if (a->has_json) {
        json_t *schema = fields_schema(d, a, IN_JSON);
        bool required = json_object_get(schema, "required") != NULL;
        set_body(operation, write_content(a, schema), required);
    } else if (a->has_form) {
        add_form(d, a, operation);
    }
}
