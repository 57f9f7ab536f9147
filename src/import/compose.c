/* SPDX-License-Identifier: MIT */
#include "import/compose.h"

/* For a piece of n bytes: each may be escaped, and a name stands in `['…']`. */
static size_t room_for(str_t piece)
{
    return 6 * piece.n + 8;
}

/* --- pieces --- */

/* A brace behind a `$` would begin an expression: `$${` is literal. */
static void add_char(buf_t *to, char c)
{
    buf_lit(to, c == '{' && to->n && to->p[to->n - 1] == '$' ? "$" : "");
    buf_char(to, c);
}

void compose_literal(buf_t *to, str_t text)
{
    for (size_t i = 0; i < text.n; i++) {
        add_char(to, text.p[i]);
    }
}

void compose_url(buf_t *to, str_t text)
{
    for (size_t i = 0; i < text.n; i++) {
        bool brace = text.p[i] == '{' || text.p[i] == '}';
        if (brace) {
            buf_printf(to, "%%%02X", (unsigned char)text.p[i]);
        } else {
            buf_char(to, text.p[i]);
        }
    }
}

/* Before an expression a literal `$` would make it one, too: there it is an expression of its own.
 */
static void guard_dollars(buf_t *to)
{
    size_t dollars = 0;
    while (dollars < to->n && to->p[to->n - 1 - dollars] == '$') {
        dollars++;
    }
    to->n -= dollars;
    buf_lit(to, dollars ? "${'" : "");
    for (size_t i = 0; i < dollars; i++) {
        buf_char(to, '$');
    }
    buf_lit(to, dollars ? "'}" : "");
}

void compose_expression(buf_t *to, str_t expression)
{
    guard_dollars(to);
    buf_lit(to, "${");
    buf_str(to, expression);
    buf_char(to, '}');
}

void compose_template(buf_t *to, str_t template)
{
    if (str_starts(template, STR("${"))) {
        guard_dollars(to);
    }
    if (template.n) {
        add_char(to, template.p[0]);
        buf_str(to, str_slice(template, 1, template.n));
    }
}

/* --- whole --- */

static str_t done_in(arena_t *arena, buf_t *to)
{
    str_t text = arena_str(arena, buf_view(to));
    buf_fini(to);
    return text;
}

static str_t whole_in(arena_t *arena, str_t text, compose_t *compose)
{
    buf_t to;
    buf_init(&to, room_for(text));
    compose(&to, text);
    return text.p ? done_in(arena, &to) : STR_NONE;
}

str_t compose_literal_in(arena_t *arena, str_t text)
{
    return whole_in(arena, text, compose_literal);
}

str_t compose_url_in(arena_t *arena, str_t text)
{
    return whole_in(arena, text, compose_url);
}

str_t compose_expression_in(arena_t *arena, str_t expression)
{
    return arena_printf(arena, "${%.*s}", STR_ARG(expression));
}

str_t compose_parameter_in(arena_t *arena, str_t name)
{
    return arena_printf(arena, "${connection.%.*s}", STR_ARG(name));
}

/* --- within expressions --- */

static void compose_quoted(buf_t *to, str_t text)
{
    static const char pairs[] = "\nn\rr\tt\\\\''";
    buf_char(to, '\'');
    for (size_t i = 0; i < text.n; i++) {
        char escape = '\0';
        for (size_t k = 0; pairs[k]; k += 2) {
            escape = pairs[k] == text.p[i] ? pairs[k + 1] : escape;
        }
        buf_lit(to, escape ? "\\" : "");
        buf_char(to, escape ? escape : text.p[i]);
    }
    buf_char(to, '\'');
}

str_t compose_quoted_in(arena_t *arena, str_t text)
{
    return whole_in(arena, text.p ? text : STR(""), compose_quoted);
}

static bool is_name(str_t text)
{
    size_t i = 0;
    while (i < text.n && (ascii_is_alnum(text.p[i]) || text.p[i] == '_' || text.p[i] == '-')) {
        i++;
    }
    return text.n > 0 && i == text.n;
}

str_t compose_path_in(arena_t *arena, str_t root, str_t path)
{
    buf_t to;
    buf_init(&to, root.n + room_for(path));
    buf_str(&to, root);
    while (path.p) {
        str_t name = str_cut(&path, '.');
        if (is_name(name)) {
            buf_char(&to, '.');
            buf_str(&to, name);
        } else {
            buf_char(&to, '[');
            compose_quoted(&to, name);
            buf_char(&to, ']');
        }
    }
    return done_in(arena, &to);
}

/* --- taken apart --- */

/* Behind what stands at i: a whole text in quotes, or one character. */
static size_t behind_part(str_t text, size_t i)
{
    bool quoted = text.p[i++] == '\'';
    while (quoted && i < text.n && text.p[i] != '\'') {
        i += text.p[i] == '\\' ? 2 : 1;
    }
    i += quoted;
    return i < text.n ? i : text.n;
}

size_t compose_find(str_t expression, str_t part, size_t from)
{
    for (size_t i = from; i < expression.n; i = behind_part(expression, i)) {
        if (str_starts(str_slice(expression, i, expression.n), part)) {
            return i;
        }
    }
    return SIZE_MAX;
}

/* Index of the next `${` that begins an expression, or the length. */
static size_t begin_of_expression(str_t text, size_t i)
{
    while (i < text.n && !str_starts(str_slice(text, i, text.n), STR("${"))) {
        i += str_starts(str_slice(text, i, text.n), STR("$${")) ? 3 : 1;
    }
    return i;
}

str_t compose_next(str_t template, size_t *at)
{
    size_t begin = begin_of_expression(template, *at);
    if (begin >= template.n) {
        return STR_NONE;
    }
    size_t end = compose_find(template, STR("}"), begin + 2);
    end = end < template.n ? end : template.n;
    *at = end + 1 < template.n ? end + 1 : template.n;
    return str_slice(template, begin + 2, end);
}

str_t compose_only(str_t template)
{
    size_t at = 0;
    str_t expression = compose_next(template, &at);
    return at == template.n && str_starts(template, STR("${")) ? expression : STR_NONE;
}

str_t compose_text_in(arena_t *arena, str_t template)
{
    size_t at = 0;
    buf_t to;
    if (compose_next(template, &at).p) {
        return STR_NONE;
    }
    buf_init(&to, template.n);
    for (size_t i = 0; i < template.n; i++) {
        i += str_starts(str_slice(template, i, template.n), STR("$${"));
        buf_char(&to, template.p[i]);
    }
    return done_in(arena, &to);
}
