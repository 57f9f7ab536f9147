/* SPDX-License-Identifier: MIT */
/* Schemas of Swagger 2.0 as schemas of FORMAT 4. Each key is a row: how its value is taken over. */
#include "import/names.h"
#include "import/powerplatform/source.h"

typedef struct work {
    source_t *s;
    str_t operation;
    unsigned depth;
} work_t;

enum { DEPTH_MAX = 40 };

static json_t *take(work_t *w, const json_t *schema);

static void warn(work_t *w, const char *key, const char *why)
{
    if (w->operation.p) {
        report_warn(w->s->report, w->operation, "schema", "`%s` is left out: %s", key, why);
    } else {
        report_note(w->s->report, "schema", "`%s` is left out: %s", key, why);
    }
}

/* --- references --- */

/* Two names that FORMAT makes one stay two. */
static str_t name_in(source_t *s, str_t name)
{
    const json_t *known = json_object_getn(s->schema_names, name.p, name.n);
    if (known) {
        return json_view(known);
    }
    str_t plain = name_schema_in(s->arena, name), ours = plain;
    for (unsigned n = 2; json_object_get(s->schemas, ours.p); n++) {
        ours = arena_printf(s->arena, "%.*s_%u", STR_ARG(plain), n);
    }
    json_object_setn_new(s->schema_names, name.p, name.n, json_str(ours));
    return ours;
}

static json_t *take_reference(work_t *w, str_t reference)
{
    static const str_t prefix = STR_INIT("#/definitions/");
    str_t name = str_slice(reference, prefix.n, reference.n);
    const json_t *all = json_object_get(w->s->swagger, "definitions");
    const json_t *found =
        str_starts(reference, prefix) ? json_object_getn(all, name.p, name.n) : NULL;
    if (!json_is_object(found)) {
        char text[200];
        err_clean_text(text, sizeof text, reference);
        warn(w, "$ref", text);
        return NULL;
    }
    str_t ours = name_in(w->s, name);
    if (!json_object_get(w->s->schemas, ours.p)) {
        json_object_set_new(w->s->schemas, ours.p, json_object()); /* it may refer to itself */
        work_t below = {w->s, STR_NONE, 0};
        json_object_set_new(w->s->schemas, ours.p, take(&below, found));
    }
    return json_sprintf("#/schemas/%s", ours.p);
}

/* --- values --- */

static const char *type_of(const json_t *schema)
{
    const json_t *type = json_object_get(schema, "type");
    size_t at;
    json_t *one;
    json_array_foreach(type, at, one)
    {
        if (!str_is(json_view(one), "null")) {
            return json_string_value(one);
        }
    }
    return json_string_value(type);
}

static json_t *number_of(str_t text)
{
    err_t err = ERR_INIT;
    json_t *v = json_read(text, NULL, &err);
    if (json_is_number(v)) {
        return v;
    }
    json_decref(v);
    return NULL;
}

/* A value as its type wants it, where that says the same: "5" of an integer, 5 of a string. NULL:
 * it does not fit. */
static json_t *fitting(const char *type, const json_t *value)
{
    str_t wanted = str_of(type), text = json_view(value);
    if (!type || (str_is(wanted, "array") && json_is_array(value)) ||
        (str_is(wanted, "object") && json_is_object(value)) ||
        (str_is(wanted, "string") && json_is_string(value)) ||
        (str_is(wanted, "boolean") && json_is_boolean(value)) ||
        (str_is(wanted, "number") && json_is_number(value)) ||
        (str_is(wanted, "integer") && json_is_integer(value))) {
        return json_deep_copy(value);
    }
    if (str_is(wanted, "boolean") && json_is_string(value)) {
        bool no = str_eq_nocase(text, STR("false"));
        return no || is_true(value) ? json_boolean(!no) : NULL;
    }
    if (str_is(wanted, "integer") || str_is(wanted, "number")) {
        json_t *number = json_is_string(value) ? number_of(text) : NULL;
        if (number && str_is(wanted, "integer") && !json_is_integer(number)) {
            json_decref(number);
            number = NULL;
        }
        return number;
    }
    if (str_is(wanted, "string") && (json_is_number(value) || json_is_boolean(value))) {
        buf_t digits;
        buf_init(&digits, 100);
        json_write(&digits, value);
        json_t *v = json_str(buf_view(&digits));
        buf_fini(&digits);
        return v;
    }
    return NULL;
}

