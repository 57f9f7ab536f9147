/* SPDX-License-Identifier: MIT */
#include "api/field_view.h"

#include "codec/json.h"

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

static void add_schema(json_t *to, const schema_t *schema)
{
    schema = schema_typed(schema);
    if (!schema) {
        return;
    }
    json_add_text(to, "type", str_of(schema_type_name(schema->type)));
    json_add_text(to, "format", schema->format_name);
    json_add_text(to, "pattern", schema->pattern_text);
    json_add_copy(to, "enum", schema->enumeration);
    json_add_copy(to, "const", schema->constant);
    json_add_copy(to, "default", schema->fallback);
    json_add_copy(to, "example", schema->example);
    json_add_count(to, "minLength", schema->min_length);
    json_add_count(to, "maxLength", schema->max_length);
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
    json_add_text(shown, "title", f->title);
    json_add_text(shown, "description", f->description);
    add_schema(shown, f->schema);
    json_object_set_new(shown, "required", json_boolean(f->required));
    json_add_flag(shown, "secret", f->secret);
    json_add_text(shown, "message", f->message);
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
        json_object_set_new(field, "in", json_string(field_in_name(f->in)));
        if (f->schema && f->schema->type == SCHEMA_ARRAY) {
            json_object_set_new(field, "collectionFormat",
                                json_string(collection_format_name(f->collection)));
        }
        json_array_append_new(shown, field);
    }
    return shown;
}
