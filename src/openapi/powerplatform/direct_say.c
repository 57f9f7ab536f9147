/* SPDX-License-Identifier: MIT */
#include "openapi/powerplatform/direct.h"

enum { TEXT_MAX = 32 * 1024 };

typedef struct saying {
    direct_t *x;
    const action_t *action;
    say_place_t place;
    buf_t to;
} saying_t;

static bool say_expr(saying_t *s, const expr_t *e);

/* --- names --- */

static bool is_plain(str_t name)
{
    for (size_t i = 0; i < name.n; i++) {
        if (!ascii_is_alnum(name.p[i]) && name.p[i] != '_') {
            return false;
        }
    }
    return name.n > 0 && !ascii_is_digit(name.p[0]);
}

void say_steps(buf_t *to, const template_step_t *steps, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!steps[i].name.p) {
            buf_printf(to, "[%zu]", steps[i].index);
        } else {
            buf_printf(to, is_plain(steps[i].name) ? ".%.*s" : "['%.*s']", STR_ARG(steps[i].name));
        }
    }
}

str_t say_parameter(const direct_t *x, str_t name)
{
    bool before = json_object_getn(x->before_sign_in, name.p, name.n) != NULL;
    return before ? arena_printf(x->arena, "token:%.*s", STR_ARG(name)) : name;
}

/* --- references --- */

/* @name('argument'), or with what stands in for a missing one. A text in an expression holds no
 * quote. */
static bool say_call(saying_t *s, const char *name, str_t argument, str_t fallback)
{
    if (str_index(argument, '\'') != SIZE_MAX || str_index(fallback, '\'') != SIZE_MAX) {
        return false;
    }
    buf_printf(&s->to, "@%s('%.*s'", name, STR_ARG(argument));
    if (fallback.p) {
        buf_printf(&s->to, ",'%.*s'", STR_ARG(fallback));
    }
    buf_char(&s->to, ')');
    return true;
}

static bool say_input(saying_t *s, const expr_t *e, str_t fallback)
{
    const field_t *f =
        s->action && e->step_count == 1 ? fields_find(&s->action->input, e->steps[0].name) : NULL;
    if (!f) {
        return false;
    }
    if (f->in == IN_PATH && s->place == SAY_URL && !fallback.p) {
        buf_printf(&s->to, "{%.*s}", STR_ARG(f->name));
        return true;
    }
    const char *name = f->in == IN_QUERY    ? "queryParameters"
                       : f->in == IN_HEADER ? "headers"
                                            : NULL;
    return name && say_call(s, name, f->name, fallback);
}

static bool say_ref(saying_t *s, const expr_t *e, str_t fallback)
{
    bool body = s->place == SAY_BODY && !fallback.p;
    bool polled = s->place == SAY_TRIGGER && !fallback.p && e->root == ROOT_RESPONSE &&
                  e->step_count > 1 && str_is(e->steps[0].name, "body");
    if (e->root == ROOT_CONNECTION && e->step_count == 1) {
        return say_call(s, "connectionParameters", say_parameter(s->x, e->steps[0].name), fallback);
    }
    if (e->root == ROOT_INPUT) {
        return say_input(s, e, fallback);
    }
    if (polled) {
        buf_lit(&s->to, "@{triggerBody()");
        say_steps(&s->to, e->steps + 1, e->step_count - 1);
    } else if (body && (e->root == ROOT_BODY || e->root == ROOT_ITEM)) {
        buf_printf(&s->to, "{@%s()", template_root_name(e->root));
        say_steps(&s->to, e->steps, e->step_count);
    } else {
        return false;
    }
    buf_char(&s->to, '}');
    return true;
}

/* --- calls --- */

static bool say_all(saying_t *s, const expr_t *e)
{
    bool ok = true;
    for (size_t i = 0; ok && i < e->argument_count; i++) {
        ok = say_expr(s, e->arguments[i]);
    }
    return ok;
}