/* `@{utcNow()}` */
static bool is_expression(const json_t *value)
{
    return str_starts(json_view(value), STR("@{"));
}

static json_t *take_value(work_t *w, const json_t *schema, const char *key, const json_t *value)
{
    if (is_expression(value)) {
        warn(w, key, "it is an expression, which only the platform's flows evaluate");
        return NULL;
    }
    json_t *taken = fitting(type_of(schema), value);
    if (!taken && !json_is_null(value)) {
        warn(w, key, "it does not fit the type");
    }
    return taken;
}

static json_t *take_enum(work_t *w, const json_t *schema, const char *key, const json_t *value)
{
    json_t *list = json_array();
    size_t at;
    json_t *one;
    bool open = false; /* what an expression gives is none of the others */
    json_array_foreach(value, at, one)
    {
        json_t *taken = take_value(w, schema, key, one);
        open = open || is_expression(one);
        if (taken) {
            json_array_append_new(list, taken);
        }
    }
    if (open || json_array_size(list) == 0) {
        json_decref(list);
        return NULL;
    }
    return list;
}

static json_t *take_as_is(work_t *w, const json_t *schema, const char *key, const json_t *value)
{
    (void)w, (void)schema, (void)key;
    return json_is_null(value) ? NULL : json_deep_copy(value);
}

static json_t *take_number(work_t *w, const json_t *schema, const char *key, const json_t *value)
{
    (void)schema;
    json_t *taken = json_is_number(value)   ? json_deep_copy(value)
                    : json_is_string(value) ? number_of(json_view(value))
                                            : NULL;
    if (!taken) {
        warn(w, key, "it is no number");
    }
    return taken;
}

static json_t *take_text(work_t *w, const json_t *schema, const char *key, const json_t *value)
{
    (void)w, (void)schema, (void)key;
    return json_view(value).n ? json_deep_copy(value) : NULL;
}

static json_t *take_flag(work_t *w, const json_t *schema, const char *key, const json_t *value)
{
    (void)w, (void)schema, (void)key;
    return is_true(value) ? json_true() : NULL;
}

static json_t *take_bound_flag(work_t *w, const json_t *schema, const char *key,
                               const json_t *value)
{
    return json_is_number(value) ? json_deep_copy(value) : take_flag(w, schema, key, value);
}

/* --- schemas within --- */

static json_t *take_one(work_t *w, const json_t *schema, const char *key, const json_t *value)
{
    (void)schema;
    const json_t *first = json_is_array(value) ? json_array_get(value, 0) : value;
    if (!json_is_object(first)) {
        warn(w, key, "it is no schema");
        return NULL;
    }
    return take(w, first);
}

static json_t *take_list(work_t *w, const json_t *schema, const char *key, const json_t *value)
{
    (void)schema, (void)key;
    json_t *list = json_array();
    size_t at;
    json_t *one;
    json_array_foreach(value, at, one)
    {
        json_array_append_new(list, take(w, one));
    }
    return list;
}

static json_t *take_members(work_t *w, const json_t *schema, const char *key, const json_t *value)
{
    (void)schema, (void)key;
    json_t *members = json_object();
    const char *name;
    json_t *one;
    json_object_foreach((json_t *)(uintptr_t)value, name, one)
    {
        if (json_is_object(one)) {
            json_object_set_new(members, name, take(w, one));
        } else {
            warn(w, name, "it is no schema");
        }
    }
    return members;
}

static json_t *take_additional(work_t *w, const json_t *schema, const char *key,
                               const json_t *value)
{
    return json_is_boolean(value) ? json_deep_copy(value) : take_one(w, schema, key, value);
}

static json_t *take_required(work_t *w, const json_t *schema, const char *key, const json_t *value)
{
    if (!json_is_array(value)) {
        return take_flag(w, schema, key, value);
    }
    json_t *list = json_array();
    size_t at, other;
    json_t *one, *known;
    json_array_foreach(value, at, one)
    {
        bool twice = !json_is_string(one);
        json_array_foreach(list, other, known)
        {
            twice = twice || json_equal(known, one);
        }
        if (!twice) {
            json_array_append(list, one);
        }
    }
    if (json_array_size(list)) {
        return list;
    }
    json_decref(list);
    return NULL;
}

