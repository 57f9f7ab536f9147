/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdio.h>

#include "template/template_internal.h"

/* The place is the template's, as an editor finds it; where inside is part of the text, since
 * quoting and folding in the file have changed the columns. */
void *parse_fail(parser_t *p, const char *format, ...)
{
    char text[200];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    err_set_at(p->err, ERR_template_syntax, p->line, p->column,
               "%s at character %zu of the template", text,
               str_code_points(str_slice(p->text, 0, p->at)) + 1);
    return NULL;
}

char parse_peek(const parser_t *p)
{
    return p->at < p->text.n ? p->text.p[p->at] : '\0';
}

bool parse_take(parser_t *p, char c)
{
    bool found = p->at < p->text.n && p->text.p[p->at] == c;
    p->at += found;
    return found;
}

bool parse_comes(const parser_t *p, str_t what)
{
    return str_starts(str_slice(p->text, p->at, p->text.n), what);
}

void parse_skip_blanks(parser_t *p)
{
    while (parse_peek(p) == ' ' || parse_peek(p) == '\t' || parse_peek(p) == '\r' ||
           parse_peek(p) == '\n') {
        p->at++;
    }
}

static bool is_name_char(char c)
{
    return ascii_is_alnum(c) || c == '_' || c == '-';
}

str_t parse_name(parser_t *p)
{
    size_t from = p->at;
    while (is_name_char(parse_peek(p))) {
        p->at++;
    }
    return str_slice(p->text, from, p->at);
}

/* The character behind a backslash, or NUL where there is no such escape. */
static char unescape(char c)
{
    static const char pairs[] = "n\nr\rt\t\\\\''";
    for (size_t i = 0; pairs[i]; i += 2) {
        if (pairs[i] == c) {
            return pairs[i + 1];
        }
    }
    return '\0';
}

/* Index of the quote that ends the string at p->at, SIZE_MAX where there is none. */
static size_t string_end(const parser_t *p)
{
    for (size_t i = p->at; i < p->text.n; i++) {
        if (p->text.p[i] == '\'') {
            return i;
        }
        i += p->text.p[i] == '\\';
    }
    return SIZE_MAX;
}

bool parse_string(parser_t *p, str_t *out)
{
    size_t end = string_end(p);
    if (end == SIZE_MAX) {
        return parse_fail(p, "a closing `'` is missing for the text");
    }
    char *copy = arena_alloc(p->arena, end - p->at);
    size_t n = 0;
    while (p->at < end) {
        char c = parse_take(p, '\\') ? unescape(parse_peek(p)) : parse_peek(p);
        if (!c) {
            return parse_fail(p, "an unknown escape (\\n \\r \\t \\\\ \\' are known)");
        }
        copy[n++] = c;
        p->at++;
    }
    p->at = end + 1;
    *out = str_at(copy, n);
    return true;
}

/* A JSON integer: no plus, no leading zeros. */
bool parse_integer(parser_t *p, int64_t *out)
{
    size_t from = p->at;
    (void)parse_take(p, '-');
    size_t digits = p->at;
    while (ascii_is_digit(parse_peek(p))) {
        p->at++;
    }
    bool odd = p->at == digits || (p->text.p[digits] == '0' && p->at > digits + 1);
    if (odd || !str_to_i64(str_slice(p->text, from, p->at), out)) {
        return parse_fail(p, "an integer of at most 64 bits is expected");
    }
    return true;
}
