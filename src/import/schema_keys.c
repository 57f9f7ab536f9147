/* SPDX-License-Identifier: MIT */
/* The keys of a schema: each is a row, how its value is taken over. */
#include "import/schema_work.h"

/* --- values --- */

/* `@{utcNow()}` */
static bool is_expression(const json_t *value)
{
    return str_starts(json_view(value), STR("@{"));
}

static json_t *take_value(schema_work_t *w, const json_t *schema, const char *key,
                          const json_t *value)
{
    if (is_expression(value)) {
        schema_warn(w, key, "it is an expression, which only the platform's flows evaluate");
        return NULL;
    }
    json_t *taken = schema_fitting(
        schema_has_several_types(schema) ? NULL : schema_type_of_source(schema), value);
    if (!taken && !json_is_null(value)) {
        schema_warn(w, key, "it does not fit the type");
    }
    return taken;
}

static bool holds(const json_t *list, const json_t *value)
{
    size_t at;
    json_t *one;
    json_array_foreach(list, at, one)
    {
        if (json_equal(one, value)) {
            return true;
        }
    }
    return false;
}

static json_t *filled(json_t *list)
{
    if (json_array_size(list) > 0) {
        return list;
    }
    json_decref(list);
    return NULL;
}

static json_t *take_enum(schema_work_t *w, const json_t *schema, const char *key,
                         const json_t *value)
{
    json_t *list = json_array();
    size_t at;
    json_t *one;
    bool open = false; /* what an expression gives is none of the others */
    json_array_foreach(value, at, one)
    {
        json_t *taken = take_value(w, schema, key, one);
        open = open || is_expression(one);
        if (taken && !holds(list, taken)) {
            json_array_append(list, taken);
        }
        json_decref(taken);
    }
    if (open) {
        json_array_clear(list);
    }
    return filled(list);
}

static json_t *take_as_is(schema_work_t *w, const json_t *schema, const char *key,
                          const json_t *value)
{
    (void)schema, (void)key;
    return json_is_null(value) ? NULL : schema_value_of(w->s, value);
}

static json_t *take_number(schema_work_t *w, const json_t *schema, const char *key,
                           const json_t *value)
{
    (void)schema;
    json_t *taken = json_is_number(value)   ? json_deep_copy(value)
                    : json_is_string(value) ? schema_number_of(json_view(value))
                                            : NULL;
    if (!taken) {
        schema_warn(w, key, "it is no number");
    }
    return taken;
}

static json_t *take_text(schema_work_t *w, const json_t *schema, const char *key,
                         const json_t *value)
{
    (void)w, (void)schema, (void)key;
    return json_view(value).n ? json_deep_copy(value) : NULL;
}

static json_t *take_flag(schema_work_t *w, const json_t *schema, const char *key,
                         const json_t *value)
{
    (void)w, (void)schema, (void)key;
    return schema_is_true(value) ? json_true() : NULL;
}

static json_t *take_bound_flag(schema_work_t *w, const json_t *schema, const char *key,
                               const json_t *value)
{
    return json_is_number(value) ? json_deep_copy(value) : take_flag(w, schema, key, value);
}

/* The first of several. */
static json_t *take_first(schema_work_t *w, const json_t *schema, const char *key,
                          const json_t *value)
{
    const json_t *first = json_array_get(value, 0);
    return first ? take_as_is(w, schema, key, first) : NULL;
}

/* How bytes stand in a text (JSON Schema 2020-12, 8). */
static json_t *take_encoding(schema_work_t *w, const json_t *schema, const char *key,
                             const json_t *value)
{
    (void)w, (void)schema, (void)key;
    return str_eq_nocase(json_view(value), STR("base64")) ? json_string("byte") : NULL;
}

static json_t *take_media_type(schema_work_t *w, const json_t *schema, const char *key,
                               const json_t *value)
{
    (void)w, (void)key, (void)value;
    bool bytes =
        !json_object_get(schema, "contentEncoding") && !json_object_get(schema, "contentSchema") &&
        (!schema_type_of_source(schema) || str_is(str_of(schema_type_of_source(schema)), "string"));
    return bytes ? json_string("binary") : NULL;
}

static json_t *take_discriminator(schema_work_t *w, const json_t *schema, const char *key,
                                  const json_t *value)
{
    if (schema_maps_names(value)) {
        schema_warn(w, "discriminator", "its values are other names than those of the schemas");
        return NULL;
    }
    return json_is_object(value) ? take_text(w, schema, key, json_object_get(value, "propertyName"))
                                 : take_text(w, schema, key, value);
}

/* --- schemas within --- */

static json_t *take_one(schema_work_t *w, const json_t *schema, const char *key,
                        const json_t *value)
{
    (void)schema;
    const json_t *first = json_is_array(value) ? json_array_get(value, 0) : value;
    if (!json_is_object(first) && !json_is_true(first)) {
        schema_warn(w, key, "it is no schema");
        return NULL;
    }
    return schema_take_within(w, first);
}

static json_t *take_list(schema_work_t *w, const json_t *schema, const char *key,
                         const json_t *value)
{
    (void)schema, (void)key;
    json_t *list = json_array();
    size_t at;
    json_t *one;
    json_array_foreach(value, at, one)
    {
        json_array_append_new(list, schema_take_within(w, one));
    }
    return list;
}

