/* SPDX-License-Identifier: MIT */
#include "definition/value/check_internal.h"

/* Schemas that mention themselves more than once could be walked without end. */
enum { VISITS_MAX = 1000000 };
typedef struct filler {
    bool required_only;
    unsigned visits;
    unsigned nesting;
} filler_t;

static const json_t *default_of(const schema_t *schema)
{
    for (unsigned i = 0; schema && i < SCHEMA_NESTING_MAX; i++, schema = schema->ref) {
        if (schema->fallback) {
            return schema->fallback;
        }
    }
    return NULL;
}

/* A copy, because the definition's own value is shared by all calls. */
static void set_default(json_t *object, str_t name, const schema_t *schema)
{
    const json_t *value = default_of(schema);
    if (value) {
        (void)json_object_setn_new(object, name.p, name.n, json_deep_copy(value));
    }
}

static void fill(filler_t *f, const schema_t *schema, json_t *value);

static void fill_members(filler_t *f, const schema_t *schema, json_t *object)
{
    const char *name;
    size_t length;
    json_t *member;
    json_object_keylen_foreach(object, name, length, member)
    {
        f->visits += (unsigned)(schema->property_count / PROPERTIES_A_LOOK);
        const schema_t *property = value_property(schema, str_at(name, length));
        property = property ? property : schema->additional_properties;
        if (property && f->visits <= VISITS_MAX) {
            fill(f, property, member);
        }
    }
}

static void fill_items(filler_t *f, const schema_t *schema, json_t *array)
{
    for (size_t i = 0; schema->items && i < json_array_size(array); i++) {
        fill(f, schema->items, json_array_get(array, i));
    }
}

/* What is there already, under one schema, the one it refers to and those of its allOf. */
static void fill_below(filler_t *f, const schema_t *schema, json_t *value)
{
    if (++f->visits > VISITS_MAX || f->nesting >= SCHEMA_NESTING_MAX) {
        return;
    }
    f->nesting++;
    if (json_is_object(value)) {
        fill_members(f, schema, value);
    } else {
        fill_items(f, schema, value);
    }
    if (schema->ref) {
        fill_below(f, schema->ref, value);
    }
    for (size_t i = 0; i < schema->all_of_count; i++) {
        fill_below(f, schema->all_of[i], value);
    }
    f->nesting--;
}

static void add_missing(filler_t *f, const schema_t *schema, json_t *object)
{
    if (++f->visits > VISITS_MAX || f->nesting >= SCHEMA_NESTING_MAX) {
        return;
    }
    f->nesting++;
    for (size_t i = 0; i < schema->property_count; i++) {
        const schema_property_t *property = &schema->properties[i];
        if ((property->required || !f->required_only) &&
            !json_object_getn(object, property->name.p, property->name.n) &&
            !value_is_read_only(property->schema)) {
            set_default(object, property->name, property->schema);
        }
    }
    if (schema->ref) {
        add_missing(f, schema->ref, object);
    }
    for (size_t i = 0; i < schema->all_of_count; i++) {
        add_missing(f, schema->all_of[i], object);
    }
    f->nesting--;
}

/* Members first, so that a default that comes in here stands as it is written. */
static void fill(filler_t *f, const schema_t *schema, json_t *value)
{
    if (json_is_array(value) || json_is_object(value)) {
        fill_below(f, schema, value);
    }
    if (json_is_object(value)) {
        add_missing(f, schema, value);
    }
}

void fields_fill_defaults(const fields_t *fields, json_t *values)
{
    filler_t f = {.required_only = fields->required_defaults_only};
    for (size_t i = 0; i < fields->count; i++) {
        const field_t *field = &fields->list[i];
        json_t *value = json_object_getn(values, field->name.p, field->name.n);
        if (value) {
            fill(&f, field->schema, value);
        } else if (field->required || !f.required_only) {
            set_default(values, field->name, field->schema);
        }
    }
}
