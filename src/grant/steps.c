/* SPDX-License-Identifier: MIT */
#include "grant/steps.h"

#include "codec/json.h"

/* --- which request is next --- */

static bool has_steps_alone(const grant_definition_t *definition)
{
    const grant_type_t *type = grant_type_for(definition);
    return type && type->steps_alone;
}

size_t grant_request_count(const grant_definition_t *definition)
{
    return definition->steps.count + (has_steps_alone(definition) ? 0 : 1);
}

const step_t *grant_step(const grant_definition_t *definition, size_t index)
{
    size_t before = has_steps_alone(definition) ? 0 : 1;
    return index < before ? NULL : &definition->steps.list[index - before];
}

size_t grant_answered(const grant_definition_t *definition, const value_scope_t *scope)
{
    bool token = scope->response && !has_steps_alone(definition);
    return json_object_size(scope->steps) + (token ? 1 : 0);
}

/* --- references --- */

static void visit_tree(const template_tree_t *tree, template_on_ref_t *on_ref, void *context)
{
    if (tree) {
        template_tree_visit(tree, on_ref, context);
    }
}

void step_visit(const step_t *step, template_on_ref_t *on_ref, void *context)
{
    const request_definition_t *r = &step->request;
    template_visit(r->url->source, on_ref, context);
    for (size_t i = 0; i < r->headers.count; i++) {
        template_visit(r->headers.list[i].template, on_ref, context);
    }
    visit_tree(r->query, on_ref, context);
    visit_tree(r->body, on_ref, context);
    if (r->text) {
        template_visit(r->text, on_ref, context);
    }
}

/* --- secrets --- */

typedef struct telling {
    const value_scope_t *scope;
    const grant_definition_t *definition;
    bool secret;
} telling_t;

/* Of the action whose `token:` it is. */
static const field_t *input_field(const telling_t *t, str_t name)
{
    const connector_t *c = t->scope->connector;
    for (size_t i = 0; c && i < c->action_count; i++) {
        if (c->actions[i].grant == t->definition) {
            return fields_find(&c->actions[i].input, name);
        }
    }
    return NULL;
}

static void note_secret(void *context, const expr_t *ref, bool sure)
{
    telling_t *t = context;
    const field_t *field = NULL;
    (void)sure;
    if (ref->root == ROOT_CONNECTION && ref->step_count) {
        field = connection_field(t->scope->connector, t->scope->auth, ref->steps[0].name);
    } else if (ref->root == ROOT_INPUT && ref->step_count) {
        field = input_field(t, ref->steps[0].name);
    }
    t->secret = t->secret || ref->root == ROOT_ASSERTION || (field && field->secret);
}

bool steps_tell_secret(const grant_definition_t *definition, const value_scope_t *scope,
                       size_t requests)
{
    telling_t t = {.scope = scope, .definition = definition};
    for (size_t i = 0; i < requests; i++) {
        const step_t *step = grant_step(definition, i);
        if (step) {
            step_visit(step, note_secret, &t);
        }
    }
    return t.secret;
}

/* --- identity --- */

static void write_text(buf_t *to, str_t text)
{
    buf_printf(to, "%zu:", text.n);
    buf_str(to, text);
}

static void write_tree(const template_tree_t *tree, buf_t *to)
{
    buf_printf(to, "%d,%zu", (int)tree->kind, tree->count);
    switch (tree->kind) {
    case TREE_VALUE:
        json_write(to, tree->value);
        break;
    case TREE_TEMPLATE:
        write_text(to, tree->template->source);
        break;
    case TREE_LIST:
        for (size_t i = 0; i < tree->count; i++) {
            write_tree(tree->items[i], to);
        }
        break;
    case TREE_OBJECT:
        for (size_t i = 0; i < tree->count; i++) {
            write_text(to, tree->members[i].name);
            write_tree(tree->members[i].value, to);
        }
        break;
    }
}

static void write_named(const named_templates_t *list, buf_t *to)
{
    for (size_t i = 0; i < list->count; i++) {
        write_text(to, list->list[i].name);
        write_text(to, list->list[i].template->source);
    }
}

static void write_step(const step_t *step, buf_t *to)
{
    const request_definition_t *r = &step->request;
    buf_char(to, 's');
    write_text(to, step->name);
    write_text(to, r->method);
    write_text(to, r->url->source->source);
    write_named(&r->headers, to);
    for (size_t i = 0; i < 2; i++) {
        const template_tree_t *tree = i == 0 ? r->query : r->body;
        buf_char(to, tree ? 't' : '-');
        if (tree) {
            write_tree(tree, to);
        }
    }
    if (r->text) {
        write_text(to, r->text->source);
    }
}

typedef struct identity {
    template_scope_t *scope;
    buf_t *to;
} identity_t;

/* What answers bring is made anew each time. */
static void write_value(void *context, const expr_t *ref, bool sure)
{
    identity_t *id = context;
    (void)sure;
    if (ref->root != ROOT_CONNECTION && ref->root != ROOT_INPUT) {
        return;
    }
    json_t *value = id->scope->lookup(id->scope->context, ref->root, ref->steps, ref->step_count);
    buf_char(id->to, value ? 'v' : '-');
    if (value) {
        json_write(id->to, value);
    }
    json_decref(value);
}

/* By what it is signed and says, since it is made anew for every request. */
static void write_assertion(identity_t *id, const jwt_definition_t *jwt)
{
    const template_t *const texts[] = {jwt->key, jwt->kid};
    const template_tree_t *const trees[] = {jwt->header, jwt->claims};
    write_text(id->to, jwt->alg);
    for (size_t i = 0; i < 2; i++) {
        write_text(id->to, texts[i] ? texts[i]->source : STR_NONE);
        if (texts[i]) {
            template_visit(texts[i], write_value, id);
        }
    }
    for (size_t i = 0; i < 2; i++) {
        buf_char(id->to, trees[i] ? 't' : '-');
        if (trees[i]) {
            write_tree(trees[i], id->to);
            template_tree_visit(trees[i], write_value, id);
        }
    }
}

void steps_write_identity(const grant_definition_t *definition, template_scope_t *scope, buf_t *to)
{
    identity_t id = {scope, to};
    for (size_t i = 0; i < definition->steps.count; i++) {
        write_step(&definition->steps.list[i], to);
        step_visit(&definition->steps.list[i], write_value, &id);
    }
    if (definition->assertion) {
        write_assertion(&id, definition->assertion);
    }
    write_named(&definition->answer, to);
    for (size_t i = 0; i < definition->answer.count; i++) {
        template_visit(definition->answer.list[i].template, write_value, &id);
    }
}
