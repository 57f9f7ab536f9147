/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "codec/json.h"
#include "template/template_internal.h"

/* --- from YAML --- */

typedef struct builder {
    arena_t *arena;
    bool text_only;
    yaml_on_fault_t *on_fault;
    void *context;
} builder_t;

/* What a fault is reported at: the name that a value stands under, as in the rest of a definition.
 */
typedef struct position {
    unsigned line, column;
} position_t;

static void report(const builder_t *b, err_code_t code, position_t at, const char *text)
{
    b->on_fault(b->context, code, at.line, at.column, text);
}

static void drop_value(void *value)
{
    json_decref(value);
}

/* Takes the reference. */
static void hold_value(const builder_t *b, template_tree_t *tree, json_t *value)
{
    tree->kind = TREE_VALUE;
    tree->value = value;
    arena_on_free(b->arena, drop_value, value);
}

/* A template; a text without one is a value at once. A text that cannot be read stands for itself.
 */
static void build_text(const builder_t *b, str_t text, position_t at, template_tree_t *tree)
{
    err_t err = ERR_INIT;
    const template_t *t = template_parse_in(b->arena, text, at.line, at.column, &err);
    if (!t) {
        report(b, err.code, at, err.text);
    }
    if (t && !template_is_constant(t)) {
        tree->kind = TREE_TEMPLATE;
        tree->template = t;
    } else {
        hold_value(b, tree, json_str(t ? template_constant(t) : text));
    }
}

/* null, bool or number in JSON's spelling. */
static void build_literal(const builder_t *b, str_t text, position_t at, template_tree_t *tree)
{
    err_t err = ERR_INIT;
    json_t *value = json_read(text, NULL, &err);
    if (!value) {
        report(b, ERR_definition_range, at, "this number is too large");
    }
    hold_value(b, tree, value ? value : json_str(text));
}

static void refuse_ambiguous(const builder_t *b, str_t text, position_t at)
{
    char message[160];
    snprintf(message, sizeof message,
             "`%.*s` is read differently by YAML readers; put it in quotes",
             STR_ARG(str_slice(text, 0, 64)));
    report(b, ERR_definition_ambiguous_scalar, at, message);
}

static void build_scalar(const builder_t *b, const yaml_node_t *node, position_t at,
                         template_tree_t *tree)
{
    yaml_scalar_is_t is = yaml_scalar_is(node);
    if (is == YAML_IS_NOTHING) {
        report(b, ERR_definition_type, at, "a value is missing; '' is the empty text");
    }
    if (is == YAML_IS_NULL ||
        (!b->text_only && (is == YAML_IS_BOOL || is == YAML_IS_INT || is == YAML_IS_NUMBER))) {
        build_literal(b, node->text, at, tree);
        return;
    }
    if (is == YAML_IS_ODD && !b->text_only) {
        refuse_ambiguous(b, node->text, at);
    }
    build_text(b, node->text, at, tree);
}

static const template_tree_t *build(const builder_t *b, const yaml_node_t *node, position_t at);

static void build_list(const builder_t *b, const yaml_node_t *node, template_tree_t *tree)
{
    const template_tree_t **items = arena_array_of(b->arena, const template_tree_t *, node->count);
    for (size_t i = 0; i < node->count; i++) {
        const yaml_node_t *item = node->items[i];
        items[i] = build(b, item, (position_t){item->line, item->column});
    }
    tree->kind = TREE_LIST;
    tree->items = items;
    tree->count = node->count;
}

static void build_object(const builder_t *b, const yaml_node_t *node, template_tree_t *tree)
{
    template_member_t *members = arena_array_of(b->arena, template_member_t, node->count);
    for (size_t i = 0; i < node->count; i++) {
        const yaml_node_t *key = node->pairs[i].key;
        position_t at = {key->line, key->column};
        members[i] = (template_member_t){.name = arena_str(b->arena, key->text),
                                         .value = build(b, node->pairs[i].value, at),
                                         .line = at.line,
                                         .column = at.column};
    }
    tree->kind = TREE_OBJECT;
    tree->members = members;
    tree->count = node->count;
}

static const template_tree_t *build(const builder_t *b, const yaml_node_t *node, position_t at)
{
    template_tree_t *tree = arena_new_of(b->arena, template_tree_t);
    tree->line = at.line;
    tree->column = at.column;
    switch (node->kind) {
    case YAML_SCALAR:
        build_scalar(b, node, at, tree);
        break;
    case YAML_LIST:
        build_list(b, node, tree);
        break;
    case YAML_MAP:
        build_object(b, node, tree);
        break;
    }
    return tree;
}

const template_tree_t *template_tree_in(arena_t *arena, const yaml_node_t *node, bool text_only,
                                        yaml_on_fault_t *on_fault, void *context)
{
    builder_t b = {
        .arena = arena, .text_only = text_only, .on_fault = on_fault, .context = context};
    return build(&b, node, (position_t){node->line, node->column});
}

/* --- use --- */

static const template_tree_t *child(const template_tree_t *tree, size_t i)
{
    return tree->kind == TREE_LIST ? tree->items[i] : tree->members[i].value;
}

void template_tree_visit(const template_tree_t *tree, template_on_ref_t *on_ref, void *context)
{
    if (tree->kind == TREE_TEMPLATE) {
        template_visit(tree->template, on_ref, context);
    }
    for (size_t i = 0; i < tree->count; i++) {
        template_tree_visit(child(tree, i), on_ref, context);
    }
}

/* Takes the reference. */
static void put(json_t *container, const template_tree_t *tree, size_t i, json_t *value)
{
    if (tree->kind == TREE_LIST) {
        (void)json_array_append_new(container, value);
    } else {
        str_t name = tree->members[i].name;
        (void)json_object_setn_new_nocheck(container, name.p, name.n, value);
    }
}

/* What is emptied by absences goes; what was written empty stays. */
static template_outcome_t container_json(const template_tree_t *tree, template_scope_t *scope,
                                         json_t **out, err_t *err)
{
    json_t *container = tree->kind == TREE_LIST ? json_array() : json_object();
    bool any = tree->count == 0;
    for (size_t i = 0; i < tree->count; i++) {
        json_t *value;
        template_outcome_t outcome = template_tree_json(child(tree, i), scope, &value, err);
        if (outcome == TEMPLATE_FAILED) {
            json_decref(container);
            return outcome;
        }
        if (outcome == TEMPLATE_OK) {
            put(container, tree, i, value);
            any = true;
        }
    }
    if (!any) {
        json_decref(container);
        return TEMPLATE_ABSENT;
    }
    *out = container;
    return TEMPLATE_OK;
}

template_outcome_t template_tree_json(const template_tree_t *tree, template_scope_t *scope,
                                      json_t **out, err_t *err)
{
    *out = NULL;
    switch (tree->kind) {
    case TREE_VALUE:
        *out = json_incref(tree->value);
        return TEMPLATE_OK;
    case TREE_TEMPLATE:
        return template_json(tree->template, scope, out, err);
    case TREE_LIST:
    case TREE_OBJECT:
        break;
    }
    return container_json(tree, scope, out, err);
}
