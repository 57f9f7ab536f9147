/* SPDX-License-Identifier: MIT */
/* Expressions of policies: @connectionParameters('x', 'd'), @queryParameters('x'), @headers('x'),
 * @body().a[0]['b'],
 * @item(), @triggerBody(), several in one text, bare or within {…} and @{…}. */
#include "import/compose.h"
#include "import/names.h"
#include "import/powerplatform/operation.h"

enum { TEXT_MAX = 32 * 1024 };

typedef struct call {
    str_t name;
    str_t argument, fallback; /* unquoted; absent where there is none */
    str_t tail;               /* .a[0]['b'] */
} call_t;

typedef struct work {
    operation_t *o;
    expression_place_t place;
    buf_t *to;
    compose_t *literal; /* how a text is written: in a URL otherwise */
    bool failed;
} work_t;

/* --- reading --- */

static bool is_name_char(char c)
{
    return ascii_is_alnum(c) || c == '_';
}

static str_t take_quoted(str_t *rest)
{
    *rest = str_trim(*rest);
    size_t end = str_starts(*rest, STR("'")) ? str_find(*rest, STR("'"), 1) : SIZE_MAX;
    if (end == SIZE_MAX) {
        return STR_NONE;
    }
    str_t text = str_slice(*rest, 1, end);
    *rest = str_trim(str_slice(*rest, end + 1, rest->n));
    return text;
}

static size_t tail_length(str_t text)
{
    size_t i = 0;
    while (i < text.n) {
        if (text.p[i] == '.' && i + 1 < text.n && is_name_char(text.p[i + 1])) {
            for (i++; i < text.n && is_name_char(text.p[i]); i++) {
            }
        } else if (text.p[i] == '[' && str_find(text, STR("]"), i) != SIZE_MAX) {
            i = str_find(text, STR("]"), i) + 1;
        } else {
            break;
        }
    }
    return i;
}

/* `[0]` or `['name']`: how long it is; 0: another one. */
static size_t bracket_length(str_t text)
{
    size_t end = str_find(text, STR("]"), 0);
    str_t inner = str_slice(text, 1, end == SIZE_MAX ? 1 : end);
    bool quoted = inner.n > 1 && inner.p[0] == '\'' && inner.p[inner.n - 1] == '\'';
    str_t name = str_slice(inner, 1, quoted ? inner.n - 1 : 1);
    uint64_t index = 0;
    bool good = quoted ? str_index(name, '\'') == SIZE_MAX && str_index(name, '\\') == SIZE_MAX
                       : str_to_u64(inner, &index);
    return good ? end + 1 : 0;
}

bool expression_is_path(str_t tail)
{
    while (tail.n) {
        size_t n = tail.p[0] == '[' ? bracket_length(tail) : tail.p[0] == '.' ? 1 : 0;
        while (n && tail.p[0] == '.' && n < tail.n && is_name_char(tail.p[n])) {
            n++;
        }
        if (n == 0 || (tail.p[0] == '.' && n == 1)) {
            return false;
        }
        tail = str_slice(tail, n, tail.n);
    }
    return true;
}

/* A path behind it leads into it; behind any other a dot is text
 * ("@connectionParameters('tenant').example.com"). */
static bool has_members(str_t name)
{
    return str_eq_nocase(name, STR("body")) || str_eq_nocase(name, STR("item")) ||
           str_eq_nocase(name, STR("triggerBody"));
}

/* `@name(…)` at the beginning of text; 0 where it is none, else how long it is. */
static size_t read_call(str_t text, call_t *out)
{
    size_t i = 1;
    while (i < text.n && is_name_char(text.p[i])) {
        i++;
    }
    size_t close = str_find(text, STR(")"), i);
    if (i == 1 || i >= text.n || text.p[i] != '(' || close == SIZE_MAX) {
        return 0;
    }
    str_t inside = str_slice(text, i + 1, close);
    *out = (call_t){.name = str_slice(text, 1, i)};
    out->argument = take_quoted(&inside);
    if (str_starts(inside, STR(","))) {
        inside = str_slice(inside, 1, inside.n);
        out->fallback = take_quoted(&inside);
    }
    str_t rest = str_slice(text, close + 1, text.n);
    out->tail = str_slice(rest, 0, has_members(out->name) ? tail_length(rest) : 0);
    return close + 1 + out->tail.n;
}

/* --- writing --- */

static void refuse(work_t *w, str_t name, str_t argument, const char *why)
{
    report_refuse(w->o->s->report, w->o->name, "expression", "@%.*s('%.*s'): %s", STR_ARG(name),
                  STR_ARG(argument), why);
    w->failed = true;
}

/* `default(EXPRESSION, 'FALLBACK')`. */
static void write_default(work_t *w, str_t expression, str_t fallback)
{
    arena_t *arena = w->o->s->arena;
    compose_expression(w->to, arena_printf(arena, "default(%.*s, %s)", STR_ARG(expression),
                                           compose_quoted_in(arena, fallback).p));
}

/* `connection.x` with what stands in for it. In a URL it becomes the default of the parameter, so
 * that the host is known to be one. */
