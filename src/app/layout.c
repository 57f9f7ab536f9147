/* SPDX-License-Identifier: MIT */
#include "app/layout.h"

#include <string.h>

enum { WIDTH = 88, LEFT_MAX = 32, INDENT = 2, GAP = 2 };

static void add_blanks(buf_t *to, size_t n)
{
    buf_printf(to, "%*s", (int)n, "");
}

/* From column on, where the line already stands. */
static void add_words(buf_t *to, size_t column, str_t text)
{
    size_t at = column;
    while (text.p) {
        str_t word = str_cut(&text, ' ');
        if (at > column && at + 1 + word.n > WIDTH) {
            buf_char(to, '\n');
            add_blanks(to, column);
            at = column;
        } else if (at > column) {
            buf_char(to, ' ');
            at++;
        }
        buf_str(to, word);
        at += word.n;
    }
    buf_char(to, '\n');
}

void layout_wrapped(buf_t *to, size_t indent, const char *text)
{
    add_blanks(to, indent);
    add_words(to, indent, str_of(text));
}

void layout_paragraphs(buf_t *to, const char *text)
{
    for (str_t rest = str_of(text); rest.p;) {
        buf_char(to, '\n');
        add_words(to, 0, str_cut(&rest, '\n'));
    }
}

void layout_entry(buf_t *to, const char *left, size_t column, const char *text)
{
    size_t at = INDENT + strlen(left);
    add_blanks(to, INDENT);
    buf_lit(to, left);
    if (at + GAP > column) {
        buf_char(to, '\n');
        at = 0;
    }
    add_blanks(to, column - at);
    add_words(to, column, str_of(text));
}

void layout_measure(size_t *widest, const char *left)
{
    size_t n = strlen(left);
    if (n <= LEFT_MAX && n > *widest) {
        *widest = n;
    }
}

size_t layout_column(size_t widest)
{
    return INDENT + widest + GAP;
}
