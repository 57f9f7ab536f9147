/* SPDX-License-Identifier: MIT */
/* Schemas and fields for tests, out of JSON text: what the loader makes of YAML, without the
 * loader. `$ref` names a member of `defs`, which may mention each other and themselves. */
#ifndef TENON_TESTS_UNIT_DEFINITION_SCHEMA_OF_H
#define TENON_TESTS_UNIT_DEFINITION_SCHEMA_OF_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/map.h"
#include "codec/json.h"
#include "definition/value/check.h"
#include "definition/value/pattern.h"

typedef struct maker {
    arena_t *arena;
    json_t *defs;
    map_t *made; /* name -> schema_t of a definition */
} maker_t;

static inline void release_json(void *p)
{
    json_decref(p);
}
static inline void release_pattern(void *p)
{
    pattern_free(p);
}
static inline void release_map(void *p)
{
    map_free(p);
}

static inline json_t *json_of(arena_t *arena, const char *text)
{
    err_t err = ERR_INIT;
    json_t *value = json_read(str_of(text), &(json_limits_t){.depth = 200}, &err);
    if (!value) {
        fail_msg("%s: %s", text, err.text);
    }
    arena_on_free(arena, release_json, value);
    return value;
}

static inline const schema_t *schema_in(maker_t *m, const json_t *from);

static inline unsigned index_of(str_t word, const char *const *words, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (str_is(word, words[i])) {
            return i;
        }
    }
    fail_msg("no such word: %.*s", STR_ARG(word));
    return 0;
}

static inline schema_type_t type_named(str_t name)
{
    static const char *const names[] = {"",        "string", "integer", "number",
                                        "boolean", "array",  "object"};
    return (schema_type_t)index_of(name, names, 7);
}

static inline schema_format_t format_named(str_t name)
{
    static const char *const names[] = {"",       "hostname", "uri",       "email",
                                        "uuid",   "date",     "date-time", "pem",
                                        "binary", "byte",     "int32",     "int64"};
    return (schema_format_t)index_of(name, names, 12);
}

static inline int64_t count_of(const json_t *from, const char *key)
{
    const json_t *value = json_object_get(from, key);
    return value ? json_integer_value(value) : -1;
}

static inline bool has_number(const json_t *from, const char *key, double *out)
{
    const json_t *value = json_object_get(from, key);
    *out = json_number_value(value);
    return value != NULL;
}

static inline const schema_t **list_in(maker_t *m, const json_t *list, size_t *count)
{
    *count = json_array_size(list);
    const schema_t **made = arena_array_of(m->arena, const schema_t *, *count);
    for (size_t i = 0; i < *count; i++) {
        made[i] = schema_in(m, json_array_get(list, i));
    }
    return made;
}

static inline bool is_named(const json_t *list, const char *name)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (str_is(json_view(json_array_get(list, i)), name)) {
            return true;
        }
    }
    return false;
}

static inline void set_properties(maker_t *m, schema_t *s, const json_t *from)
{
    json_t *properties = json_object_get(from, "properties");
    schema_property_t *made =
        arena_array_of(m->arena, schema_property_t, json_object_size(properties));
    const char *name;
    json_t *value;
    json_object_foreach(properties, name, value)
    {
        made[s->property_count++] = (schema_property_t){
            str_of(name), schema_in(m, value), is_named(json_object_get(from, "required"), name)};
    }
    s->properties = made;
    const json_t *others = json_object_get(from, "additionalProperties");
    s->additional_properties_refused = json_is_false(others);
    s->additional_properties = json_is_object(others) ? schema_in(m, others) : NULL;
}

static inline void set_texts(maker_t *m, schema_t *s, const json_t *from)
{
    s->type = type_named(json_object_get(from, "type") ? json_member(from, "type") : STR(""));
    s->format_name = json_member(from, "format");
    s->format = format_named(s->format_name.p ? s->format_name : STR(""));
    s->discriminator = json_member(from, "discriminator");
    s->pattern_text = json_member(from, "pattern");
    if (s->pattern_text.p) {
        err_t err = ERR_INIT;
        pattern_t *pattern = pattern_new(s->pattern_text, &err);
        assert_non_null(pattern);
        arena_on_free(m->arena, release_pattern, pattern);
        s->pattern = pattern;
    }
}