/* A path value that is encoded twice is so by its parameter. */
static bool is_twice_encoded(const saying_t *s, const expr_t *e)
{
    const expr_t *inner = e->argument_count == 1 ? e->arguments[0] : NULL;
    const field_t *f = inner && inner->kind == EXPR_REF && inner->root == ROOT_INPUT && s->action
                           ? fields_find(&s->action->input, inner->steps[0].name)
                           : NULL;
    return f && f->in == IN_PATH && f->url_encoding == URL_ENCODING_DOUBLE;
}

static bool say_function(saying_t *s, const expr_t *e)
{
    str_t name = str_of(template_function_name(e->function));
    const expr_t *const *arguments = (const expr_t *const *)e->arguments;
    if (str_is(name, "default")) {
        return e->argument_count == 2 && arguments[0]->kind == EXPR_REF &&
               arguments[1]->kind == EXPR_TEXT && say_ref(s, arguments[0], arguments[1]->text);
    }
    bool twice = str_is(name, "url_encode") && is_twice_encoded(s, e);
    return (twice || str_is(name, "concat")) && say_all(s, e);
}

static bool say_expr(saying_t *s, const expr_t *e)
{
    switch (e->kind) {
    case EXPR_TEXT:
        buf_str(&s->to, e->text);
        return true;
    case EXPR_INT:
        buf_i64(&s->to, e->number);
        return true;
    case EXPR_REF:
        return say_ref(s, e, STR_NONE);
    case EXPR_CALL:
        return say_function(s, e);
    }
    return false;
}

/* --- the whole --- */

str_t say_template(direct_t *x, const action_t *a, const template_t *t, say_place_t place)
{
    saying_t s = {.x = x, .action = a, .place = place};
    bool ok = true;
    buf_init(&s.to, TEXT_MAX);
    for (size_t i = 0; ok && i < t->count; i++) {
        if (t->parts[i].expr) {
            ok = say_expr(&s, t->parts[i].expr);
        } else {
            buf_str(&s.to, t->parts[i].text);
        }
    }
    str_t said = ok && buf_ok(&s.to) ? arena_str(x->arena, buf_view(&s.to)) : STR_NONE;
    buf_fini(&s.to);
    return said;
}

str_t say_tree(direct_t *x, const action_t *a, const template_tree_t *tree, say_place_t place)
{
    if (tree->kind == TREE_TEMPLATE) {
        return say_template(x, a, tree->template, place);
    }
    if (tree->kind != TREE_VALUE || json_is_null(tree->value)) {
        return STR_NONE;
    }
    if (json_is_string(tree->value)) {
        return json_view(tree->value);
    }
    buf_t text;
    buf_init(&text, 100);
    json_write(&text, tree->value);
    str_t said = arena_str(x->arena, buf_view(&text));
    buf_fini(&text);
    return said;
}

const expr_t *say_only(const template_t *t)
{
    return t->count == 1 && t->parts[0].expr && t->parts[0].expr->kind == EXPR_REF
               ? t->parts[0].expr
               : NULL;
}

/* --- places --- */

/* Steps from..to; an each is not written: the platform goes through every list on its way. */
static void write_steps(buf_t *to, const place_t *p, size_t from, size_t end)
{
    for (size_t i = from; i < end; i++) {
        if (!p->steps[i].each) {
            const template_step_t step = {.name = p->steps[i].name, .index = p->steps[i].index};
            say_steps(to, &step, 1);
        }
    }
}

str_t say_place(direct_t *x, const char *root, const place_t *p, size_t from, size_t end)
{
    buf_t to;
    buf_init(&to, TEXT_MAX);
    buf_printf(&to, "@%s()", root);
    write_steps(&to, p, from, end);
    str_t path = arena_str(x->arena, buf_view(&to));
    buf_fini(&to);
    return path;
}

size_t place_last(const place_t *p)
{
    return p->count && p->steps[p->count - 1].name.p ? p->count - 1 : p->count;
}
