/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>

#include "base/fatal.h"
#include "codec/json.h"
#include "definition/structure/compile.h"

static const rule_t *compile(compiler_t *c, json_t *schema);

_Noreturn void compile_refuse(const char *what, const char *name)
{
    char why[200];
    (void)snprintf(why, sizeof why, "the schema of the format: %s `%s`", what, name);
    fatal_abort(why);
}

static const char *text_of(compiler_t *c, const json_t *v, const char *keyword)
{
    if (!json_is_string(v)) {
        compile_refuse("not a text in", keyword);
    }
    return arena_str(c->arena, json_view(v)).p;
}

/* --- members --- */

static void read_properties(compiler_t *c, rule_t *rule, json_t *v)
{
    const char *name;
    json_t *schema;
    rule->names = arena_array_of(c->arena, str_t, json_object_size(v));
    json_object_foreach(v, name, schema)
    {
        rule_member_t *member = compile_member(c, rule, str_of(name));
        member->rule = compile(c, schema);
        rule->names[rule->name_count++] = member->name;
    }
}

static void read_required(compiler_t *c, rule_t *rule, json_t *v)
{
    size_t i;
    json_t *name;
    json_array_foreach(v, i, name)
    {
        compile_member(c, rule, json_view(name))->required = true;
    }
}

static void read_pattern_properties(compiler_t *c, rule_t *rule, json_t *v)
{
    const char *pattern;
    json_t *schema;
    rule->pattern_members = arena_array_of(c->arena, rule_pattern_member_t, json_object_size(v));
    json_object_foreach(v, pattern, schema)
    {
        rule_pattern_member_t *one = &rule->pattern_members[rule->pattern_member_count++];
        one->pattern = structure_pattern_in(c->arena, arena_str(c->arena, str_of(pattern)));
        one->rule = compile(c, schema);
    }
}

static void read_additional_properties(compiler_t *c, rule_t *rule, json_t *v)
{
    rule->closed = json_is_false(v);
    rule->other_members = json_is_object(v) ? compile(c, v) : NULL;
}

static void read_property_names(compiler_t *c, rule_t *rule, json_t *v)
{
    rule->member_names = compile(c, v);
}

/* --- limits --- */

static size_t size_of(const json_t *v)
{
    if (!json_is_integer(v) || json_integer_value(v) < 0) {
        compile_refuse("not a size in", "min… or max…");
    }
    return (size_t)json_integer_value(v);
}

#define READ_SIZE(name, target)                                                                    \
    static void name(compiler_t *c, rule_t *rule, json_t *v)                                       \
    {                                                                                              \
        (void)c;                                                                                   \
        rule->target = size_of(v);                                                                 \
    }
READ_SIZE(read_min_items, item_range.min)
READ_SIZE(read_max_items, item_range.max)
READ_SIZE(read_min_properties, member_range.min)
READ_SIZE(read_max_properties, member_range.max)
READ_SIZE(read_min_length, length_range.min)
READ_SIZE(read_max_length, length_range.max)
#undef READ_SIZE

static void read_minimum(compiler_t *c, rule_t *rule, json_t *v)
{
    (void)c;
    rule->minimum = json_number_value(v);
}

static void read_exclusive_minimum(compiler_t *c, rule_t *rule, json_t *v)
{
    (void)c;
    rule->minimum = json_number_value(v);
    rule->minimum_excluded = true;
}

static void read_maximum(compiler_t *c, rule_t *rule, json_t *v)
{
    (void)c;
    rule->maximum = json_number_value(v);
}

static void read_unique_items(compiler_t *c, rule_t *rule, json_t *v)
{
    (void)c;
    rule->unique = json_is_true(v);
}

static void read_pattern(compiler_t *c, rule_t *rule, json_t *v)
{
    rule->pattern = structure_pattern_in(c->arena, str_of(text_of(c, v, "pattern")));
}

/* --- rules within rules --- */

static rules_t rules_of(compiler_t *c, json_t *v)
{
    rules_t rules = {.count = json_array_size(v)};
    rules.list = arena_array_of(c->arena, const rule_t *, rules.count);
    for (size_t i = 0; i < rules.count; i++) {
        rules.list[i] = compile(c, json_array_get(v, i));
    }
    return rules;
}

#define READ_RULE(name, target, read)                                                              \
    static void name(compiler_t *c, rule_t *rule, json_t *v)                                       \
    {                                                                                              \
        rule->target = read(c, v);                                                                 \
    }
READ_RULE(read_items, items, compile)
READ_RULE(read_all_of, all_of, rules_of)
READ_RULE(read_any_of, any_of, rules_of)
READ_RULE(read_one_of, one_of, rules_of)
READ_RULE(read_if, condition, compile)
READ_RULE(read_then, then_rule, compile)
READ_RULE(read_else, else_rule, compile)
#undef READ_RULE

static void read_not(compiler_t *c, rule_t *rule, json_t *v)
{
    rule->never = json_is_object(v) && json_object_size(v) == 0;
    rule->negated = rule->never ? NULL : compile(c, v);
}

