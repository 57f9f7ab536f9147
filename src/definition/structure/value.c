/* SPDX-License-Identifier: MIT */
#include "definition/structure/value.h"

#include <stdio.h>
#include <stdlib.h>

enum { SHOWN_BYTES = 90 };

static bool is_odd_null(str_t text)
{
    return str_is(text, "~") || str_eq_nocase(text, STR("null"));
}

static bool is_odd_bool(str_t text)
{
    return str_eq_nocase(text, STR("true")) || str_eq_nocase(text, STR("false"));
}

static unsigned kinds_of_scalar(const yaml_node_t *node)
{
    if (!node->plain) {
        return KIND_TEXT;
    }
    switch (yaml_scalar_is(node)) {
    case YAML_IS_NULL:
    case YAML_IS_NOTHING:
        return KIND_NULL;
    case YAML_IS_BOOL:
        return KIND_TEXT | KIND_BOOL;
    case YAML_IS_INT:
        return KIND_TEXT | KIND_INTEGER | KIND_NUMBER;
    case YAML_IS_NUMBER:
        return KIND_TEXT | KIND_NUMBER;
    case YAML_IS_ODD:
        return is_odd_null(node->text) ? 0 : KIND_TEXT;
    case YAML_IS_TEXT:
        break;
    }
    return KIND_TEXT;
}

unsigned kinds_of_node(const yaml_node_t *node)
{
    switch (node->kind) {
    case YAML_LIST:
        return KIND_LIST;
    case YAML_MAP:
        return KIND_MAP;
    case YAML_SCALAR:
        break;
    }
    return kinds_of_scalar(node);
}

unsigned kinds_of_odd_node(const yaml_node_t *node)
{
    if (node->kind != YAML_SCALAR || yaml_scalar_is(node) != YAML_IS_ODD) {
        return 0;
    }
    if (is_odd_null(node->text)) {
        return KIND_NULL;
    }
    return is_odd_bool(node->text) ? KIND_BOOL : KIND_INTEGER | KIND_NUMBER;
}

bool node_is_value(const yaml_node_t *node, unsigned kinds, const rule_value_t *value)
{
    if (!(kinds & value->kind)) {
        return false;
    }
    if (value->kind == KIND_INTEGER) {
        char digits[32];
        (void)snprintf(digits, sizeof digits, "%.*s", STR_ARG(node->text));
        return node->text.n < sizeof digits && strtod(digits, NULL) == value->number;
    }
    return str_eq(node->text, value->text);
}

shown_t shown_of(str_t text)
{
    shown_t shown = {.text = ""};
    static const char more[] = "…";
    err_clean_text(shown.text, SHOWN_BYTES, text);
    if (text.n >= SHOWN_BYTES) {
        memcpy(shown.text + strlen(shown.text), more, sizeof more);
    }
    return shown;
}

static const struct {
    unsigned kind;
    const char *name;
} kind_names[] = {{KIND_TEXT, "a text"},        {KIND_NUMBER, "a number"},
                  {KIND_INTEGER, "an integer"}, {KIND_BOOL, "true or false"},
                  {KIND_NULL, "null"},          {KIND_LIST, "a list"},
                  {KIND_MAP, "a map"}};

void kinds_write(buf_t *to, unsigned kinds)
{
    unsigned left = kinds;
    if (left & KIND_NUMBER) {
        left &= ~(unsigned)KIND_INTEGER;
    }
    if (left & KIND_TEXT) { /* any scalar is text */
        left &= ~(unsigned)(KIND_NUMBER | KIND_BOOL);
    }
    for (size_t i = 0; i < sizeof kind_names / sizeof kind_names[0]; i++) {
        if (left & kind_names[i].kind) {
            buf_lit(to, kind_names[i].name);
            left &= ~kind_names[i].kind;
            buf_lit(to, left ? " or " : "");
        }
    }
}

const char *node_kind_name(const yaml_node_t *node)
{
    if (node->kind != YAML_SCALAR) {
        return node->kind == YAML_LIST ? "a list" : "a map";
    }
    if (node->plain && node->text.n == 0) {
        return "nothing";
    }
    unsigned kinds = kinds_of_node(node);
    return kinds & KIND_TEXT ? "a text" : "null";
}
