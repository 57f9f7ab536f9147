/* SPDX-License-Identifier: MIT */
#include "api/connect/html.h"

#include "base/utf8.h"
#include "codec/url.h"

static const char REPLACEMENT[] = "\xef\xbf\xbd"; /* U+FFFD */

static const char *entity_of(uint32_t code_point)
{
    switch (code_point) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

static bool is_shown(uint32_t code_point)
{
    return code_point == '\n' || code_point == '\t' || !utf8_is_control(code_point);
}

void html_text(buf_t *to, str_t text)
{
    uint32_t code_point;
    for (size_t i = 0, n; i < text.n; i += n ? n : 1) {
        n = utf8_decode(text.p + i, text.n - i, &code_point);
        const char *entity = n ? entity_of(code_point) : REPLACEMENT;
        if (entity) {
            buf_lit(to, entity);
        } else if (is_shown(code_point)) {
            buf_add(to, text.p + i, n);
        }
    }
}

void html_attribute(buf_t *to, const char *name, str_t value)
{
    if (value.p) {
        html_attribute_of(to, name, "", value);
    }
}

void html_attribute_of(buf_t *to, const char *name, const char *first, str_t second)
{
    buf_char(to, ' ');
    buf_lit(to, name);
    buf_lit(to, "=\"");
    buf_lit(to, first);
    html_text(to, second);
    buf_char(to, '"');
}

void html_element(buf_t *to, const char *tag, const char *class, str_t text)
{
    if (text.n) {
        buf_printf(to, "<%s", tag);
        html_attribute(to, "class", str_of(class));
        buf_char(to, '>');
        html_text(to, text);
        buf_printf(to, "</%s>\n", tag);
    }
}

void html_sentence(buf_t *to, str_t text)
{
    text = str_trim(text);
    if (!text.n) {
        return;
    }
    char first = text.p[0], last = text.p[text.n - 1];
    bool small = first >= 'a' && first <= 'z';
    if (small) {
        buf_char(to, (char)(first - 'a' + 'A'));
    }
    html_text(to, str_slice(text, small, text.n));
    if (ascii_is_alnum(last) || strchr("`)'\"", last)) {
        buf_char(to, '.');
    }
}

bool html_is_link(str_t url)
{
    arena_t *arena = arena_new(0);
    url_t parsed;
    err_t ignored = ERR_INIT;
    bool ok = url_parse_in(arena, url, &parsed, &ignored);
    arena_free(arena);
    return ok;
}

void html_link_out(buf_t *to, str_t url, str_t text)
{
    if (!html_is_link(url)) {
        html_text(to, text);
        return;
    }
    buf_lit(to, "<a");
    html_attribute(to, "href", url);
    buf_lit(to, " rel=\"noopener noreferrer\" target=\"_blank\">");
    html_text(to, text);
    buf_lit(to, "</a>");
}
