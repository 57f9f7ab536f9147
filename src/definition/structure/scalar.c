/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>

#include "definition/structure/check.h"

bool structure_check_type(check_t *c, const rule_t *rule, unsigned kinds, spot_t at)
{
    if (!rule->kinds || rule->kinds & kinds) {
        return true;
    }
    if (rule->kinds & kinds_of_odd_node(at.node)) {
        structure_report_ambiguous(c, at.node, "write it as JSON does");
    } else {
        structure_report_type(c, rule, rule->kinds, at);
    }
    return false;
}

static void check_values(check_t *c, const rule_t *rule, unsigned kinds, spot_t at)
{
    for (size_t i = 0; i < rule->value_count; i++) {
        if (node_is_value(at.node, kinds, &rule->values[i])) {
            return;
        }
    }
    if (!c->d) {
        c->faults++;
    } else if (rule->expected || rule->message || rule->is_const) {
        structure_report_value(c, rule, at, "is not", rule->values[0].text);
    } else {
        structure_report_enum(c, rule, at);
    }
}

static void check_text(check_t *c, const rule_t *rule, spot_t at)
{
    str_t text = at.node->text;
    range_t length = rule->length_range;
    if (text.n > length.max && str_code_points(text) > length.max) {
        structure_report(c, ERR_definition_limit, at.node, "longer than %zu characters",
                         length.max);
    } else if (length.min && str_code_points(text) < length.min) {
        structure_report(c, ERR_definition_value, at.node, "shorter than %zu characters",
                         length.min);
    } else if (rule->pattern && !structure_pattern_matches(rule->pattern, text, c->room)) {
        structure_report_value(c, rule, at, "does not match",
                               structure_pattern_text(rule->pattern));
    }
}

static bool is_in_range(const rule_t *rule, double number)
{
    bool enough = rule->minimum_excluded ? number > rule->minimum : number >= rule->minimum;
    return enough && number <= rule->maximum;
}

static void check_number(check_t *c, const rule_t *rule, spot_t at)
{
    char *digits = str_dup(at.node->text);
    bool fits = is_in_range(rule, strtod(digits, NULL));
    free(digits);
    if (fits) {
        return;
    }
    err_code_t code = rule_code(rule, ERR_definition_range);
    shown_t value = shown_of(at.node->text);
    if (rule->expected) {
        structure_report(c, code, at.node, "%s is not %s", value.text, rule->expected);
    } else if (isinf(rule->maximum)) {
        structure_report(c, code, at.node, "%s is less than %.0f", value.text, rule->minimum);
    } else {
        structure_report(c, code, at.node, "%s is not in the range %.0f to %.0f", value.text,
                         rule->minimum, rule->maximum);
    }
}

void structure_check_scalar(check_t *c, const rule_t *rule, unsigned kinds, spot_t at)
{
    unsigned readings = rule->kinds ? kinds & rule->kinds : kinds;
    bool ranged = !isinf(rule->minimum) || !isinf(rule->maximum);
    if (rule->values) {
        check_values(c, rule, readings, at);
    }
    if (readings & KIND_TEXT) {
        check_text(c, rule, at);
    } else if (ranged && readings & (KIND_NUMBER | KIND_INTEGER)) {
        check_number(c, rule, at);
    }
}
