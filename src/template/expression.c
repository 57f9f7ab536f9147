/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "template/template_internal.h"

static const char *const root_names[ROOT_COUNT] = {
    [ROOT_CONNECTION] = "connection",
    [ROOT_INPUT] = "input",
    [ROOT_STEPS] = "steps",
    [ROOT_RESPONSE] = "response",
    [ROOT_TOKEN] = "token",
    [ROOT_CALLBACK] = "callback",
    [ROOT_OAUTH] = "oauth",
    [ROOT_ASSERTION] = "assertion",
    [ROOT_REQUEST] = "request",
    [ROOT_BODY] = "body",
    [ROOT_ITEM] = "item",
};

const char *template_root_name(template_root_t root)
{
    return root_names[root];
}

static bool take_bracket_step(parser_t *p, template_step_t *step)
{
    int64_t index = 0;
    if (parse_take(p, '\'')) {
        if (!parse_string(p, &step->name)) {
            return false;
        }
    } else if (!ascii_is_digit(parse_peek(p))) {
        return parse_fail(p, "behind `[` stands an index or a name in single quotes");
    } else if (!parse_integer(p, &index)) {
        return false;
    }
    step->index = (size_t)index;
    return parse_take(p, ']') || parse_fail(p, "`]` is expected");
}

static bool take_step(parser_t *p, template_step_t *step)
{
    *step = (template_step_t){.index = 0};
    if (parse_take(p, '[')) {
        return take_bracket_step(p, step);
    }
    p->at++;
    step->name = parse_name(p);
    return step->name.n > 0 ||
           parse_fail(p, "a name is expected behind `.`; others than letters, digits, `_` and "
                         "`-` are written ['name']");
}

/* Room for one more item of a growing array. */
static void *grow(parser_t *p, void *items, size_t count, size_t *room, size_t item_bytes)
{
    if (count < *room) {
        return items;
    }
    *room = *room ? *room * 2 : 4;
    void *wider = arena_alloc(p->arena, *room * item_bytes);
    if (items) {
        memcpy(wider, items, count * item_bytes);
    }
    return wider;
}

static bool take_steps(parser_t *p, expr_t *e)
{
    template_step_t *steps = NULL;
    size_t room = 0;
    while (parse_peek(p) == '.' || parse_peek(p) == '[') {
        steps = grow(p, steps, e->step_count, &room, sizeof *steps);
        if (!take_step(p, &steps[e->step_count++])) {
            return false;
        }
    }
    e->steps = steps;
    return true;
}

/* Keeps the nearer one; a third of the name may be wrong. */
static void consider(str_t name, const char *candidate, unsigned *nearest, const char **best)
{
    unsigned limit = (unsigned)(name.n < 64 ? (name.n + 2) / 3 : 0);
    unsigned distance = str_distance(name, str_of(candidate), limit);
    if (distance <= limit && distance < *nearest) {
        *nearest = distance;
        *best = candidate;
    }
}

/* kind: what the name should be, with a blank behind it. Answers NULL. */
static void *unknown(parser_t *p, err_code_t code, const char *kind, str_t name, const char *best)
{
    err_set_at(p->err, code, p->line, p->column, "no %s`%.*s`%s%s%s", kind,
               STR_ARG(str_slice(name, 0, 64)), best ? "; did you mean `" : "", best ? best : "",
               best ? "`?" : "");
    return NULL;
}

static void *unknown_root(parser_t *p, str_t name)
{
    unsigned nearest = UINT32_MAX;
    const char *best = NULL;
    for (size_t i = 0; i < ROOT_COUNT; i++) {
        consider(name, root_names[i], &nearest, &best);
    }
    return unknown(p, ERR_template_unknown_name, "", name, best);
}

static void *unknown_function(parser_t *p, str_t name)
{
    unsigned nearest = UINT32_MAX;
    const char *best = NULL;
    for (size_t i = 0; template_function_at(i); i++) {
        consider(name, template_function_name(template_function_at(i)), &nearest, &best);
    }
    return unknown(p, ERR_template_function, "function ", name, best);
}

static expr_t *parse_ref(parser_t *p, str_t name)
{
    expr_t *e = arena_new_of(p->arena, expr_t);
    e->kind = EXPR_REF;
    while (e->root < ROOT_COUNT && !str_is(name, root_names[e->root])) {
        e->root++;
    }
    if (e->root == ROOT_COUNT) {
        return unknown_root(p, name);
    }
    return take_steps(p, e) ? e : NULL;
}

