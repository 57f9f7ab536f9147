/* SPDX-License-Identifier: MIT */
/* Schemas (FORMAT 4). All named ones exist before the first is filled in, so that a $ref is a
 * pointer at once; those that lead back to themselves without an end are cut. */
#include "definition/build/loader.h"

#include <stddef.h>

#include "definition/value/pattern.h"

static const struct {
    const char *name;
    schema_type_t type;
} types[] = {{"string", SCHEMA_STRING},   {"integer", SCHEMA_INTEGER}, {"number", SCHEMA_NUMBER},
             {"boolean", SCHEMA_BOOLEAN}, {"array", SCHEMA_ARRAY},     {"object", SCHEMA_OBJECT}};

static const struct {
    const char *name;
    schema_format_t format;
} formats[] = {
    {"hostname", FORMAT_HOSTNAME}, {"uri", FORMAT_URI},       {"email", FORMAT_EMAIL},
    {"uuid", FORMAT_UUID},         {"date", FORMAT_DATE},     {"date-time", FORMAT_DATE_TIME},
    {"pem", FORMAT_PEM},           {"binary", FORMAT_BINARY}, {"byte", FORMAT_BYTE},
    {"int32", FORMAT_INT32},       {"int64", FORMAT_INT64}};

static schema_type_t type_of(str_t name)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (str_is(name, types[i].name)) {
            return types[i].type;
        }
    }
    return SCHEMA_ANY;
}

static schema_format_t format_of(str_t name)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        if (str_is(name, formats[i].name)) {
            return formats[i].format;
        }
    }
    return name.p ? FORMAT_OTHER : FORMAT_NONE;
}

/* --- limits --- */

/* exclusiveMinimum is a number of its own, or says that minimum itself is out (both are in use). */
static void read_bounds(const yaml_node_t *node, schema_t *schema)
{
    double bound;
    schema->has_minimum = node_number(yaml_get(node, "minimum"), &schema->minimum);
    schema->has_maximum = node_number(yaml_get(node, "maximum"), &schema->maximum);
    schema->exclusive_minimum = node_bool(yaml_get(node, "exclusiveMinimum"), false);
    schema->exclusive_maximum = node_bool(yaml_get(node, "exclusiveMaximum"), false);
    if (node_number(yaml_get(node, "exclusiveMinimum"), &bound) &&
        (!schema->has_minimum || bound >= schema->minimum)) {
        schema->has_minimum = schema->exclusive_minimum = true;
        schema->minimum = bound;
    }
    if (node_number(yaml_get(node, "exclusiveMaximum"), &bound) &&
        (!schema->has_maximum || bound <= schema->maximum)) {
        schema->has_maximum = schema->exclusive_maximum = true;
        schema->maximum = bound;
    }
    schema->has_multiple_of = node_number(yaml_get(node, "multipleOf"), &schema->multiple_of);
}

static void read_lengths(const yaml_node_t *node, schema_t *schema)
{
    static const struct {
        const char *key;
        size_t offset;
    } lengths[] = {{"minLength", offsetof(schema_t, min_length)},
                   {"maxLength", offsetof(schema_t, max_length)},
                   {"minItems", offsetof(schema_t, min_items)},
                   {"maxItems", offsetof(schema_t, max_items)},
                   {"minProperties", offsetof(schema_t, min_properties)},
                   {"maxProperties", offsetof(schema_t, max_properties)}};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        int64_t *to = (int64_t *)(void *)((char *)schema + lengths[i].offset);
        *to = node ? node_int(yaml_get(node, lengths[i].key), -1) : -1;
    }
}

static void read_flags(const yaml_node_t *node, schema_t *schema)
{
    schema->nullable = node_bool(yaml_get(node, "nullable"), false);
    schema->read_only = node_bool(yaml_get(node, "readOnly"), false);
    schema->write_only = node_bool(yaml_get(node, "writeOnly"), false);
    schema->deprecated = node_bool(yaml_get(node, "deprecated"), false);
    schema->unique_items = node_bool(yaml_get(node, "uniqueItems"), false);
    schema->secret = node_bool(yaml_get(node, "secret"), false);
}

