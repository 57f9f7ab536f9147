/* SPDX-License-Identifier: MIT */
#include "api/field_view.h"

#include "codec/json.h"

void view_add_text(json_t *to, const char *name, str_t text)
{
    if (text.n) {
        json_object_set_new(to, name, json_str(text));
    }
}

void view_add_flag(json_t *to, const char *name, bool set)
{
    if (set) {
        json_object_set_new(to, name, json_true());
    }
}

static const char *const TYPES[] = {
    [SCHEMA_ANY] = NULL,        [SCHEMA_STRING] = "string",   [SCHEMA_INTEGER] = "integer",
    [SCHEMA_NUMBER] = "number", [SCHEMA_BOOLEAN] = "boolean", [SCHEMA_ARRAY] = "array",
    [SCHEMA_OBJECT] = "object",
};
static const char *const PLACES[] = {
    [IN_PATH] = "path", [IN_QUERY] = "query", [IN_HEADER] = "header",
    [IN_FORM] = "form", [IN_JSON] = "json",   [IN_BODY] = "body",
};
static const char *const COLLECTIONS[] = {
    [COLLECTION_CSV] = "csv",     [COLLECTION_MULTI] = "multi", [COLLECTION_SSV] = "ssv",
    [COLLECTION_PIPES] = "pipes", [COLLECTION_TSV] = "tsv",
};

static json_t *show_choices(const field_t *f)
{
    json_t *shown = json_array();
    for (size_t i = 0; i < f->choice_count; i++) {
        json_t *choice = json_object();
        json_object_set_new(choice, "value", json_str(f->choices[i].value));
        json_object_set_new(choice, "title", json_str(f->choices[i].title));
        json_array_append_new(shown, choice);
    }
    return shown;
}

/* A schema's own keys, then those of the one it refers to. */
static const schema_t *with_type(const schema_t *schema)
{
    while (schema && schema->type == SCHEMA_ANY && schema->ref) {
        schema = schema->ref;
    }
    return schema;
}

static void add_limit(json_t *to, const char *name, int64_t limit)
{
    if (limit >= 0) {
        json_object_set_new(to, name, json_integer(limit));
    }
}

static void add_value(json_t *to, const char *name, const json_t *value)
{
    if (value) { /* the definition is shared by threads, and reference counts of JSON are not */
        json_object_set_new(to, name, json_deep_copy(value));
    }
}

static void add_schema(json_t *to, const schema_t *schema)
{
    schema = with_type(schema);
    if (!schema) {
        return;
    }
    if (TYPES[schema->type]) {
        json_object_set_new(to, "type", json_string(TYPES[schema->type]));
    }
    view_add_text(to, "format", schema->format_name);
    view_add_text(to, "pattern", schema->pattern_text);
    add_value(to, "enum", schema->enumeration);
    add_value(to, "const", schema->constant);
    add_value(to, "default", schema->fallback);
    add_value(to, "example", schema->example);
    add_limit(to, "minLength", schema->min_length);
    add_limit(to, "maxLength", schema->max_length);
    if (schema->type == SCHEMA_ARRAY && schema->items) {
        json_t *items = json_object();
        add_schema(items, schema->items);
        json_object_set_new(to, "items", items);
    }
}

static json_t *show_field(const field_t *f)
{
    json_t *shown = json_object();
    json_object_set_new(shown, "name", json_str(f->name));
    view_add_text(shown, "title", f->title);
    view_add_text(shown, "description", f->description);
    add_schema(shown, f->schema);
    json_object_set_new(shown, "required", json_boolean(f->required));
    view_add_flag(shown, "secret", f->secret);
    view_add_text(shown, "message", f->message);
    if (f->choice_count) {
        json_object_set_new(shown, "choices", show_choices(f));
    }
    return shown;
}

json_t *fields_view_parameters(const fields_t *fields)
{
    json_t *shown = json_array();
    for (size_t i = 0; i < fields->count; i++) {
        json_t *field = show_field(&fields->list[i]);
        if (fields->list[i].ask_admin) {
            json_object_set_new(field, "ask", json_string("admin"));
        }
        json_array_append_new(shown, field);
    }
    return shown;
}

json_t *fields_view_inputs(const fields_t *fields)
{
    json_t *shown = json_array();
    for (size_t i = 0; i < fields->count; i++) {
        const field_t *f = &fields->list[i];
        json_t *field = show_field(f);
        json_object_set_new(field, "in", json_string(PLACES[f->in]));
        if (f->schema && f->schema->type == SCHEMA_ARRAY) {
            json_object_set_new(field, "collectionFormat", json_string(COLLECTIONS[f->collection]));
        }
        json_array_append_new(shown, field);
    }
    return shown;
}