static void write_parameter(work_t *w, const call_t *c)
{
    source_t *s = w->o->s;
    str_t name = parameter_name(s, c->argument);
    str_t expression = arena_printf(s->arena, "connection.%s", name.p);
    json_t *field = name.p ? json_object_get(s->connections, name.p) : NULL;
    if (!field) {
        if (c->fallback.p) {
            w->literal(w->to, c->fallback);
            return;
        }
        refuse(w, c->name, c->argument, "there is no such parameter");
        return;
    }
    bool sure = is_true(json_object_get(field, "required")) || json_object_get(field, "default");
    if (w->place == EXPRESSION_IN_URL && c->fallback.n && !sure) {
        json_object_set_new(field, "default", json_str(c->fallback));
    } else if (w->place == EXPRESSION_IN_URL && !sure) {
        json_object_set_new(field, "required", json_true());
        report_note(s->report, "parameter", "%s stands in the address: it is required", name.p);
    } else if (c->fallback.n && !sure) {
        write_default(w, expression, c->fallback);
        return;
    }
    compose_expression(w->to, expression);
}

/* A host that comes with the call: Tenon reaches none that a caller names, so that the connection
 * names it. */
static void move_to_connection(work_t *w, json_t *values, const call_t *c)
{
    operation_t *o = w->o;
    source_t *s = o->s;
    json_t *input = json_object_get(o->action, "input");
    json_t *field = json_object_getn(input, c->argument.p, c->argument.n);
    str_t name = name_plain_in(s->arena, c->argument, 60);
    if (!json_object_get(s->connections, name.p)) {
        json_t *parameter = json_pack("{s:s,s:b}", "type", "string", "required", 1);
        json_add_text(parameter, "title", json_member(field, "title"));
        json_add_text(parameter, "description", json_member(field, "description"));
        json_object_setn_new(s->names, c->argument.p, c->argument.n, json_str(name));
        json_object_set(s->connections, name.p, parameter);
        json_t *connection = json_object_get(s->definition, "connection");
        json_object_set_new(json_child(connection, "parameters"), name.p, parameter);
    }
    json_object_deln(input, c->argument.p, c->argument.n);
    dynamic_note(o, c->argument, STR_NONE);
    str_t template = compose_parameter_in(s->arena, name);
    request_set(values, c->argument, template);
    report_warn(s->report, o->name, "host_from_call",
                "%.*s decides the host: it is a parameter of the connection, not of the call",
                STR_ARG(c->argument));
    compose_template(w->to, template);
}

static void write_value(work_t *w, json_t *values, const call_t *c)
{
    str_t value = request_value(values, c->argument);
    str_t expression = compose_only(value);
    if (!value.p) {
        w->literal(w->to, c->fallback);
    } else if (w->place == EXPRESSION_IN_URL && str_starts(expression, STR("input"))) {
        move_to_connection(w, values, c);
    } else if (expression.p && c->fallback.n) {
        write_default(w, expression, c->fallback);
    } else {
        compose_template(w->to, value);
    }
}

static void write_place(work_t *w, const char *root, const call_t *c)
{
    if (!expression_is_path(c->tail)) {
        refuse(w, c->name, c->tail, "its path cannot be read");
        return;
    }
    compose_expression(w->to, arena_printf(w->o->s->arena, "%s%.*s", root, STR_ARG(c->tail)));
}

static void write_call(work_t *w, const call_t *c)
{
    bool body = w->place == EXPRESSION_IN_BODY;
    if (str_eq_nocase(c->name, STR("connectionParameters"))) {
        write_parameter(w, c);
    } else if (str_eq_nocase(c->name, STR("queryParameters"))) {
        write_value(w, w->o->query, c);
    } else if (str_eq_nocase(c->name, STR("headers")) || str_eq_nocase(c->name, STR("header"))) {
        write_value(w, w->o->headers, c);
    } else if (body && str_eq_nocase(c->name, STR("body"))) {
        write_place(w, "body", c);
    } else if (body && str_eq_nocase(c->name, STR("item"))) {
        write_place(w, "item", c);
    } else if (w->place == EXPRESSION_IN_TRIGGER && str_eq_nocase(c->name, STR("triggerBody"))) {
        write_place(w, "response.body", c);
    } else {
        refuse(w, c->name, c->argument, "it is not known here");
    }
}

/* --- the text --- */

/* What begins at text: how long it is, 0 where it is plain. Braces around an expression go with it.
 */
static size_t read_expression(str_t text, call_t *c)
{
    size_t before = str_starts(text, STR("{@")) ? 1 : str_starts(text, STR("@{")) ? 2 : 0;
    str_t inner = str_slice(text, before, text.n);
    size_t length = 0;
    if (before == 2) { /* @{triggerBody().x}: no second @ */
        str_t with = str_slice(text, 1, text.n);
        length = read_call(with, c);
        before = 1;
    } else if (str_starts(inner, STR("@"))) {
        length = read_call(inner, c);
    }
    if (length == 0) {
        return 0;
    }
    bool braces = before > 0;
    bool closed = braces && before + length < text.n && text.p[before + length] == '}';
    return !braces ? length : closed ? before + length + 1 : 0;
}

bool expression_translate(operation_t *o, str_t text, expression_place_t place, buf_t *to)
{
    bool url = place == EXPRESSION_IN_URL;
    work_t w = {o, place, to, url ? compose_url : compose_literal, false};
    for (size_t i = 0; i < text.n && !w.failed;) {
        call_t c;
        size_t n = text.p[i] == '@' || text.p[i] == '{'
                       ? read_expression(str_slice(text, i, text.n), &c)
                       : 0;
        if (n > 0) {
            write_call(&w, &c);
            i += n;
        } else {
            w.literal(to, str_slice(text, i, i + 1));
            i++;
        }
    }
    return !w.failed;
}

str_t expression_in(operation_t *o, str_t text, expression_place_t place)
{
    buf_t to;
    buf_init(&to, TEXT_MAX);
    bool ok = expression_translate(o, text, place, &to);
    str_t translated = ok ? arena_str(o->s->arena, buf_view(&to)) : STR_NONE;
    buf_fini(&to);
    return translated;
}
