/* SPDX-License-Identifier: MIT */
#include "api/connect/pattern.h"

#include "base/utf8.h"

typedef struct reader {
    str_t text;
    size_t at;
    buf_t *to;
} reader_t;

static char peek(const reader_t *r, size_t distance)
{
    return r->at + distance < r->text.n ? r->text.p[r->at + distance] : '\0';
}

static void copy(reader_t *r, size_t n)
{
    str_t part = str_slice(r->text, r->at, r->at + n);
    buf_str(r->to, part);
    r->at += part.n;
}

/* SyntaxCharacter and `/` (ECMA-262 22.2.1): all that may stand behind a backslash as themselves.
 */
static bool is_syntax(char c)
{
    return c != '\0' && strchr("^$\\.*+?()[]{}|/", c);
}

/* A backslash and what belongs to it. */
static size_t escape_length(const reader_t *r)
{
    char c = peek(r, 1);
    size_t length = c == 'x' ? 4 : c == 'c' ? 3 : c == 'u' ? 6 : 2;
    if (c != '\0' && strchr("upP", c) && peek(r, 2) == '{') {
        for (length = 3; r->at + length < r->text.n && peek(r, length - 1) != '}';) {
            length++;
        }
    }
    return length;
}

/* The flag v knows no needless backslashes: only before what has a meaning, with it or without. */
static bool is_needed(const reader_t *r, bool in_class)
{
    char c = peek(r, 1);
    return ascii_is_alnum(c) || is_syntax(c) || (in_class && c == '-');
}

/* --- [classes] --- */

static bool is_set(str_t atom)
{
    return atom.n > 1 && atom.p[0] == '\\' && strchr("dDwWsSpP", atom.p[1]);
}

/* ClassSetSyntaxCharacter, and the first of what could be two of one punctuator. */
static bool is_class_syntax(const reader_t *r)
{
    char c = peek(r, 0);
    return c != '\0' &&
           (strchr("()[]{}/-|", c) || (peek(r, 1) == c && strchr("&!#$%*+,.:;<=>?@^`~", c)));
}

/* One character, escape or set; answers what it was. */
static str_t class_atom(reader_t *r)
{
    size_t from = r->at, length;
    uint32_t code_point;
    if (peek(r, 0) == '\\' && is_needed(r, true)) {
        copy(r, escape_length(r));
        return str_slice(r->text, from, r->at);
    }
    r->at += peek(r, 0) == '\\';
    if (is_class_syntax(r)) {
        buf_char(r->to, '\\');
    }
    length = utf8_decode(r->text.p + r->at, r->text.n - r->at, &code_point);
    copy(r, length ? length : 1);
    return str_slice(r->text, from, r->at);
}

static void class_item(reader_t *r)
{
    str_t first = class_atom(r);
    if (peek(r, 0) != '-' || peek(r, 1) == ']' || r->at + 1 >= r->text.n) {
        return;
    }
    r->at++;
    /* Beside a set the hyphen is a character (ECMA-262 B.1.2). */
    bool set = is_set(first) || is_set(str_slice(r->text, r->at, r->at + 2));
    buf_lit(r->to, set ? "\\-" : "-");
    class_atom(r);
}

static void class(reader_t *r)
{
    copy(r, peek(r, 1) == '^' ? 2 : 1);
    while (r->at < r->text.n && peek(r, 0) != ']') {
        class_item(r);
    }
    copy(r, 1);
}

/* --- the rest --- */

/* Length of `{n}`, `{n,}` or `{n,m}`; 0: the brace is a character. */
static size_t counted(const reader_t *r)
{
    size_t i = 1;
    while (ascii_is_digit(peek(r, i))) {
        i++;
    }
    if (i > 1 && peek(r, i) == ',') {
        for (i++; ascii_is_digit(peek(r, i));) {
            i++;
        }
    }
    return i > 1 && peek(r, i) == '}' ? i + 1 : 0;
}

static void brace(reader_t *r)
{
    size_t length = peek(r, 0) == '{' ? counted(r) : 0;
    if (length == 0) {
        buf_char(r->to, '\\');
        length = 1;
    }
    copy(r, length);
}

static void escape(reader_t *r)
{
    if (is_needed(r, false)) {
        copy(r, escape_length(r));
    } else {
        r->at++; /* what is next is itself without a backslash */
        copy(r, 1);
    }
}

static void write_all(reader_t *r)
{
    while (r->at < r->text.n) {
        switch (peek(r, 0)) {
        case '\\':
            escape(r);
            break;
        case '[':
            class(r);
            break;
        case '{':
        case '}':
        case ']':
            brace(r);
            break;
        default:
            copy(r, 1);
        }
    }
}

/* Without alternatives, from ^ to $: the browser's own anchors change nothing. */
static bool is_anchored(str_t text)
{
    size_t slashes = 0;
    while (slashes + 1 < text.n && text.p[text.n - 2 - slashes] == '\\') {
        slashes++;
    }
    return text.n > 1 && text.p[0] == '^' && text.p[text.n - 1] == '$' && slashes % 2 == 0 &&
           str_index(text, '|') == SIZE_MAX;
}

void pattern_write_html(buf_t *to, str_t text)
{
    reader_t r = {.text = text, .to = to};
    if (is_anchored(text)) {
        r.text = str_slice(text, 1, text.n - 1);
        write_all(&r);
        return;
    }
    buf_lit(to, "[\\s\\S]*(?:");
    write_all(&r);
    buf_lit(to, ")[\\s\\S]*");
}
