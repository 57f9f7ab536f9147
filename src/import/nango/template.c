/* SPDX-License-Identifier: MIT */
/* Templates of Nango in words of ours. Its functions hold templates as arguments
 * (`${base64(${a}:${b})}`), ours hold expressions (`${base64(concat(a, ':', b))}`), so each
 * template is first read into pieces, and these are written either way. */
#include "import/nango/template.h"
#include "base/buf.h"
#include "codec/json.h"

enum { TEMPLATE_MAX = 16 * 1024, PIECES_MAX = 64, NESTED_MAX = 8 };

typedef struct piece {
    str_t text;
    bool is_expression;
} piece_t;

typedef struct pieces {
    piece_t list[PIECES_MAX];
    size_t count;
} pieces_t;

size_t behind_variable(str_t s, size_t at)
{
    unsigned depth = 0;
    for (size_t i = at; i < s.n; i++) {
        bool opens = s.p[i] == '{' && i > 0 && s.p[i - 1] == '$';
        depth += opens;
        if (s.p[i] == '}' && depth > 0 && --depth == 0) {
            return i + 1;
        }
    }
    return s.n;
}

bool has_template(str_t source)
{
    return str_find(source, STR("${"), 0) != SIZE_MAX;
}

str_t first_variable(str_t source)
{
    size_t at = str_find(source, STR("${"), 0);
    return at == SIZE_MAX ? STR_NONE : str_slice(source, at + 2, behind_variable(source, at) - 1);
}

void cut_choice(str_t source, str_t *left, str_t *right)
{
    *left = source;
    *right = STR_NONE;
    for (size_t i = 0; i + 1 < source.n; i++) {
        if (source.p[i] == '$' && source.p[i + 1] == '{') {
            i = behind_variable(source, i) - 1;
        } else if (source.p[i] == '|' && source.p[i + 1] == '|') {
            *left = str_trim(str_slice(source, 0, i));
            *right = str_trim(str_slice(source, i + 2, source.n));
            return;
        }
    }
}

static bool read_pieces(provider_t *p, str_t source, pieces_t *to, unsigned depth);

/* --- pieces as one expression --- */

static str_t piece_expression(provider_t *p, const piece_t *piece)
{
    return piece->is_expression ? piece->text : compose_quoted_in(p->arena, piece->text);
}

static str_t join_expression(provider_t *p, const pieces_t *pieces)
{
    if (pieces->count == 0) {
        return STR("''");
    }
    if (pieces->count == 1) {
        return piece_expression(p, &pieces->list[0]);
    }
    buf_t to;
    buf_init(&to, TEMPLATE_MAX);
    buf_lit(&to, "concat(");
    for (size_t i = 0; i < pieces->count; i++) {
        buf_lit(&to, i ? ", " : "");
        buf_str(&to, piece_expression(p, &pieces->list[i]));
    }
    buf_char(&to, ')');
    str_t out = arena_str(p->arena, buf_view(&to));
    buf_fini(&to);
    return out;
}

str_t nested_expression(provider_t *p, str_t source, unsigned depth)
{
    pieces_t pieces = {.count = 0};
    return read_pieces(p, source, &pieces, depth) ? join_expression(p, &pieces) : STR_NONE;
}

/* --- pieces --- */

static bool add_piece(pieces_t *to, str_t text, bool is_expression)
{
    if (!is_expression && text.n == 0) {
        return true;
    }
    if (to->count == PIECES_MAX) {
        return false;
    }
    to->list[to->count++] = (piece_t){text, is_expression};
    return true;
}

static bool add_variable(provider_t *p, str_t name, pieces_t *to, unsigned depth)
{
    str_t expression = depth < NESTED_MAX ? variable_expression(p, name, depth + 1) : STR_NONE;
    if (!expression.p) {
        provider_fail(p, "template", "the template ${%.*s} has no counterpart",
                      STR_ARG(str_slice(name, 0, 200)));
    }
    return expression.p && add_piece(to, expression, true);
}

static bool read_pieces(provider_t *p, str_t source, pieces_t *to, unsigned depth)
{
    bool ok = source.n <= TEMPLATE_MAX;
    for (size_t at = 0; ok && at < source.n;) {
        size_t next = str_find(source, STR("${"), at);
        size_t from = next == SIZE_MAX ? source.n : next;
        ok = add_piece(to, str_slice(source, at, from), false);
        at = next == SIZE_MAX ? source.n : behind_variable(source, next);
        if (ok && next != SIZE_MAX) {
            ok = add_variable(p, str_slice(source, next + 2, at - 1), to, depth);
        }
    }
    if (!ok) {
        provider_fail(p, "template", "a template is too long");
    }
    return ok;
}

/* --- as a template --- */

static str_t join_text(provider_t *p, const pieces_t *pieces)
{
    buf_t to;
    buf_init(&to, TEMPLATE_MAX);
    for (size_t i = 0; i < pieces->count; i++) {
        const piece_t *piece = &pieces->list[i];
        if (piece->is_expression) {
            compose_expression(&to, piece->text);
        } else {
            compose_literal(&to, piece->text);
        }
    }
    str_t out = arena_str(p->arena, buf_view(&to));
    buf_fini(&to);
    return out;
}

str_t translated_text(provider_t *p, str_t source)
{
    pieces_t pieces = {.count = 0};
    return read_pieces(p, source, &pieces, 0) ? join_text(p, &pieces) : STR_NONE;
}

str_t translated_expression(provider_t *p, str_t source)
{
    return nested_expression(p, source, 0);
}

str_t default_expression(provider_t *p, str_t left, str_t right)
{
    return arena_printf(p->arena, "default(%.*s, %.*s)", STR_ARG(left), STR_ARG(right));
}

str_t translated_choice(provider_t *p, str_t source)
{
    str_t left, right;
    cut_choice(source, &left, &right);
    if (!right.p) {
        return translated_text(p, source);
    }
    str_t first = translated_expression(p, left);
    str_t second = translated_expression(p, right);
    return first.p && second.p
               ? compose_expression_in(p->arena, default_expression(p, first, second))
               : STR_NONE;
}

/* --- trees --- */

static json_t *object_tree(provider_t *p, const json_t *tree)
{
    const char *name;
    json_t *value;
    json_t *to = json_object();
    json_object_foreach((json_t *)(uintptr_t)tree, name, value)
    {
        json_object_set_new(to, name, translated_tree(p, value));
    }
    return to;
}

static json_t *list_tree(provider_t *p, const json_t *tree)
{
    size_t at;
    json_t *value;
    json_t *to = json_array();
    json_array_foreach(tree, at, value)
    {
        json_array_append_new(to, translated_tree(p, value));
    }
    return to;
}

json_t *translated_tree(provider_t *p, const json_t *tree)
{
    if (json_is_object(tree)) {
        return object_tree(p, tree);
    }
    if (json_is_array(tree)) {
        return list_tree(p, tree);
    }
    if (json_is_string(tree)) {
        str_t text = translated_text(p, json_view(tree));
        return json_str(text.p ? text : STR(""));
    }
    return json_deep_copy(tree);
}
