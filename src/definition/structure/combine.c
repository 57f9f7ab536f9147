/* SPDX-License-Identifier: MIT */
#include "definition/structure/check.h"

static size_t count_faults(const check_t *c, const rule_t *rule, spot_t at, bool all)
{
    check_t asking = {.counting = all, .room = c->room};
    structure_check_node(&asking, rule, at);
    return asking.faults;
}

static bool fits(const check_t *c, const rule_t *rule, spot_t at)
{
    return count_faults(c, rule, at, false) == 0;
}

/* What the rule's own `type` allows, or that of its parts. */
static unsigned kinds_allowed(const rule_t *rule)
{
    unsigned kinds = rule->kinds ? rule->kinds : KIND_ANY;
    for (size_t i = 0; i < rule->all_of.count; i++) {
        kinds &= kinds_allowed(rule->all_of.list[i]);
    }
    return kinds;
}

/* The branches whose type the node has: how many, and the last of them. */
static size_t branches_of_kind(rules_t branches, unsigned kinds, const rule_t **one)
{
    size_t count = 0;
    for (size_t i = 0; i < branches.count; i++) {
        if (kinds_allowed(branches.list[i]) & kinds) {
            *one = branches.list[i];
            count++;
        }
    }
    return count;
}

static unsigned kinds_of_branches(rules_t branches)
{
    unsigned kinds = 0;
    for (size_t i = 0; i < branches.count; i++) {
        kinds |= kinds_allowed(branches.list[i]);
    }
    return kinds;
}

/* The branch that the author most likely meant: of the node's type, with the fewest faults. */
static const rule_t *nearest_branch(const check_t *c, rules_t branches, spot_t at)
{
    const rule_t *nearest = branches.list[0];
    size_t least = SIZE_MAX;
    for (size_t i = 0; i < branches.count; i++) {
        const rule_t *branch = branches.list[i];
        if (kinds_allowed(branch) & kinds_of_node(at.node)) {
            size_t faults = count_faults(c, branch, at, true);
            nearest = faults < least ? branch : nearest;
            least = faults < least ? faults : least;
        }
    }
    return nearest;
}

static void report_branches(check_t *c, const rule_t *rule, rules_t branches, spot_t at)
{
    if (rule->message) {
        structure_report_message(c, rule, at);
    } else if (rule->expected && at.node->kind == YAML_SCALAR) {
        structure_report_value(c, rule, at, "", STR_NONE);
    } else if (c->d) {
        structure_check_node(c, nearest_branch(c, branches, at), at);
    } else {
        c->faults++;
    }
}

static void check_any_of(check_t *c, const rule_t *rule, spot_t at)
{
    const rule_t *one = NULL;
    size_t count = branches_of_kind(rule->any_of, kinds_of_node(at.node), &one);
    if (count == 0 && kinds_of_odd_node(at.node) & kinds_of_branches(rule->any_of)) {
        structure_report_ambiguous(c, at.node, "write it as JSON does");
        return;
    }
    if (count == 0) {
        structure_report_type(c, rule, kinds_of_branches(rule->any_of), at);
        return;
    }
    if (count == 1) {
        structure_check_node(c, one, at);
        return;
    }
    for (size_t i = 0; i < rule->any_of.count; i++) {
        if (fits(c, rule->any_of.list[i], at)) {
            return;
        }
    }
    report_branches(c, rule, rule->any_of, at);
}

static void check_one_of(check_t *c, const rule_t *rule, spot_t at)
{
    size_t count = 0;
    for (size_t i = 0; i < rule->one_of.count; i++) {
        count += fits(c, rule->one_of.list[i], at);
    }
    if (count == 0) {
        report_branches(c, rule, rule->one_of, at);
    } else if (count > 1 && rule->message) {
        structure_report_message(c, rule, at);
    } else if (count > 1) {
        structure_report(c, rule_code(rule, ERR_definition_value), at.node,
                         "more than one form at a time");
    }
}

static void check_not(check_t *c, const rule_t *rule, spot_t at)
{
    if (!fits(c, rule->negated, at)) {
        return;
    }
    if (rule->message) {
        structure_report_message(c, rule, at);
    } else {
        structure_report(c, rule_code(rule, ERR_definition_value), at.node, "not allowed here");
    }
}

static void check_condition(check_t *c, const rule_t *rule, spot_t at)
{
    const rule_t *next = fits(c, rule->condition, at) ? rule->then_rule : rule->else_rule;
    if (next) {
        structure_check_node(c, next, at);
    }
}

/* Of a scalar the first fault is told: the others would say the same in other words. */
void structure_check_combined(check_t *c, const rule_t *rule, spot_t at)
{
    size_t before = c->faults;
    bool one_fault = at.node->kind == YAML_SCALAR;
    for (size_t i = 0; i < rule->all_of.count; i++) {
        if (one_fault && c->faults > before) {
            return;
        }
        structure_check_node(c, rule->all_of.list[i], at);
    }
    if (rule->any_of.count) {
        check_any_of(c, rule, at);
    }
    if (rule->one_of.count) {
        check_one_of(c, rule, at);
    }
    if (rule->negated) {
        check_not(c, rule, at);
    }
    if (rule->condition) {
        check_condition(c, rule, at);
    }
}
