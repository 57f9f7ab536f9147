/* SPDX-License-Identifier: MIT */
#include "call/proxied.h"

/* Who decodes more often than that has nothing to say that could not be said with less. */
enum { DECODINGS_MAX = 4 };

/* RFC 3986 3.3: what stands in a path as it is; `%` and `/` are looked at by themselves. */
static bool is_path_character(char c)
{
    return ascii_is_alnum(c) || (c != '\0' && strchr("-._~!$&'()*+,;=:@%/", c));
}

static int escaped(str_t s, size_t at)
{
    int high = at + 2 < s.n ? ascii_hex_value(s.p[at + 1]) : -1;
    int low = high >= 0 ? ascii_hex_value(s.p[at + 2]) : -1;
    return low < 0 ? -1 : high << 4 | low;
}

static bool check_characters(str_t path, err_t *err)
{
    for (size_t i = 0; i < path.n; i++) {
        if (path.p[i] == '%' && escaped(path, i) < 0) {
            return err_set(err, ERR_request_bad_encoding, "the path holds a broken percent escape");
        }
        if (!is_path_character(path.p[i])) {
            return err_set(err, ERR_param_control_char,
                           "the path holds a character that must be percent-encoded");
        }
    }
    return true;
}

/* --- one segment, as its readers may see it --- */

/* `.` and `..`, also with what some readers drop from a segment's end: blanks, dots, and parameters
 * behind a semicolon. */
static bool is_dotted(str_t piece)
{
    bool dot = false;
    piece = str_cut(&piece, ';');
    for (size_t i = 0; i < piece.n; i++) {
        if (piece.p[i] != '.' && piece.p[i] != ' ') {
            return false;
        }
        dot = dot || piece.p[i] == '.';
    }
    return dot;
}

/* An encoded slash is one to readers that decode before they divide. */
static bool has_dotted_piece(str_t segment)
{
    while (segment.p) {
        if (is_dotted(str_cut(&segment, '/'))) {
            return true;
        }
    }
    return false;
}

static bool has_control(str_t text)
{
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (c < 0x20 || c == 0x7f || c == '\\') {
            return true;
        }
    }
    return false;
}

static bool check_reading(str_t text, err_t *err)
{
    if (!str_is_utf8(text)) { /* an overlong form may spell a dot or a slash */
        return err_set(err, ERR_request_bad_encoding, "the path is not UTF-8");
    }
    if (has_control(text)) {
        return err_set(err, ERR_param_control_char,
                       "the path holds a control character or a backslash");
    }
    return !has_dotted_piece(text) ||
           err_set(err, ERR_param_dot_segment, "`.` and `..` may not stand in the path");
}

/* False where there is nothing to decode. A `%` that begins no escape stays, as lenient readers let
 * it. */
static bool decode_in(arena_t *arena, str_t *text)
{
    char *decoded = arena_alloc(arena, text->n + 1);
    size_t n = 0;
    for (size_t i = 0; i < text->n; i++) {
        int byte = text->p[i] == '%' ? escaped(*text, i) : -1;
        decoded[n++] = byte >= 0 ? (char)byte : text->p[i];
        i += byte >= 0 ? 2 : 0;
    }
    bool changed = n < text->n;
    *text = str_at(decoded, n);
    return changed;
}

static bool check_segment(arena_t *arena, str_t text, err_t *err)
{
    for (int decodings = 0; check_reading(text, err); decodings++) {
        if (!decode_in(arena, &text)) {
            return true;
        }
        if (decodings == DECODINGS_MAX) {
            return err_set(err, ERR_request_bad_encoding, "the path is encoded too many times");
        }
    }
    return false;
}

/* --- the path --- */

bool proxied_path_check(arena_t *arena, str_t path, err_t *err)
{
    if (!check_characters(path, err)) {
        return false;
    }
    str_t rest = path.n ? str_slice(path, 1, path.n) : STR_NONE; /* behind the first `/` */
    while (rest.p) {
        str_t segment = str_cut(&rest, '/');
        if (segment.n == 0 && rest.p) {
            return err_set(err, ERR_param_empty, "the path holds an empty segment");
        }
        if (!check_segment(arena, segment, err)) {
            return false;
        }
    }
    return true;
}
