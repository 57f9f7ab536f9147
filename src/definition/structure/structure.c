/* SPDX-License-Identifier: MIT */
#include "definition/structure/structure.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/mem.h"
#include "definition/structure/check.h"

struct structure {
    arena_t *arena;
    const rule_t *root;
};

/* --- lists --- */

static bool stood_before(const yaml_node_t *list, size_t index)
{
    const yaml_node_t *item = list->items[index];
    for (size_t i = 0; item->kind == YAML_SCALAR && i < index; i++) {
        const yaml_node_t *other = list->items[i];
        if (other->kind == YAML_SCALAR && str_eq(other->text, item->text)) {
            return true;
        }
    }
    return false;
}

static void check_items(check_t *c, const rule_t *rule, const yaml_node_t *list)
{
    bool too_many = list->count > rule->item_range.max;
    for (size_t i = 0; i < list->count && !check_is_over(c); i++) {
        const yaml_node_t *item = list->items[i];
        if (rule->items) {
            structure_check_node(c, rule->items, (spot_t){item, item});
        }
        /* A list within its limit is short enough to compare each with each. */
        if (rule->unique && !too_many && stood_before(list, i)) {
            structure_report(c, ERR_definition_value, item, "'%s' stands twice",
                             shown_of(item->text).text);
        }
    }
}

static void check_list(check_t *c, const rule_t *rule, spot_t at)
{
    size_t count = at.node->count;
    if (count > rule->item_range.max) {
        structure_report(c, ERR_definition_limit, at.node, "%zu items; at most %zu are allowed",
                         count, rule->item_range.max);
    } else if (count < rule->item_range.min) {
        structure_report(c, ERR_definition_value, at.node, "at least %zu item%s needed",
                         rule->item_range.min, rule->item_range.min == 1 ? " is" : "s are");
    }
    if (rule->items || rule->unique) {
        check_items(c, rule, at.node);
    }
}

/* --- maps --- */

typedef struct seen {
    uint64_t bits[RULE_MEMBERS_MAX / 64];
} seen_t;

static void seen_add(seen_t *seen, size_t index)
{
    seen->bits[index / 64] |= UINT64_C(1) << index % 64;
}

static bool seen_has(const seen_t *seen, size_t index)
{
    return seen->bits[index / 64] >> index % 64 & 1;
}

/* Keys are text, however they are spelled. */
static void check_name(check_t *c, const rule_t *rule, const yaml_node_t *key)
{
    yaml_node_t name = *key;
    name.plain = false;
    structure_check_node(c, rule, (spot_t){&name, &name});
}

static bool check_by_pattern(check_t *c, const rule_t *rule, const yaml_pair_t *pair)
{
    bool known = false;
    for (size_t i = 0; i < rule->pattern_member_count; i++) {
        const rule_pattern_member_t *one = &rule->pattern_members[i];
        if (structure_pattern_matches(one->pattern, pair->key->text, c->room)) {
            structure_check_node(c, one->rule, (spot_t){pair->value, pair->key});
            known = true;
        }
    }
    return known;
}

static void check_member(check_t *c, const rule_t *rule, const yaml_pair_t *pair, seen_t *seen)
{
    const rule_member_t *member = rule_member(rule, pair->key->text);
    bool known = member && member->rule;
    if (member) {
        seen_add(seen, (size_t)(member - rule->members));
    }
    if (known) {
        structure_check_node(c, member->rule, (spot_t){pair->value, pair->key});
    }
    known |= check_by_pattern(c, rule, pair);
    if (!known && rule->closed) {
        structure_report_unknown(c, rule, pair->key);
    } else if (!known && rule->other_members) {
        structure_check_node(c, rule->other_members, (spot_t){pair->value, pair->key});
    }
    if (rule->member_names) {
        check_name(c, rule->member_names, pair->key);
    }
}

static void check_members(check_t *c, const rule_t *rule, spot_t at)
{
    seen_t seen = {{0}};
    for (size_t i = 0; i < at.node->count && !check_is_over(c); i++) {
        check_member(c, rule, &at.node->pairs[i], &seen);
    }
    for (size_t i = 0; i < rule->member_count; i++) {
        if (rule->members[i].required && !seen_has(&seen, i)) {
            structure_report(c, rule_code(rule, ERR_definition_missing_key), at.key,
                             "'%.*s' is a required property", STR_ARG(rule->members[i].name));
        }
    }
}

static void check_map(check_t *c, const rule_t *rule, spot_t at)
{
    size_t count = at.node->count;
    if (count > rule->member_range.max) {
        structure_report(c, ERR_definition_limit, at.node, "%zu entries; at most %zu are allowed",
                         count, rule->member_range.max);
    } else if (count < rule->member_range.min) {
        structure_report(c, ERR_definition_value, at.node, "at least %zu entr%s needed",
                         rule->member_range.min, rule->member_range.min == 1 ? "y is" : "ies are");
    }
    if (rule->reads_members) {
        check_members(c, rule, at);
    }
}

/* --- nodes --- */

static void check_json(check_t *c, const yaml_node_t *node)
{
    if (node->kind == YAML_SCALAR) {
        if (node->plain && yaml_scalar_is(node) == YAML_IS_ODD) {
            structure_report_ambiguous(c, node, "put it in quotes");
        }
        return;
    }
    for (size_t i = 0; i < node->count; i++) {
        check_json(c, node->kind == YAML_LIST ? node->items[i] : node->pairs[i].value);
    }
}

static void check_kind(check_t *c, const rule_t *rule, unsigned kinds, spot_t at)
{
    switch (at.node->kind) {
    case YAML_SCALAR:
        structure_check_scalar(c, rule, kinds, at);
        break;
    case YAML_LIST:
        check_list(c, rule, at);
        break;
    case YAML_MAP:
        check_map(c, rule, at);
        break;
    }
}

void structure_check_node(check_t *c, const rule_t *rule, spot_t at)
{
    if (check_is_over(c)) {
        return;
    }
    if (rule->json) {
        check_json(c, at.node);
        return;
    }
    if (rule->never) {
        structure_report(c, rule_code(rule, ERR_definition_value), at.key, "%s",
                         rule->message ? rule->message : "not allowed here");
        return;
    }
    size_t before = c->faults;
    unsigned kinds = kinds_of_node(at.node);
    if (!structure_check_type(c, rule, kinds, at)) {
        return;
    }
    check_kind(c, rule, kinds, at);
    if (at.node->kind != YAML_SCALAR || c->faults == before) {
        structure_check_combined(c, rule, at);
    }
}

void structure_check(const structure_t *s, const yaml_node_t *root, diagnostics_t *d)
{
    match_room_t room = {NULL};
    check_t c = {.d = d, .room = &room};
    structure_check_node(&c, s->root, (spot_t){root, NULL});
    match_room_fini(&room);
}

/* --- the schema --- */

extern const char connector_schema[];
extern const size_t connector_schema_length;

structure_t *structure_new(str_t schema_json)
{
    structure_t *s = mem_new(structure_t);
    s->arena = arena_new(0);
    s->root = rule_compile_in(s->arena, schema_json);
    return s;
}

void structure_free(structure_t *s)
{
    if (s) {
        arena_free(s->arena);
        free(s);
    }
}

str_t structure_schema_text(void)
{
    return str_at(connector_schema, connector_schema_length);
}

static structure_t *of_format;

static void make_of_format(void)
{
    of_format = structure_new(structure_schema_text());
}

const structure_t *structure_of_format(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_of_format);
    return of_format;
}