static json_t *take_members(schema_work_t *w, const json_t *schema, const char *key,
                            const json_t *value)
{
    (void)schema, (void)key;
    json_t *members = json_object();
    const char *name;
    json_t *one;
    json_object_foreach((json_t *)(uintptr_t)value, name, one)
    {
        if (json_is_object(one) || json_is_true(one)) {
            json_object_set_new(members, name, schema_take_within(w, one));
        } else {
            schema_warn(w, name, "it is no schema");
        }
    }
    return members;
}

static json_t *take_additional(schema_work_t *w, const json_t *schema, const char *key,
                               const json_t *value)
{
    return json_is_boolean(value) ? json_deep_copy(value) : take_one(w, schema, key, value);
}

static json_t *take_required(schema_work_t *w, const json_t *schema, const char *key,
                             const json_t *value)
{
    if (!json_is_array(value)) {
        return take_flag(w, schema, key, value);
    }
    json_t *list = json_array();
    size_t at;
    json_t *one;
    json_array_foreach(value, at, one)
    {
        if (json_is_string(one) && !holds(list, one)) {
            json_array_append(list, one);
        }
    }
    return filled(list);
}

/* --- the keys --- */

typedef struct rule {
    const char *key;
    const char *ours; /* NULL: the same */
    json_t *(*take)(schema_work_t *w, const json_t *schema, const char *key, const json_t *value);
} rule_t;

/* In FORMAT's order. */
static const rule_t RULES[] = {
    {"title", NULL, take_text},
    {"x-ms-summary", "title", take_text},
    {"description", NULL, take_text},
    {"format", NULL, take_text},
    {"contentEncoding", "format", take_encoding},
    {"contentMediaType", "format", take_media_type},
    {"enum", NULL, take_enum},
    {"const", NULL, take_value},
    {"default", NULL, take_value},
    {"example", NULL, take_as_is},
    {"examples", "example", take_first},
    {"minimum", NULL, take_number},
    {"maximum", NULL, take_number},
    {"exclusiveMinimum", NULL, take_bound_flag},
    {"exclusiveMaximum", NULL, take_bound_flag},
    {"multipleOf", NULL, take_number},
    {"minLength", NULL, take_number},
    {"maxLength", NULL, take_number},
    {"pattern", NULL, take_text},
    {"items", NULL, take_one},
    {"minItems", NULL, take_number},
    {"maxItems", NULL, take_number},
    {"uniqueItems", NULL, take_flag},
    {"properties", NULL, take_members},
    {"required", NULL, take_required},
    {"additionalProperties", NULL, take_additional},
    {"minProperties", NULL, take_number},
    {"maxProperties", NULL, take_number},
    {"allOf", NULL, take_list},
    {"anyOf", NULL, take_list},
    {"oneOf", NULL, take_list},
    {"x-nullable", "nullable", take_flag},
    {"nullable", NULL, take_flag},
    {"readOnly", NULL, take_flag},
    {"writeOnly", NULL, take_flag},
    {"deprecated", NULL, take_flag},
    {"discriminator", NULL, take_discriminator},
};

/* Said otherwise, or of no meaning to a value: where a schema stands, how it would look in XML. */
static bool is_handled(str_t key)
{
    static const char *const keys[] = {"type", "$ref",       "$defs",   "definitions",
                                       "$id",  "$anchor",    "$schema", "$comment",
                                       "xml",  "$vocabulary"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (str_is(key, keys[i])) {
            return true;
        }
    }
    return str_starts(key, STR("x-"));
}

static const rule_t *rule_of(const char *key)
{
    for (size_t i = 0; i < sizeof RULES / sizeof *RULES; i++) {
        if (str_is(str_of(key), RULES[i].key)) {
            return &RULES[i];
        }
    }
    return NULL;
}

void schema_warn_of_others(const schema_work_t *w, const json_t *schema)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)schema, key, value)
    {
        (void)value;
        if (!rule_of(key) && !is_handled(str_of(key))) {
            schema_warn(w, key, "FORMAT has no such key");
        }
    }
}

/* --- a schema's keys --- */

bool schema_stands_beside_reference(const char *key)
{
    static const char *const keys[] = {"title",   "description", "default",
                                       "example", "nullable",    "deprecated"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (str_is(str_of(keys[i]), key)) {
            return true;
        }
    }
    return false;
}

/* alone: what a reference says counts, not what stands beside it. */
void schema_take_keys(schema_work_t *w, const json_t *schema, json_t *to, bool alone)
{
    for (size_t i = 0; i < sizeof RULES / sizeof *RULES; i++) {
        const rule_t *rule = &RULES[i];
        const char *ours = rule->ours ? rule->ours : rule->key;
        const json_t *value = json_object_get(schema, rule->key);
        bool left = alone && !schema_stands_beside_reference(ours) && !json_is_true(value);
        if (!value || json_object_get(to, ours) || left) {
            continue;
        }
        json_t *taken = rule->take(w, schema, rule->key, value);
        if (taken) {
            json_object_set_new(to, ours, taken);
        }
    }
}