static void drop_pattern(void *pattern)
{
    pattern_free(pattern);
}

static void read_pattern(loader_t *l, const yaml_node_t *node, schema_t *schema)
{
    err_t err = ERR_INIT;
    schema->pattern_text = loader_str(l, node, "pattern");
    if (!schema->pattern_text.p) {
        return;
    }
    pattern_t *pattern = pattern_new(schema->pattern_text, &err);
    if (pattern) {
        arena_on_free(l->arena, drop_pattern, pattern);
    } else {
        loader_fault(l, ERR_pattern_invalid, key_spot(node, "pattern"), "%s", err.text);
    }
    schema->pattern = pattern;
}

/* --- parts --- */

static bool is_named(const yaml_node_t *list, str_t name)
{
    for (size_t i = 0; i < node_count(node_list(list)); i++) {
        if (str_eq(node_text(list->items[i]), name)) {
            return true;
        }
    }
    return false;
}

static void read_properties(loader_t *l, const yaml_node_t *node, schema_t *schema)
{
    const yaml_node_t *map = node_map(yaml_get(node, "properties"));
    const yaml_node_t *required = yaml_get(node, "required");
    schema_property_t *list = LOADER_ARRAY(l, schema_property_t, node_count(map));
    for (size_t i = 0; i < node_count(map); i++) {
        const yaml_pair_t *pair = &map->pairs[i];
        list[i].name = arena_str(l->arena, pair->key->text);
        list[i].schema = build_schema(l, pair->value, NULL);
        list[i].required = is_named(required, pair->key->text) ||
                           node_bool(yaml_get(pair->value, "required"), false);
    }
    schema->properties = list;
    schema->property_count = node_count(map);
}

static const schema_t **read_several(loader_t *l, const yaml_node_t *list, size_t *count)
{
    *count = node_count(node_list(list));
    const schema_t **several = LOADER_ARRAY(l, const schema_t *, *count);
    for (size_t i = 0; i < *count; i++) {
        several[i] = build_schema(l, list->items[i], NULL);
    }
    return several;
}

static const schema_t *read_one(loader_t *l, const yaml_node_t *map, const char *key)
{
    const yaml_node_t *node = node_map(yaml_get(map, key));
    return node ? build_schema(l, node, NULL) : NULL;
}

static void read_parts(loader_t *l, const yaml_node_t *node, schema_t *schema)
{
    const yaml_node_t *discriminator = yaml_get(node, "discriminator");
    read_properties(l, node, schema);
    schema->items = read_one(l, node, "items");
    schema->additional_properties = read_one(l, node, "additionalProperties");
    schema->additional_properties_refused =
        !node_bool(yaml_get(node, "additionalProperties"), true);
    schema->all_of = read_several(l, yaml_get(node, "allOf"), &schema->all_of_count);
    schema->any_of = read_several(l, yaml_get(node, "anyOf"), &schema->any_of_count);
    schema->one_of = read_several(l, yaml_get(node, "oneOf"), &schema->one_of_count);
    schema->discriminator = node_map(discriminator) ? loader_str(l, discriminator, "propertyName")
                                                    : loader_str(l, node, "discriminator");
}

static const char *suggest_schema(loader_t *l, str_t name)
{
    size_t count = loader_is_full(l) ? 0 : l->c->schema_count;
    str_t *names = arena_array_of(l->scratch, str_t, count);
    for (size_t i = 0; i < count; i++) {
        names[i] = l->c->schemas[i].name;
    }
    return loader_suggest(l, name, names, count);
}

static void read_ref(loader_t *l, const yaml_node_t *node, schema_t *schema)
{
    str_t prefix = STR("#/schemas/");
    str_t ref = member_text(node, "$ref");
    if (!str_starts(ref, prefix)) {
        return;
    }
    schema->ref_name = arena_str(l->arena, str_slice(ref, prefix.n, ref.n));
    schema->ref = map_get(l->schemas, schema->ref_name);
    if (!schema->ref) {
        loader_fault(l, ERR_schema_not_found, key_spot(node, "$ref"), "no schema `%.*s`%s",
                     STR_ARG(schema->ref_name), suggest_schema(l, schema->ref_name));
    }
}