static inline void set_numbers(schema_t *s, const json_t *from)
{
    s->has_minimum = has_number(from, "minimum", &s->minimum);
    s->has_maximum = has_number(from, "maximum", &s->maximum);
    s->has_multiple_of = has_number(from, "multipleOf", &s->multiple_of);
    s->exclusive_minimum = json_is_true(json_object_get(from, "exclusiveMinimum"));
    s->exclusive_maximum = json_is_true(json_object_get(from, "exclusiveMaximum"));
    s->min_length = count_of(from, "minLength");
    s->max_length = count_of(from, "maxLength");
    s->min_items = count_of(from, "minItems");
    s->max_items = count_of(from, "maxItems");
    s->min_properties = count_of(from, "minProperties");
    s->max_properties = count_of(from, "maxProperties");
}

static inline const schema_t *referred(maker_t *m, str_t name);

static inline void fill_schema(maker_t *m, schema_t *s, const json_t *from)
{
    set_texts(m, s, from);
    set_numbers(s, from);
    set_properties(m, s, from);
    s->nullable = json_is_true(json_object_get(from, "nullable"));
    s->read_only = json_is_true(json_object_get(from, "readOnly"));
    s->unique_items = json_is_true(json_object_get(from, "uniqueItems"));
    s->secret = json_is_true(json_object_get(from, "secret"));
    s->enumeration = json_object_get(from, "enum");
    s->constant = json_object_get(from, "const");
    s->fallback = json_object_get(from, "default");
    s->items = json_object_get(from, "items") ? schema_in(m, json_object_get(from, "items")) : NULL;
    s->all_of = list_in(m, json_object_get(from, "allOf"), &s->all_of_count);
    s->any_of = list_in(m, json_object_get(from, "anyOf"), &s->any_of_count);
    s->one_of = list_in(m, json_object_get(from, "oneOf"), &s->one_of_count);
    s->ref_name = json_member(from, "$ref");
    s->ref = s->ref_name.p ? referred(m, s->ref_name) : NULL;
}

static inline const schema_t *schema_in(maker_t *m, const json_t *from)
{
    schema_t *s = arena_new_of(m->arena, schema_t);
    fill_schema(m, s, from);
    return s;
}

static inline const schema_t *referred(maker_t *m, str_t name)
{
    schema_t *s = map_get(m->made, name);
    if (!s) {
        const json_t *from = json_object_getn(m->defs, name.p, name.n);
        assert_non_null(from);
        s = arena_new_of(m->arena, schema_t);
        (void)map_set(m->made, name, s);
        fill_schema(m, s, from);
    }
    return s;
}

/* text: a schema; its own member `defs` holds what it refers to. */
static inline const schema_t *schema_of(arena_t *arena, const char *text)
{
    json_t *from = json_of(arena, text);
    maker_t m = {arena, json_object_get(from, "defs"), map_new()};
    arena_on_free(arena, release_map, m.made);
    return schema_in(&m, from);
}

/* A field with the keys `title`, `message`, `choices` (a list of values), `collection`, and those
 * of its schema. */
static inline field_t field_of(arena_t *arena, const char *name, const char *text)
{
    static const char *const formats[] = {"csv", "multi", "ssv", "pipes", "tsv"};
    json_t *from = json_of(arena, text);
    const json_t *choices = json_object_get(from, "choices");
    choice_t *made = arena_array_of(arena, choice_t, json_array_size(choices));
    for (size_t i = 0; i < json_array_size(choices); i++) {
        made[i].value = json_view(json_array_get(choices, i));
    }
    str_t collection = json_member(from, "collection");
    return (field_t){
        .name = arena_str(arena, str_of(name)),
        .message = json_member(from, "message"),
        .schema = schema_of(arena, text),
        .required = json_is_true(json_object_get(from, "required")),
        .secret = json_is_true(json_object_get(from, "secret")),
        .choices = made,
        .choice_count = json_array_size(choices),
        .collection = (collection_format_t)(collection.p ? index_of(collection, formats, 5) : 0),
    };
}

/* An object of name -> field. */
static inline fields_t fields_of(arena_t *arena, const char *text)
{
    json_t *from = json_of(arena, text);
    field_t *list = arena_array_of(arena, field_t, json_object_size(from));
    size_t count = 0;
    const char *name;
    json_t *value;
    json_object_foreach(from, name, value)
    {
        buf_t one;
        buf_init(&one, 1 << 20);
        json_write(&one, value);
        list[count++] = field_of(arena, name, buf_c(&one));
        buf_fini(&one);
    }
    return (fields_t){.list = list, .count = count};
}

#endif
