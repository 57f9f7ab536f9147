/* SPDX-License-Identifier: MIT */
/* The members that a rule names, found by hash: every key of every definition is looked up here. */
#include "definition/structure/compile.h"

static size_t hash_name(str_t name)
{
    uint32_t hash = 2166136261u; /* FNV-1a: the names are ours, so nobody can make them collide */
    for (size_t i = 0; i < name.n; i++) {
        hash = (hash ^ (unsigned char)name.p[i]) * 16777619u;
    }
    return hash;
}

const rule_member_t *rule_member(const rule_t *rule, str_t name)
{
    if (rule->member_count == 0) {
        return NULL;
    }
    for (size_t at = hash_name(name);; at++) {
        size_t index = rule->slots[at & rule->slot_mask];
        if (index == 0) {
            return NULL;
        }
        if (str_eq(rule->members[index - 1].name, name)) {
            return &rule->members[index - 1];
        }
    }
}

void compile_reserve_members(compiler_t *c, rule_t *rule, const json_t *schema)
{
    size_t most = json_object_size(json_object_get(schema, "properties")) +
                  json_array_size(json_object_get(schema, "required"));
    if (most > RULE_MEMBERS_MAX) {
        compile_refuse("too many members in", "properties");
    }
    size_t slots = 2;
    while (slots < most * 2) {
        slots *= 2;
    }
    rule->members = arena_array_of(c->arena, rule_member_t, most);
    rule->slots = arena_alloc(c->arena, slots);
    rule->slot_mask = slots - 1;
}

rule_member_t *compile_member(compiler_t *c, rule_t *rule, str_t name)
{
    const rule_member_t *known = rule_member(rule, name);
    if (known) {
        return &rule->members[known - rule->members];
    }
    rule_member_t *member = &rule->members[rule->member_count++];
    member->name = arena_str(c->arena, name);
    size_t at = hash_name(name);
    while (rule->slots[at & rule->slot_mask]) {
        at++;
    }
    rule->slots[at & rule->slot_mask] = (uint8_t)rule->member_count;
    return member;
}