static void note_site(loader_t *l, schema_site_t site)
{
    if (l->site_count == l->site_room) {
        l->site_room = l->site_room ? l->site_room * 2 : 64;
        schema_site_t *wider = arena_array_of(l->scratch, schema_site_t, l->site_room);
        memcpy(wider, l->sites ? l->sites : wider, l->site_count * sizeof *wider);
        l->sites = wider;
    }
    l->sites[l->site_count++] = site;
}

static void fill(loader_t *l, const yaml_node_t *node, const field_t *field, schema_t *schema)
{
    read_lengths(node_map(node), schema);
    if (!node_map(node)) {
        return;
    }
    note_site(l, (schema_site_t){.schema = schema, .node = node, .field = field});
    read_ref(l, node, schema);
    schema->type = type_of(member_text(node, "type"));
    if (node_map(yaml_get(node, "choices"))) {
        schema->type = SCHEMA_STRING;
    }
    schema->format_name = loader_str(l, node, "format");
    schema->format = format_of(schema->format_name);
    schema->title = loader_str(l, node, "title");
    schema->description = loader_str(l, node, "description");
    schema->enumeration = loader_json(l, node_list(yaml_get(node, "enum")));
    schema->constant = loader_json(l, yaml_get(node, "const"));
    schema->fallback = loader_json(l, yaml_get(node, "default"));
    schema->example = loader_json(l, yaml_get(node, "example"));
    schema->extensions = loader_extensions(l, node);
    read_flags(node, schema);
    read_bounds(node, schema);
    read_pattern(l, node, schema);
    read_parts(l, node, schema);
}

/* Where it only says type and format: both as a name to find the like by; absent otherwise. Most
 * schemas are such, and one of each kind is enough. */
static str_t plain_name(loader_t *l, const yaml_node_t *node)
{
    static const char *const plain_keys[] = {"type", "format", "in", "required"};
    for (size_t i = 0; i < node_count(node); i++) {
        bool plain = node->pairs[i].value->kind == YAML_SCALAR;
        bool known = false;
        for (size_t k = 0; k < sizeof plain_keys / sizeof *plain_keys; k++) {
            known = known || str_is(node->pairs[i].key->text, plain_keys[k]);
        }
        if (!plain || !known) {
            return STR_NONE;
        }
    }
    str_t type = member_text(node, "type");
    str_t format = member_text(node, "format");
    return arena_printf(l->scratch, "%.*s %.*s", STR_ARG(type), STR_ARG(format));
}

const schema_t *build_schema(loader_t *l, const yaml_node_t *node, const field_t *field)
{
    str_t name = plain_name(l, node_map(node));
    schema_t *schema = name.p ? map_get(l->plain_schemas, name) : NULL;
    if (schema) {
        return schema;
    }
    schema = arena_new_of(l->arena, schema_t);
    fill(l, node, field, schema);
    if (name.p) {
        map_set(l->plain_schemas, name, schema);
    }
    return schema;
}

void build_schemas(loader_t *l)
{
    const yaml_node_t *map = node_map(yaml_get(l->root, "schemas"));
    size_t n = node_count(map);
    named_schema_t *list = LOADER_ARRAY(l, named_schema_t, n);
    schema_t *all = LOADER_ARRAY(l, schema_t, n);
    for (size_t i = 0; i < n; i++) {
        list[i] = (named_schema_t){.name = arena_str(l->arena, map->pairs[i].key->text),
                                   .schema = &all[i]};
        map_set(l->schemas, list[i].name, &all[i]);
    }
    l->c->schemas = list;
    l->c->schema_count = n;
    for (size_t i = 0; i < n; i++) {
        fill(l, map->pairs[i].value, NULL, &all[i]);
    }
    build_cut_loops(l);
}