bool parse_refuse_bytes(parser_t *p, const expr_t *e)
{
    return err_set_at(p->err, ERR_template_bytes, p->line, p->column,
                      "%s() gives bytes: wrap it in hex(), base64() or base64url()",
                      template_function_name(e->function));
}

static bool refuse_count(parser_t *p, const template_function_t *f)
{
    const char *between = f->most == ARGUMENTS_ANY ? " or more" : "";
    char most[24] = "";
    if (f->most != ARGUMENTS_ANY && f->most != f->least) {
        snprintf(most, sizeof most, " to %zu", f->most);
    }
    return err_set_at(p->err, ERR_template_function, p->line, p->column,
                      "%s() takes %zu%s%s argument%s", f->name, f->least, between, most,
                      f->most == 1 ? "" : "s");
}

/* A constant in the place of a number is known to be one or not. */
static bool is_number(const template_function_t *f, const expr_t *argument)
{
    return argument->kind == EXPR_INT ? argument->number >= f->number_least
                                      : argument->kind != EXPR_TEXT;
}

static bool check_call(parser_t *p, const expr_t *e)
{
    const template_function_t *f = e->function;
    if (e->argument_count < f->least || e->argument_count > f->most) {
        return refuse_count(p, f);
    }
    for (size_t i = 0; i < e->argument_count; i++) {
        bool bytes_are_fine = i < STRICT_ARGUMENTS_MAX && (f->takes_bytes >> i & 1);
        if (e->arguments[i]->is_bytes && !bytes_are_fine) {
            return parse_refuse_bytes(p, e->arguments[i]);
        }
        if (f->number_at && i == f->number_at && !is_number(f, e->arguments[i])) {
            return err_set_at(p->err, ERR_template_function, p->line, p->column,
                              "argument %zu of %s() is a whole number from %lld on", i + 1, f->name,
                              (long long)f->number_least);
        }
    }
    err_t fault = ERR_INIT;
    if (f->check && !f->check(e, &fault)) {
        return err_set_at(p->err, ERR_template_function, p->line, p->column, "%s", fault.text);
    }
    return true;
}

/* From behind `(` to behind `)`. */
static bool take_arguments(parser_t *p, expr_t *e)
{
    size_t room = 0;
    parse_skip_blanks(p);
    if (parse_take(p, ')')) {
        return true;
    }
    do {
        e->arguments = grow(p, e->arguments, e->argument_count, &room, sizeof *e->arguments);
        const expr_t *argument = parse_expr(p);
        if (!argument) {
            return false;
        }
        e->arguments[e->argument_count++] = argument;
        parse_skip_blanks(p);
    } while (parse_take(p, ','));
    return parse_take(p, ')') || parse_fail(p, "`,` or `)` is expected");
}

static expr_t *parse_call(parser_t *p, str_t name)
{
    expr_t *e = arena_new_of(p->arena, expr_t);
    e->kind = EXPR_CALL;
    e->function = template_function_find(name);
    if (!e->function) {
        return unknown_function(p, name);
    }
    if (p->depth == TEMPLATE_DEPTH_MAX) {
        return parse_fail(p, "more than %d calls are nested", TEMPLATE_DEPTH_MAX);
    }
    e->is_bytes = e->function->gives_bytes;
    p->at++;
    p->depth++;
    bool read = take_arguments(p, e);
    p->depth--;
    return read && check_call(p, e) ? e : NULL;
}

static const expr_t *parse_constant(parser_t *p)
{
    expr_t *e = arena_new_of(p->arena, expr_t);
    bool quoted = parse_take(p, '\'');
    e->kind = quoted ? EXPR_TEXT : EXPR_INT;
    return (quoted ? parse_string(p, &e->text) : parse_integer(p, &e->number)) ? e : NULL;
}

const expr_t *parse_expr(parser_t *p)
{
    parse_skip_blanks(p);
    char c = parse_peek(p);
    if (c == '\'' || c == '-' || ascii_is_digit(c)) {
        return parse_constant(p);
    }
    str_t name = parse_name(p);
    if (name.n == 0) {
        return parse_fail(p, "a name, a function, a number or a text in single quotes is expected");
    }
    return parse_peek(p) == '(' ? parse_call(p, name) : parse_ref(p, name);
}
