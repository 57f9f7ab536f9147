/* SPDX-License-Identifier: MIT */
#include "definition/structure.h"

#include <math.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "definition/structure_value.h"

enum { MESSAGE_BYTES = 1000 };

struct structure {
    arena_t *arena;
    const rule_t *root;
};

/* One pass over a tree. Where d is NULL it only asks whether the tree fits (if, not, anyOf): it ends
 * at the first fault unless all are to be counted. */
typedef struct check {
    diagnostics_t *d;
    bool counting;
    size_t faults;
    match_room_t *room;
} check_t;

/* A node and the key it stands under: a list's item and the key of propertyNames are their own, the
 * root has none. */
typedef struct spot {
    const yaml_node_t *node;
    const yaml_node_t *key;
} spot_t;

static void check_spot(check_t *c, const rule_t *rule, spot_t at);

static bool is_over(const check_t *c)
{
    return c->faults && !c->d && !c->counting;
}

/* --- reporting --- */

static void report(check_t *c, err_code_t code, const yaml_node_t *at, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
static void report(check_t *c, err_code_t code, const yaml_node_t *at, const char *format, ...)
{
    c->faults++;
    if (!c->d) {
        return;
    }
    va_list args;
    char text[MESSAGE_BYTES];
    va_start(args, format);
    int length = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    /* A text cut within a character would be no UTF-8. */
    str_t whole = str_at(text, length < (int)sizeof text ? (size_t)length : sizeof text - 1);
    diagnostics_add(c->d, LEVEL_S, code, at ? at->line : 1, at ? at->column : 1, "%.*s",
                    (int)utf8_whole(whole.p, whole.n), text);
}

static err_code_t code_of(const rule_t *rule, err_code_t otherwise)
{
    return rule->code != ERR_none ? rule->code : otherwise;
}

/* A whole sentence of the schema's: a missing key is told at the map's own key. */
static void report_message(check_t *c, const rule_t *rule, spot_t at)
{
    err_code_t code = code_of(rule, ERR_definition_value);
    report(c, code, code == ERR_definition_missing_key ? at.key : at.node, "%s", rule->message);
}

static void report_value(check_t *c, const rule_t *rule, spot_t at, const char *verb, str_t what)
{
    err_code_t code = code_of(rule, ERR_definition_value);
    shown_t value = show_text(at.node->text);
    if (rule->message) {
        report_message(c, rule, at);
    } else if (rule->expected) {
        report(c, code, at.node, "'%s' is not %s", value.text, rule->expected);
    } else {
        report(c, code, at.node, "'%s' %s '%.*s'", value.text, verb, STR_ARG(what));
    }
}

/* "expected true or false, not 'yes'". A scalar where a list or a map belongs is not shown: it may
 * be a secret. */
static void report_type(check_t *c, const rule_t *rule, unsigned kinds, spot_t at)
{
    buf_t expected;
    buf_init(&expected, MESSAGE_BYTES);
    if (rule->expected) {
        buf_lit(&expected, rule->expected);
    } else {
        write_kinds(&expected, kinds);
    }
    if (node_kinds(at.node) & KIND_TEXT && !(kinds & (KIND_LIST | KIND_MAP))) {
        report(c, ERR_definition_type, at.node, "expected %s, not '%s'", buf_c(&expected),
               show_text(at.node->text).text);
    } else {
        report(c, ERR_definition_type, at.node, "expected %s, not %s", buf_c(&expected),
               node_kind_name(at.node));
    }
    buf_fini(&expected);
}

static void report_ambiguous(check_t *c, const yaml_node_t *node)
{
    report(c, ERR_definition_ambiguous_scalar, node,
           "`%s` is read differently by YAML readers; put it in quotes",
           show_text(node->text).text);
}

/* --- scalars --- */

static bool check_type(check_t *c, const rule_t *rule, unsigned kinds, spot_t at)
{
    if (!rule->kinds || rule->kinds & kinds) {
        return true;
    }
    if (rule->kinds & node_odd_kinds(at.node)) {
        report(c, ERR_definition_ambiguous_scalar, at.node,
               "`%s` is read differently by YAML readers; write it as JSON does",
               show_text(at.node->text).text);
    } else {
        report_type(c, rule, rule->kinds, at);
    }
    return false;
}

static str_t *texts_of(const rule_t *rule)
{
    str_t *texts = mem_array(rule->value_count, sizeof *texts);
    for (size_t i = 0; i < rule->value_count; i++) {
        texts[i] = rule->values[i].text;
    }
    return texts;
}

static void report_enum(check_t *c, const rule_t *rule, spot_t at)
{
    buf_t list;
    str_t *texts = texts_of(rule);
    str_t nearest = nearest_name(at.node->text, texts, rule->value_count);
    buf_init(&list, MESSAGE_BYTES);
    for (size_t i = 0; i < rule->value_count; i++) {
        buf_lit(&list, i ? ", " : "");
        buf_str(&list, texts[i]);
    }
    if (nearest.p) {
        buf_printf(&list, "; did you mean `%.*s`?", STR_ARG(nearest));
    }
    report(c, code_of(rule, ERR_definition_value), at.node, "'%s' is not one of %s",
           show_text(at.node->text).text, buf_c(&list));
    buf_fini(&list);
    free(texts);
}

static void check_values(check_t *c, const rule_t *rule, unsigned kinds, spot_t at)
{
    for (size_t i = 0; i < rule->value_count; i++) {
        if (node_is(at.node, kinds, &rule->values[i])) {
            return;
        }
    }
    if (!c->d) {
        c->faults++;
    } else if (rule->expected || rule->message || rule->is_const) {
        report_value(c, rule, at, "is not", rule->values[0].text);
    } else {
        report_enum(c, rule, at);
    }
}

static void check_text(check_t *c, const rule_t *rule, spot_t at)
{
    str_t text = at.node->text;
    range_t length = rule->length_range;
    if (text.n > length.max && str_code_points(text) > length.max) {
        report(c, ERR_definition_limit, at.node, "longer than %zu characters", length.max);
    } else if (length.min && str_code_points(text) < length.min) {
        report(c, ERR_definition_value, at.node, "shorter than %zu characters", length.min);
    } else if (rule->pattern && !structure_pattern_matches(rule->pattern, text, c->room)) {
        report_value(c, rule, at, "does not match", structure_pattern_text(rule->pattern));
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
    err_code_t code = code_of(rule, ERR_definition_range);
    shown_t value = show_text(at.node->text);
    if (rule->expected) {
        report(c, code, at.node, "%s is not %s", value.text, rule->expected);
    } else if (isinf(rule->maximum)) {
        report(c, code, at.node, "%s is less than %.0f", value.text, rule->minimum);
    } else {
        report(c, code, at.node, "%s is not in the range %.0f to %.0f", value.text, rule->minimum,
               rule->maximum);
    }
}

/* Where text is allowed a scalar is text, whatever else it could be read as. */
static void check_scalar(check_t *c, const rule_t *rule, unsigned kinds, spot_t at)
{
    unsigned readings = rule->kinds ? kinds & rule->kinds : kinds;
    bool ranged = !isinf(rule->minimum) || !isinf(rule->maximum);
    if (rule->values) {
        check_values(c, rule, readings, at);
    }
    if (readings & KIND_TEXT) {
        check_text(c, rule, at);
    } else if (ranged && readings & KIND_NUMBER) {
        check_number(c, rule, at);
    } else if (ranged && readings & KIND_INTEGER) {
        check_number(c, rule, at);
    }
}

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
    for (size_t i = 0; i < list->count && !is_over(c); i++) {
        const yaml_node_t *item = list->items[i];
        if (rule->items) {
            check_spot(c, rule->items, (spot_t){item, item});
        }
        /* A list within its limit is short enough to compare each with each. */
        if (rule->unique && !too_many && stood_before(list, i)) {
            report(c, ERR_definition_value, item, "'%s' stands twice",
                   show_text(item->text).text);
        }
    }
}

static void check_list(check_t *c, const rule_t *rule, spot_t at)
{
    size_t count = at.node->count;
    if (count > rule->item_range.max) {
        report(c, ERR_definition_limit, at.node, "%zu items; at most %zu are allowed", count,
               rule->item_range.max);
    } else if (count < rule->item_range.min) {
        report(c, ERR_definition_value, at.node, "at least %zu item%s needed", rule->item_range.min,
               rule->item_range.min == 1 ? " is" : "s are");
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

static void report_unknown(check_t *c, const rule_t *rule, const yaml_node_t *key)
{
    str_t nearest = c->d ? nearest_name(key->text, rule->names, rule->name_count) : STR_NONE;
    shown_t name = show_text(key->text);
    if (nearest.p) {
        report(c, ERR_definition_unknown_key, key, "unknown key `%s`; did you mean `%.*s`?",
               name.text, STR_ARG(nearest));
    } else {
        report(c, ERR_definition_unknown_key, key, "unknown key `%s`", name.text);
    }
}

/* Keys are text, however they are spelled. */
static void check_name(check_t *c, const rule_t *rule, const yaml_node_t *key)
{
    yaml_node_t name = *key;
    name.plain = false;
    check_spot(c, rule, (spot_t){&name, &name});
}

static bool check_by_pattern(check_t *c, const rule_t *rule, const yaml_pair_t *pair)
{
    bool known = false;
    for (size_t i = 0; i < rule->pattern_member_count; i++) {
        const rule_pattern_member_t *one = &rule->pattern_members[i];
        if (structure_pattern_matches(one->pattern, pair->key->text, c->room)) {
            check_spot(c, one->rule, (spot_t){pair->value, pair->key});
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
        check_spot(c, member->rule, (spot_t){pair->value, pair->key});
    }
    known |= check_by_pattern(c, rule, pair);
    if (!known && rule->closed) {
        report_unknown(c, rule, pair->key);
    } else if (!known && rule->other_members) {
        check_spot(c, rule->other_members, (spot_t){pair->value, pair->key});
    }
    if (rule->member_names) {
        check_name(c, rule->member_names, pair->key);
    }
}

static void check_members(check_t *c, const rule_t *rule, spot_t at)
{
    seen_t seen = {{0}};
    for (size_t i = 0; i < at.node->count && !is_over(c); i++) {
        check_member(c, rule, &at.node->pairs[i], &seen);
    }
    for (size_t i = 0; i < rule->member_count; i++) {
        if (rule->members[i].required && !seen_has(&seen, i)) {
            report(c, code_of(rule, ERR_definition_missing_key), at.key,
                   "'%.*s' is a required property", STR_ARG(rule->members[i].name));
        }
    }
}

static void check_map(check_t *c, const rule_t *rule, spot_t at)
{
    size_t count = at.node->count;
    if (count > rule->member_range.max) {
        report(c, ERR_definition_limit, at.node, "%zu entries; at most %zu are allowed", count,
               rule->member_range.max);
    } else if (count < rule->member_range.min) {
        report(c, ERR_definition_value, at.node, "at least %zu entr%s needed",
               rule->member_range.min, rule->member_range.min == 1 ? "y is" : "ies are");
    }
    if (rule->reads_members) {
        check_members(c, rule, at);
    }
}

/* --- rules within rules --- */

static size_t count_faults(const check_t *c, const rule_t *rule, spot_t at, bool all)
{
    check_t asking = {.counting = all, .room = c->room};
    check_spot(&asking, rule, at);
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
        if (kinds_allowed(branch) & node_kinds(at.node)) {
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
        report_message(c, rule, at);
    } else if (rule->expected && at.node->kind == YAML_SCALAR) {
        report_value(c, rule, at, "", STR_NONE);
    } else if (c->d) {
        check_spot(c, nearest_branch(c, branches, at), at);
    } else {
        c->faults++;
    }
}

static void check_any_of(check_t *c, const rule_t *rule, spot_t at)
{
    const rule_t *one = NULL;
    size_t count = branches_of_kind(rule->any_of, node_kinds(at.node), &one);
    if (count == 0 && node_odd_kinds(at.node) & kinds_of_branches(rule->any_of)) {
        report_ambiguous(c, at.node);
        return;
    }
    if (count == 0) {
        report_type(c, rule, kinds_of_branches(rule->any_of), at);
        return;
    }
    if (count == 1) {
        check_spot(c, one, at);
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
        report_message(c, rule, at);
    } else if (count > 1) {
        report(c, code_of(rule, ERR_definition_value), at.node, "more than one form at a time");
    }
}

static void check_not(check_t *c, const rule_t *rule, spot_t at)
{
    if (!fits(c, rule->negated, at)) {
        return;
    }
    if (rule->message) {
        report_message(c, rule, at);
    } else {
        report(c, code_of(rule, ERR_definition_value), at.node, "not allowed here");
    }
}

static void check_condition(check_t *c, const rule_t *rule, spot_t at)
{
    const rule_t *next = fits(c, rule->condition, at) ? rule->then_rule : rule->else_rule;
    if (next) {
        check_spot(c, next, at);
    }
}

/* Of a scalar the first fault is told: the others would say the same in other words. */
static void check_combined(check_t *c, const rule_t *rule, spot_t at)
{
    size_t before = c->faults;
    bool one_fault = at.node->kind == YAML_SCALAR;
    for (size_t i = 0; i < rule->all_of.count; i++) {
        if (one_fault && c->faults > before) {
            return;
        }
        check_spot(c, rule->all_of.list[i], at);
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

/* --- nodes --- */

static void check_json(check_t *c, const yaml_node_t *node)
{
    if (node->kind == YAML_SCALAR) {
        if (node->plain && yaml_scalar_is(node) == YAML_IS_ODD) {
            report_ambiguous(c, node);
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
        check_scalar(c, rule, kinds, at);
        break;
    case YAML_LIST:
        check_list(c, rule, at);
        break;
    case YAML_MAP:
        check_map(c, rule, at);
        break;
    }
}

static void check_spot(check_t *c, const rule_t *rule, spot_t at)
{
    if (is_over(c)) {
        return;
    }
    if (rule->json) {
        check_json(c, at.node);
        return;
    }
    if (rule->never) {
        report(c, code_of(rule, ERR_definition_value), at.key, "%s",
               rule->message ? rule->message : "not allowed here");
        return;
    }
    size_t before = c->faults;
    unsigned kinds = node_kinds(at.node);
    if (!check_type(c, rule, kinds, at)) {
        return;
    }
    check_kind(c, rule, kinds, at);
    if (at.node->kind != YAML_SCALAR || c->faults == before) {
        check_combined(c, rule, at);
    }
}

void structure_check(const structure_t *s, const yaml_node_t *root, diagnostics_t *d)
{
    match_room_t room = {NULL};
    check_t c = {.d = d, .room = &room};
    check_spot(&c, s->root, (spot_t){root, NULL});
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
