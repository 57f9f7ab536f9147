/* SPDX-License-Identifier: MIT */
/* The request of an operation before and after its policies, and what of it the action has to say.
 */
#include "import/compose.h"
#include "import/powerplatform/operation.h"

/* --- values --- */

static const char *key_of(const json_t *values, str_t name)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)values, key, value)
    {
        (void)value;
        if (str_eq_nocase(str_of(key), name)) {
            return key;
        }
    }
    return NULL;
}

str_t request_value(const json_t *values, str_t name)
{
    const char *key = key_of(values, name);
    return key ? json_view(json_object_get(values, key)) : STR_NONE;
}

void request_set(json_t *values, str_t name, str_t text)
{
    const char *key = key_of(values, name);
    json_object_setn_new(values, key ? key : name.p, key ? strlen(key) : name.n, json_str(text));
}

/* --- before the policies --- */

static void add_inputs(operation_t *o)
{
    const char *name;
    json_t *field;
    json_object_foreach(json_object_get(o->action, "input"), name, field)
    {
        str_t in = json_member(field, "in");
        json_t *to = str_is(in, "header") ? o->headers : str_is(in, "query") ? o->query : NULL;
        if (to && !key_of(to, str_of(name))) {
            str_t reference = input_reference(o, str_of(name));
            json_object_set_new(to, name, json_str(compose_expression_in(o->s->arena, reference)));
        }
    }
}

void request_begin(operation_t *o)
{
    const json_t *initial = o->s->initial;
    o->headers = json_object();
    o->query = json_object();
    o->steps = json_object();
    o->carried = json_pack("{s:{},s:{}}", "headers", "query");
    json_object_update(o->headers, json_object_get(initial, "headers"));
    json_object_update(o->query, json_object_get(initial, "query"));
    add_inputs(o);
    o->first_headers = json_copy(o->headers);
    o->first_query = json_copy(o->query);
    o->base = o->s->base;
}

/* --- after them --- */

static bool is_input(const operation_t *o, const char *name)
{
    return json_object_get(json_object_get(o->action, "input"), name) != NULL;
}

/* A policy wrote over what the caller gives. */
static void drop_overwritten(operation_t *o, const char *name, str_t value)
{
    str_t reference = input_reference(o, str_of(name));
    if (is_input(o, name) && str_find(value, reference, 0) == SIZE_MAX) {
        report_warn(o->s->report, o->name, "overwritten",
                    "the input %s is left out: a policy writes over it", name);
        json_object_del(json_object_get(o->action, "input"), name);
        dynamic_note(o, str_of(name), STR_NONE);
    }
}

/* Several values, a line each, are a list. */
static json_t *written(str_t text)
{
    if (str_index(text, '\n') == SIZE_MAX) {
        return json_str(text);
    }
    json_t *list = json_array();
    while (text.p) {
        json_array_append_new(list, json_str(str_cut(&text, '\n')));
    }
    return list;
}

static void finish_place(operation_t *o, json_t *request, const char *place)
{
    bool headers = str_is(str_of(place), "headers");
    const json_t *now = headers ? o->headers : o->query;
    const json_t *before = headers ? o->first_headers : o->first_query;
    const json_t *initial = json_object_get(o->s->initial, place);
    json_t *to = json_object();
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)now, name, value)
    {
        bool credential = json_equal(value, json_object_get(initial, name));
        if (credential || is_secret_template(o->s, json_view(value))) {
            json_object_set(json_object_get(o->carried, place), name, value);
        } else if (!json_equal(value, json_object_get(before, name))) {
            drop_overwritten(o, name, json_view(value));
            if (json_view(value).n) {
                json_object_set_new(to, name, written(json_view(value)));
            }
        }
    }
    json_add_filled(request, place, to);
}

/* `{name}` at the beginning of text, if that is an input; absent. */
static str_t variable_of(const operation_t *o, str_t text)
{
    enum { NAME_MAX_BYTES = 1024 }; /* behind each brace there may be more braces */
    text = str_slice(text, 0, text.n < NAME_MAX_BYTES ? text.n : NAME_MAX_BYTES);
    size_t end = str_starts(text, STR("{")) ? str_find(text, STR("}"), 0) : SIZE_MAX;
    str_t name = end == SIZE_MAX ? STR_NONE : str_slice(text, 1, end);
    return name.n && json_object_getn(json_object_get(o->action, "input"), name.p, name.n)
               ? name
               : STR_NONE;
}

static void add_variable(const operation_t *o, str_t name, buf_t *to)
{
    const json_t *input = json_object_get(o->action, "input");
    str_t encoding = json_member(json_object_getn(input, name.p, name.n), "url_encoding");
    str_t reference = input_reference(o, name);
    compose_expression(to, str_is(encoding, "double")
                               ? arena_printf(o->s->arena, "url_encode(%s)", reference.p)
                               : reference);
}