/* --- the keys --- */

typedef struct rule {
    const char *key;
    const char *ours; /* NULL: the same */
    json_t *(*take)(work_t *w, const json_t *schema, const char *key, const json_t *value);
} rule_t;

/* In FORMAT's order. */
static const rule_t RULES[] = {
    {"title", NULL, take_text},
    {"x-ms-summary", "title", take_text},
    {"description", NULL, take_text},
    {"format", NULL, take_text},
    {"enum", NULL, take_enum},
    {"default", NULL, take_value},
    {"example", NULL, take_as_is},
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
    {"readOnly", NULL, take_flag},
    {"deprecated", NULL, take_flag},
    {"discriminator", NULL, take_text},
};

/* Known, and said otherwise or meaning nothing here. */
static bool is_handled(str_t key)
{
    return str_is(key, "type") || str_is(key, "$ref") || str_starts(key, STR("x-"));
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

static void warn_of_others(work_t *w, const json_t *schema)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)schema, key, value)
    {
        (void)value;
        if (!rule_of(key) && !is_handled(str_of(key))) {
            warn(w, key, "FORMAT has no such key");
        }
    }
}

static void take_type(work_t *w, const json_t *schema, json_t *to)
{
    static const char *const types[] = {"string",  "integer", "number",
                                        "boolean", "array",   "object"};
    str_t type = str_of(type_of(schema));
    if (str_is(type, "file")) {
        json_object_set_new(to, "type", json_string("string"));
        json_object_set_new(to, "format", json_string("binary"));
        return;
    }
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (str_eq_nocase(type, str_of(types[i]))) {
            json_object_set_new(to, "type", json_string(types[i]));
        }
    }
    if (type.n && !json_object_get(to, "type")) {
        warn(w, "type", type.p);
    }
    if (json_is_array(json_object_get(schema, "type"))) {
        json_object_set_new(to, "nullable", json_true());
    }
}

static bool stands_beside_reference(const char *key)
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

static void take_keys(work_t *w, const json_t *schema, json_t *to)
{
    bool refers = json_object_get(to, "$ref") != NULL;
    for (size_t i = 0; i < sizeof RULES / sizeof *RULES; i++) {
        const rule_t *rule = &RULES[i];
        const char *ours = rule->ours ? rule->ours : rule->key;
        const json_t *value = json_object_get(schema, rule->key);
        if (!value || json_object_get(to, ours) || (refers && str_is(str_of(ours), "items"))) {
            continue;
        }
        if (refers && !stands_beside_reference(ours) && !json_is_true(value)) {
            continue; /* what a reference says counts, not what stands beside it */
        }
        json_t *taken = rule->take(w, schema, rule->key, value);
        if (taken) {
            json_object_set_new(to, ours, taken);
        }
    }
}

/* What has become the title is told. */
static void drop_told(json_t *to)
{
    if (json_equal(json_object_get(to, "x-ms-summary"), json_object_get(to, "title"))) {
        json_object_del(to, "x-ms-summary");
    }
}

static json_t *take(work_t *w, const json_t *schema)
{
    json_t *to = json_object();
    if (++w->depth > DEPTH_MAX) {
        warn(w, "schema", "it is too deep");
    } else {
        str_t reference = json_member(schema, "$ref");
        json_t *ours = reference.p ? take_reference(w, reference) : NULL;
        if (ours) {
            json_object_set_new(to, "$ref", ours);
        } else {
            take_type(w, schema, to);
        }
        take_keys(w, schema, to);
        extensions_import(w->s, schema, to);
        drop_told(to);
        warn_of_others(w, schema);
    }
    w->depth--;
    return to;
}

void schemas_import_rest(source_t *s)
{
    work_t w = {s, STR_NONE, 0};
    const char *name;
    json_t *schema;
    json_object_foreach(json_object_get(s->swagger, "definitions"), name, schema)
    {
        if (json_is_object(schema)) {
            str_t reference = arena_printf(s->arena, "#/definitions/%s", name);
            json_decref(take_reference(&w, reference));
        }
    }
}

json_t *schema_import(source_t *s, const json_t *schema, str_t operation)
{
    work_t w = {s, operation, 0};
    return take(&w, schema);
}
