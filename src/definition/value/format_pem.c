/* SPDX-License-Identifier: MIT */
#include "definition/value/format_kinds.h"

static bool is_base64_char(char c)
{
    return ascii_is_alnum(c) || c == '+' || c == '/';
}

bool format_is_byte(str_t text)
{
    size_t padding = 0;
    while (padding < 2 && padding < text.n && text.p[text.n - 1 - padding] == '=') {
        padding++;
    }
    for (size_t i = 0; i + padding < text.n; i++) {
        if (!is_base64_char(text.p[i])) {
            return false;
        }
    }
    return text.n % 4 == 0;
}

/* Index behind blanks and line ends, also those that a form has spelt `\n`. */
static size_t skip_line_ends(str_t text, size_t at)
{
    while (at < text.n) {
        if (strchr(" \t\r\n", text.p[at])) {
            at++;
        } else if (text.p[at] == '\\' && at + 1 < text.n && strchr("nr", text.p[at + 1])) {
            at += 2;
        } else {
            break;
        }
    }
    return at;
}

static bool is_pem_label(str_t label)
{
    for (size_t i = 0; i < label.n; i++) {
        bool fits = (label.p[i] >= 'A' && label.p[i] <= 'Z') || ascii_is_digit(label.p[i]) ||
                    (label.p[i] == ' ' && i > 0 && i + 1 < label.n);
        if (!fits) {
            return false;
        }
    }
    return label.n > 0;
}

static bool is_pem_body(str_t body)
{
    size_t bytes = 0;
    size_t at = skip_line_ends(body, 0);
    while (at < body.n && (is_base64_char(body.p[at]) || body.p[at] == '=')) {
        bytes++;
        at = skip_line_ends(body, at + 1);
    }
    return at == body.n && bytes >= 4;
}

/* Takes text up to mark and mark itself. */
static bool take_until(str_t *rest, str_t mark, str_t *before)
{
    size_t at = str_find(*rest, mark, 0);
    if (at == SIZE_MAX) {
        return false;
    }
    *before = str_slice(*rest, 0, at);
    *rest = str_slice(*rest, at + mark.n, rest->n);
    return true;
}

/* One block of RFC 7468, and the blanks behind it. */
static bool take_pem_block(str_t *rest)
{
    str_t label;
    str_t body;
    str_t last;
    if (!str_starts(*rest, STR("-----BEGIN "))) {
        return false;
    }
    *rest = str_slice(*rest, sizeof "-----BEGIN " - 1, rest->n);
    if (!take_until(rest, STR("-----"), &label) || !take_until(rest, STR("-----END "), &body) ||
        !take_until(rest, STR("-----"), &last)) {
        return false;
    }
    *rest = str_slice(*rest, skip_line_ends(*rest, 0), rest->n);
    return is_pem_label(label) && str_eq(label, last) && is_pem_body(body);
}

bool format_is_pem(str_t text)
{
    text = str_slice(text, skip_line_ends(text, 0), text.n);
    do {
        if (!take_pem_block(&text)) {
            return false;
        }
    } while (text.n > 0);
    return true;
}