/* A literal piece of a path, with its variables. */
static void add_piece(const operation_t *o, str_t piece, buf_t *to)
{
    for (size_t i = 0; i < piece.n;) {
        str_t name = variable_of(o, str_slice(piece, i, piece.n));
        if (name.p) {
            add_variable(o, name, to);
        } else {
            compose_url(to, str_slice(piece, i, i + 1));
        }
        i += name.p ? name.n + strlen("{}") : 1;
    }
}

str_t request_url_in(operation_t *o, str_t base, str_t path)
{
    buf_t to;
    size_t from = 0, at = 0;
    buf_init(&to, 32 * 1024);
    buf_str(&to, base);
    for (str_t expression; (expression = compose_next(path, &at)).p; from = at) {
        size_t begin = at - expression.n - strlen("${}");
        add_piece(o, compose_text_in(o->s->arena, str_slice(path, from, begin)), &to);
        compose_expression(&to, expression);
    }
    add_piece(o, compose_text_in(o->s->arena, str_slice(path, from, path.n)), &to);
    str_t url = arena_str(o->s->arena, buf_view(&to));
    buf_fini(&to);
    return url;
}

/* Behind base_url a path is enough. */
static void shorten_steps(operation_t *o, str_t common_base)
{
    const char *name;
    json_t *step;
    json_object_foreach(o->steps, name, step)
    {
        str_t url = json_member(step, "url");
        str_t rest = str_slice(url, common_base.n, url.n);
        if (str_starts(url, common_base) && str_starts(rest, STR("/"))) {
            json_object_set_new(step, "url", json_str(rest));
        }
    }
}

/* --- what is sent twice --- */

static bool text_mentions(str_t text, str_t reference)
{
    for (size_t at = 0; (at = str_find(text, reference, at)) != SIZE_MAX; at += reference.n) {
        size_t end = at + reference.n;
        if (end >= text.n || !(ascii_is_alnum(text.p[end]) || text.p[end] == '_')) {
            return true;
        }
    }
    return false;
}

static bool mentions(const json_t *v, str_t reference)
{
    const char *name;
    json_t *child;
    size_t at;
    json_object_foreach((json_t *)(uintptr_t)v, name, child)
    {
        if (mentions(child, reference)) {
            return true;
        }
    }
    json_array_foreach(v, at, child)
    {
        if (mentions(child, reference)) {
            return true;
        }
    }
    return text_mentions(json_view(v), reference);
}

/* Of a template a list is sent once an item: no other way can be said. */
static void refuse_joined_list(const operation_t *o, const char *name)
{
    const json_t *field = json_object_get(json_object_get(o->action, "input"), name);
    bool list = str_is(json_member(field, "type"), "array");
    if (list && !str_is(json_member(field, "collectionFormat"), "multi")) {
        report_refuse(o->s->report, o->name, "parameter",
                      "%s is a list in one text, and a policy reads it", name);
    }
}

/* An input that a template mentions is sent only there (FORMAT 7): where the source sends it under
 * its own name, too, that is said. */
static void keep_own(operation_t *o, json_t *request, const json_t *values, const char *place)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)values, name, value)
    {
        str_t reference = compose_only(json_view(value));
        bool own = is_input(o, name) && str_eq(reference, input_reference(o, str_of(name)));
        if (own && (mentions(request, reference) || mentions(o->steps, reference))) {
            json_object_set(json_child(request, place), name, value);
            refuse_joined_list(o, name);
        }
    }
}

void request_finish(operation_t *o, str_t common_base)
{
    json_t *request = json_object();
    bool elsewhere = !str_eq(o->base, common_base);
    str_t own = compose_literal_in(o->s->arena, o->path);
    bool whole = str_eq(o->path, json_member(o->action, "path"));
    bool routed = o->route.p && !(whole && str_eq(o->route, own));
    json_add_text(request, "method", o->route_method);
    if (elsewhere || routed) {
        json_add_text(
            request, "url",
            request_url_in(o, elsewhere ? o->base : STR(""), o->route.p ? o->route : own));
    }
    finish_place(o, request, "headers");
    finish_place(o, request, "query");
    keep_own(o, request, o->headers, "headers");
    keep_own(o, request, o->query, "query");
    json_t *given =
        json_object_get(o->action, "request"); /* of inputs that go under another name */
    json_object_update_recursive(request, given);
    json_object_del(o->action, "request");
    json_add_filled(o->action, "request", request);
    shorten_steps(o, common_base);
    json_add_filled(o->action, "steps", json_incref(o->steps));
}
