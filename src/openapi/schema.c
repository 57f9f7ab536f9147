/* SPDX-License-Identifier: MIT */
/* A schema as all flavours say it; what they say differently is the flavour's (finish_schema). */
#include "openapi/flavour.h"

static void add_limits(json_t *to, const schema_t *s)
{
    if (s->has_multiple_of) {
        json_object_set_new(to, "multipleOf", json_of_number(s->multiple_of));
    }
    json_add_count(to, "minLength", s->min_length);
    json_add_count(to, "maxLength", s->max_length);
    json_add_text(to, "pattern", s->pattern_text);
    json_add_count(to, "minItems", s->min_items);
    json_add_count(to, "maxItems", s->max_items);
    json_add_flag(to, "uniqueItems", s->unique_items);
    json_add_count(to, "minProperties", s->min_properties);
    json_add_count(to, "maxProperties", s->max_properties);
}

static void add_properties(document_t *d, json_t *to, const schema_t *s)
{
    json_t *properties = json_object();
    json_t *required = json_array();
    for (size_t i = 0; i < s->property_count; i++) {
        const schema_property_t *p = &s->properties[i];
        json_object_setn_new(properties, p->name.p, p->name.n, schema_write(d, p->schema));
        if (d->flavour->is_required(d, p->schema, p->required)) {
            json_array_append_new(required, json_str(p->name));
        }
    }
    json_add_filled(to, "properties", properties);
    json_add_filled(to, "required", required);
}

static void add_additional(document_t *d, json_t *to, const schema_t *s)
{
    if (s->additional_properties_refused) {
        json_object_set_new(to, "additionalProperties", json_false());
    } else if (s->additional_properties) {
        json_object_set_new(to, "additionalProperties", schema_write(d, s->additional_properties));
    }
}

void schema_add_several(document_t *d, json_t *to, const char *name, const schema_t *const *list,
                        size_t count)
{
    json_t *several = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(several, schema_write(d, list[i]));
    }
    json_add_filled(to, name, several);
}

/* An array without `items` is none in 2.0 and 3.0. */
static void add_items(document_t *d, json_t *to, const schema_t *s)
{
    if (s->items) {
        json_object_set_new(to, "items", schema_write(d, s->items));
    } else if (s->type == SCHEMA_ARRAY) {
        json_object_set_new(to, "items", json_object());
    }
}

static void add_choices(json_t *to, const field_t *f)
{
    json_t *values = json_array();
    json_t *labels = json_array();
    for (size_t i = 0; i < f->choice_count; i++) {
        json_t *label = json_object();
        json_array_append_new(values, json_str(f->choices[i].value));
        json_object_set_new(label, "value", json_str(f->choices[i].value));
        json_object_set_new(label, "displayName", json_str(f->choices[i].title));
        json_array_append_new(labels, label);
    }
    json_add_filled(to, "enum", values);
    json_add_filled(to, "x-ms-enum-values", labels);
}

/* A field has a title in any case; but where its schema refers to another one, that one may have
 * it, and a whole body needs none. */
static str_t title_of(const document_t *d, const schema_t *s, const field_t *f)
{
    bool of_field = f && !s->ref && f->in != IN_BODY && !d->flavour->as_written;
    return of_field ? f->title : s->title;
}

/* All but what it refers to. f: whose schema it is, or NULL. */
static json_t *own_keys(document_t *d, const schema_t *s, const field_t *f)
{
    json_t *to = json_object();
    json_add_text(to, "title", title_of(d, s, f));
    json_add_text(to, "description", s->description);
    json_add_text(to, "type", str_of(schema_type_name(s->type)));
    json_add_text(to, "format", s->secret ? STR("password") : s->format_name);
    json_add_copy(to, "enum", s->enumeration);
    if (f) {
        add_choices(to, f);
    }
    json_add_copy(to, "default", s->fallback);
    add_limits(to, s);
    add_items(d, to, s);
    add_properties(d, to, s);
    add_additional(d, to, s);
    schema_add_several(d, to, "allOf", s->all_of, s->all_of_count);
    d->flavour->finish_schema(d, to, s);
    extensions_add(d, to, s->extensions);
    return to;
}

static json_t *with_reference(document_t *d, const schema_t *s, json_t *own)
{
    return s->ref ? d->flavour->refer(s, named_schema_refer(d, s->ref_name), own) : own;
}

json_t *schema_write(document_t *d, const schema_t *s)
{
    return with_reference(d, s, own_keys(d, s, NULL));
}

/* Chains of references end: the loader has cut those that do not. */
static json_t *write_whole(document_t *d, const schema_t *s, const field_t *f)
{
    json_t *own = own_keys(d, s, f);
    if (!s->ref) {
        return own;
    }
    json_t *whole = write_whole(d, s->ref, NULL);
    json_object_update(whole, own);
    json_decref(own);
    return whole;
}

json_t *schema_write_whole(document_t *d, const schema_t *s)
{
    return write_whole(d, s, NULL);
}

/* --- fields --- */

json_t *field_schema(document_t *d, const field_t *f)
{
    return with_reference(d, f->schema, own_keys(d, f->schema, f));
}

json_t *field_schema_whole(document_t *d, const field_t *f)
{
    return write_whole(d, f->schema, f);
}

json_t *field_schema_of_parameter(document_t *d, const field_t *f)
{
    const char *key;
    json_t *value;
    json_t *own = own_keys(d, f->schema, f);
    json_object_foreach(f->schema->extensions, key, value)
    {
        json_object_del(own, key);
    }
    json_object_del(own, "description");
    json_object_del(own, "deprecated");
    return with_reference(d, f->schema, own);
}

json_t *fields_schema(document_t *d, const action_t *action, field_in_t in)
{
    json_t *to = json_object();
    json_t *properties = json_object();
    json_t *required = json_array();
    for (size_t i = 0; i < action->input.count; i++) {
        const field_t *f = &action->input.list[i];
        if (f->in != in) {
            continue;
        }
        json_object_setn_new(properties, f->name.p, f->name.n, field_schema(d, f));
        if (d->flavour->is_required(d, f->schema, f->required)) {
            json_array_append_new(required, json_str(f->name));
        }
    }
    json_object_set_new(to, "type", json_string("object"));
    json_object_set_new(to, "properties", properties);
    json_add_filled(to, "required", required);
    json_object_set_new(to, "additionalProperties", json_false());
    return to;
}
