/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "definition/structure/check.h"

enum { MESSAGE_BYTES = 1000 };

void structure_report(check_t *c, err_code_t code, const yaml_node_t *at, const char *format, ...)
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

void structure_report_message(check_t *c, const rule_t *rule, spot_t at)
{
    err_code_t code = rule_code(rule, ERR_definition_value);
    structure_report(c, code, code == ERR_definition_missing_key ? at.key : at.node, "%s",
                     rule->message);
}

void structure_report_value(check_t *c, const rule_t *rule, spot_t at, const char *verb, str_t what)
{
    err_code_t code = rule_code(rule, ERR_definition_value);
    shown_t value = shown_of(at.node->text);
    if (rule->message) {
        structure_report_message(c, rule, at);
    } else if (rule->expected) {
        structure_report(c, code, at.node, "'%s' is not %s", value.text, rule->expected);
    } else {
        structure_report(c, code, at.node, "'%s' %s '%.*s'", value.text, verb, STR_ARG(what));
    }
}

/* `~` or `null` where a text belongs: who wrote it may have meant the word. */
static const char *advice_on_null(unsigned kinds, const yaml_node_t *node)
{
    bool word = node->kind == YAML_SCALAR && node->plain && node->text.n > 0;
    return word && kinds & KIND_TEXT ? "; in quotes it is a text" : "";
}

/* "expected true or false, not 'yes'". A scalar where a list or a map belongs is not shown: it may
 * be a secret. */
void structure_report_type(check_t *c, const rule_t *rule, unsigned kinds, spot_t at)
{
    buf_t expected;
    buf_init(&expected, MESSAGE_BYTES);
    if (rule->expected) {
        buf_lit(&expected, rule->expected);
    } else {
        kinds_write(&expected, kinds);
    }
    if (kinds_of_node(at.node) & KIND_TEXT && !(kinds & (KIND_LIST | KIND_MAP))) {
        structure_report(c, ERR_definition_type, at.node, "expected %s, not '%s'", buf_c(&expected),
                         shown_of(at.node->text).text);
    } else {
        structure_report(c, ERR_definition_type, at.node, "expected %s, not %s%s", buf_c(&expected),
                         node_kind_name(at.node), advice_on_null(kinds, at.node));
    }
    buf_fini(&expected);
}

void structure_report_ambiguous(check_t *c, const yaml_node_t *node, const char *advice)
{
    structure_report(c, ERR_definition_ambiguous_scalar, node,
                     "`%s` is read differently by YAML readers; %s", shown_of(node->text).text,
                     advice);
}

static str_t *texts_of(const rule_t *rule)
{
    str_t *texts = mem_array(rule->value_count, sizeof *texts);
    for (size_t i = 0; i < rule->value_count; i++) {
        texts[i] = rule->values[i].text;
    }
    return texts;
}

void structure_report_enum(check_t *c, const rule_t *rule, spot_t at)
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
    structure_report(c, rule_code(rule, ERR_definition_value), at.node, "'%s' is not one of %s",
                     shown_of(at.node->text).text, buf_c(&list));
    buf_fini(&list);
    free(texts);
}

void structure_report_unknown(check_t *c, const rule_t *rule, const yaml_node_t *key)
{
    /* A guess costs more than the check itself: none where nobody will read it. */
    bool told = c->d && c->d->count < c->d->most;
    str_t nearest = told ? nearest_name(key->text, rule->names, rule->name_count) : STR_NONE;
    shown_t name = shown_of(key->text);
    if (nearest.p) {
        structure_report(c, ERR_definition_unknown_key, key,
                         "unknown key `%s`; did you mean `%.*s`?", name.text, STR_ARG(nearest));
    } else {
        structure_report(c, ERR_definition_unknown_key, key, "unknown key `%s`", name.text);
    }
}
