/* SPDX-License-Identifier: MIT */
/* The keywords that say what a value is: type, enum, const. */
#include "codec/json.h"
#include "definition/structure/compile.h"

static unsigned kind_of_type(str_t name)
{
    static const struct {
        const char *name;
        unsigned kind;
    } types[] = {{"string", KIND_TEXT},
                 {"null", KIND_NULL},
                 {"boolean", KIND_BOOL},
                 {"integer", KIND_INTEGER},
                 {"array", KIND_LIST},
                 {"object", KIND_MAP},
                 {"number", KIND_NUMBER | KIND_INTEGER}};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (str_is(name, types[i].name)) {
            return types[i].kind;
        }
    }
    compile_refuse("no such type", name.p ? name.p : "");
}

void compile_type(compiler_t *c, rule_t *rule, json_t *v)
{
    (void)c;
    size_t i;
    json_t *one;
    if (json_is_string(v)) {
        rule->kinds = kind_of_type(json_view(v));
    }
    json_array_foreach(v, i, one)
    {
        rule->kinds |= kind_of_type(json_view(one));
    }
}

static rule_value_t value_of(compiler_t *c, const json_t *v)
{
    if (json_is_string(v)) {
        return (rule_value_t){.kind = KIND_TEXT, .text = arena_str(c->arena, json_view(v))};
    }
    if (json_is_boolean(v)) {
        return (rule_value_t){.kind = KIND_BOOL,
                              .text = json_is_true(v) ? STR("true") : STR("false")};
    }
    if (json_is_integer(v)) {
        return (rule_value_t){.kind = KIND_INTEGER,
                              .number = (double)json_integer_value(v),
                              .text =
                                  arena_printf(c->arena, "%lld", (long long)json_integer_value(v))};
    }
    compile_refuse("a value of a kind that is not read in", "enum");
}

void compile_enum(compiler_t *c, rule_t *rule, json_t *v)
{
    size_t count = json_array_size(v);
    rule_value_t *values = arena_array_of(c->arena, rule_value_t, count);
    for (size_t i = 0; i < count; i++) {
        values[i] = value_of(c, json_array_get(v, i));
    }
    rule->values = values;
    rule->value_count = count;
}

void compile_const(compiler_t *c, rule_t *rule, json_t *v)
{
    rule_value_t *value = arena_new_of(c->arena, rule_value_t);
    *value = value_of(c, v);
    rule->values = value;
    rule->value_count = 1;
    rule->is_const = true;
}