/* --- Tenon's own --- */

static void read_code(compiler_t *c, rule_t *rule, json_t *v)
{
    rule->code = err_code_of(json_view(v));
    if (rule->code == ERR_none) {
        compile_refuse("no such code", text_of(c, v, "x-code"));
    }
}

static void read_expected(compiler_t *c, rule_t *rule, json_t *v)
{
    rule->expected = text_of(c, v, "x-expected");
}

static void read_message(compiler_t *c, rule_t *rule, json_t *v)
{
    rule->message = text_of(c, v, "x-message");
}

static void read_json(compiler_t *c, rule_t *rule, json_t *v)
{
    (void)c;
    rule->json = json_is_true(v);
}

/* For editors only. */
static void read_nothing(compiler_t *c, rule_t *rule, json_t *v)
{
    (void)c;
    (void)rule;
    (void)v;
}

static const struct {
    const char *name;
    void (*read)(compiler_t *c, rule_t *rule, json_t *v);
} keywords[] = {
    {"type", compile_type},
    {"enum", compile_enum},
    {"const", compile_const},
    {"properties", read_properties},
    {"required", read_required},
    {"patternProperties", read_pattern_properties},
    {"additionalProperties", read_additional_properties},
    {"propertyNames", read_property_names},
    {"items", read_items},
    {"minItems", read_min_items},
    {"maxItems", read_max_items},
    {"uniqueItems", read_unique_items},
    {"minProperties", read_min_properties},
    {"maxProperties", read_max_properties},
    {"minLength", read_min_length},
    {"maxLength", read_max_length},
    {"pattern", read_pattern},
    {"minimum", read_minimum},
    {"exclusiveMinimum", read_exclusive_minimum},
    {"maximum", read_maximum},
    {"allOf", read_all_of},
    {"anyOf", read_any_of},
    {"oneOf", read_one_of},
    {"not", read_not},
    {"if", read_if},
    {"then", read_then},
    {"else", read_else},
    {"x-code", read_code},
    {"x-expected", read_expected},
    {"x-message", read_message},
    {"x-json", read_json},
    {"$schema", read_nothing},
    {"$id", read_nothing},
    {"$comment", read_nothing},
    {"title", read_nothing},
    {"description", read_nothing},
    {"default", read_nothing},
    {"examples", read_nothing},
    {"definitions", read_nothing},
};

static void read_keyword(compiler_t *c, rule_t *rule, const char *name, json_t *v)
{
    for (size_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++) {
        if (strcmp(name, keywords[i].name) == 0) {
            keywords[i].read(c, rule, v);
            return;
        }
    }
    compile_refuse("unknown keyword", name);
}

/* "#/definitions/a/properties/b" */
static json_t *resolve(compiler_t *c, str_t reference)
{
    str_t rest = reference;
    json_t *at = c->root;
    if (!str_is(str_cut(&rest, '/'), "#")) {
        compile_refuse("not a reference", reference.p);
    }
    while (rest.p && at) {
        str_t name = str_cut(&rest, '/');
        at = json_object_getn(at, name.p, name.n);
    }
    if (!at) {
        compile_refuse("a reference to nothing", reference.p);
    }
    return at;
}

static rule_t *rule_new(compiler_t *c, json_t *schema)
{
    rule_t *rule = arena_new_of(c->arena, rule_t);
    rule->item_range.max = rule->member_range.max = rule->length_range.max = SIZE_MAX;
    rule->minimum = -INFINITY;
    rule->maximum = INFINITY;
    map_set(c->rules, str_at(&schema, sizeof schema), rule);
    return rule;
}

static void read_keywords(compiler_t *c, rule_t *rule, json_t *schema)
{
    const char *name;
    json_t *v;
    compile_reserve_members(c, rule, schema);
    json_object_foreach(schema, name, v)
    {
        read_keyword(c, rule, name, v);
    }
    rule->reads_members = rule->member_count || rule->pattern_member_count || rule->closed ||
                          rule->other_members || rule->member_names;
}

static const rule_t *compile(compiler_t *c, json_t *schema)
{
    const rule_t *known = map_get(c->rules, str_at(&schema, sizeof schema));
    if (known) {
        return known;
    }
    json_t *reference = json_object_get(schema, "$ref");
    if (reference) {
        return compile(c, resolve(c, json_view(reference)));
    }
    if (!json_is_object(schema) && !json_is_boolean(schema)) {
        compile_refuse("not a schema", "");
    }
    rule_t *rule = rule_new(c, schema);
    rule->never = json_is_false(schema);
    read_keywords(c, rule, schema);
    return rule;
}

const rule_t *rule_compile_in(arena_t *arena, str_t schema_json)
{
    err_t err = ERR_INIT;
    compiler_t c = {.arena = arena, .root = json_read(schema_json, NULL, &err)};
    if (!c.root) {
        compile_refuse("not JSON", err.text);
    }
    c.rules = map_new();
    const rule_t *rule = compile(&c, c.root);
    map_free(c.rules);
    json_decref(c.root);
    return rule;
}
