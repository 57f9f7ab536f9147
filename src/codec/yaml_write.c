/* SPDX-License-Identifier: MIT */
/* Written here rather than by libyaml's emitter, which breaks keys of more than 128 bytes (paths
 * are keys) into two lines, and leaves it to its caller which words mean something to which reader.
 */
#include "codec/yaml_write.h"

#include "base/utf8.h"
#include "codec/json.h"

/* A key in one line has at most 1024 characters (YAML 1.2.2 7.4.2). */
enum { KEY_BYTES_MAX = 1000 };

/* --- texts --- */

/* Not printable in YAML 1.1 or 1.2, a line end to one of them, or not seen as what it is. */
static bool needs_escape(uint32_t code_point)
{
    return utf8_is_control(code_point) || (code_point & 0xFFFE) == 0xFFFE;
}

static bool may_begin(char c)
{
    return (ascii_is_alnum(c) && !ascii_is_digit(c)) || (unsigned char)c >= 0x80 ||
           (c != '\0' && strchr("/$_(^", c));
}

/* YAML 1.1 reads more words as booleans than YAML 1.2 does. */
static bool is_resolved(str_t s)
{
    static const char *const words[] = {"y",   "n",    "yes",   "no",  "on",
                                        "off", "true", "false", "null"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (str_eq_nocase(s, str_of(words[i]))) {
            return true;
        }
    }
    return false;
}

/* A colon that ends a key, a hash that begins a comment. */
static bool is_mark(str_t s, size_t at)
{
    bool before_blank = at + 1 == s.n || s.p[at + 1] == ' ';
    return (s.p[at] == ':' && before_blank) || (s.p[at] == '#' && s.p[at - 1] == ' ');
}

/* Whether it can stand without quotes. What looks like a number or a date begins with a digit, a
 * sign or a dot, which none does here. */
static bool is_plain(str_t s)
{
    if (s.n == 0 || !may_begin(s.p[0]) || s.p[s.n - 1] == ' ' || is_resolved(s)) {
        return false;
    }
    for (size_t at = 0; at < s.n;) {
        uint32_t code_point;
        size_t n = utf8_decode(s.p + at, s.n - at, &code_point);
        if (n == 0 || needs_escape(code_point) || (at > 0 && is_mark(s, at))) {
            return false;
        }
        at += n;
    }
    return true;
}

/* Whether its lines can stand as they are: none ends in a blank or begins the text with one, so
 * that nothing depends on what an editor leaves at the end of lines. */
static bool is_literal(str_t s)
{
    if (str_index(s, '\n') == SIZE_MAX || s.p[0] == ' ' || s.p[0] == '\n' || s.p[s.n - 1] == ' ' ||
        str_ends(s, STR("\n\n"))) {
        return false;
    }
    for (size_t at = 0; at < s.n;) {
        uint32_t code_point;
        size_t n = utf8_decode(s.p + at, s.n - at, &code_point);
        bool end = code_point == '\n';
        if (n == 0 || (!end && needs_escape(code_point)) || (end && s.p[at - 1] == ' ')) {
            return false;
        }
        at += n;
    }
    return true;
}

static void write_escape(buf_t *to, uint32_t code_point)
{
    static const char shorts[] = "\"\"\\\\\nn\tt"; /* what is escaped, and the letter for it */
    for (size_t i = 0; i + 1 < sizeof shorts; i += 2) {
        if ((unsigned char)shorts[i] == code_point) {
            buf_add(to, (char[]){'\\', shorts[i + 1]}, 2);
            return;
        }
    }
    buf_printf(to, code_point > 0xFFFF ? "\\U%08X" : "\\u%04X", (unsigned)code_point);
}

static void write_quoted(buf_t *to, str_t s)
{
    buf_char(to, '"');
    for (size_t at = 0; at < s.n;) {
        uint32_t code_point;
        size_t n = utf8_decode(s.p + at, s.n - at, &code_point);
        if (n == 0) {
            buf_lit(to, "\xef\xbf\xbd");
            n = 1;
        } else if (code_point == '"' || code_point == '\\' || needs_escape(code_point)) {
            write_escape(to, code_point);
        } else {
            buf_add(to, s.p + at, n);
        }
        at += n;
    }
    buf_char(to, '"');
}

static void write_in_line(buf_t *to, str_t s)
{
    if (is_plain(s)) {
        buf_str(to, s);
    } else {
        write_quoted(to, s);
    }
}

static void indent(buf_t *to, unsigned level)
{
    for (unsigned i = 0; i < level; i++) {
        buf_lit(to, "  ");
    }
}

static void write_literal(buf_t *to, str_t s, unsigned level)
{
    bool ends_line = str_ends(s, STR("\n"));
    str_t rest = ends_line ? str_slice(s, 0, s.n - 1) : s;
    buf_lit(to, ends_line ? "|" : "|-");
    while (rest.p) {
        str_t line = str_cut(&rest, '\n');
        buf_char(to, '\n');
        indent(to, line.n ? level : 0);
        buf_str(to, line);
    }
}

/* --- numbers --- */

/* YAML 1.1 knows no exponent without a fraction. */
static void write_real(buf_t *to, const json_t *v)
{
    buf_t digits;
    buf_init(&digits, 64);
    json_write(&digits, v);
    str_t text = buf_view(&digits);
    size_t exponent = str_index(text, 'e');
    bool bare = exponent != SIZE_MAX && str_index(text, '.') == SIZE_MAX;
    buf_str(to, str_slice(text, 0, exponent));
    buf_lit(to, bare ? ".0" : "");
    buf_str(to, str_slice(text, exponent, text.n));
    buf_fini(&digits);
}

/* --- nodes --- */

static void write_scalar(buf_t *to, const json_t *v, unsigned level)
{
    if (json_is_string(v) && is_literal(json_view(v))) {
        write_literal(to, json_view(v), level);
    } else if (json_is_string(v)) {
        write_in_line(to, json_view(v));
    } else if (json_is_real(v)) {
        write_real(to, v);
    } else {
        json_write(to, v); /* numbers, words, {} and [] */
    }
}

static void write_below(buf_t *to, const json_t *v, unsigned level, bool begun);

static bool has_lines(const json_t *v)
{
    return json_object_size(v) > 0 || json_array_size(v) > 0;
}

static void write_key(buf_t *to, str_t key, unsigned level)
{
    if (key.n > KEY_BYTES_MAX) {
        buf_lit(to, "? ");
        write_quoted(to, key);
        buf_char(to, '\n');
        indent(to, level);
    } else {
        write_in_line(to, key);
    }
    buf_char(to, ':');
}

static void write_member(buf_t *to, str_t key, const json_t *v, unsigned level)
{
    write_key(to, key, level);
    if (has_lines(v)) {
        buf_char(to, '\n');
        write_below(to, v, level + 1, false);
    } else {
        buf_char(to, ' ');
        write_scalar(to, v, level + 1);
        buf_char(to, '\n');
    }
}

static void write_item(buf_t *to, const json_t *v, unsigned level)
{
    buf_lit(to, "- ");
    if (has_lines(v)) {
        write_below(to, v, level + 1, true);
    } else {
        write_scalar(to, v, level + 1);
        buf_char(to, '\n');
    }
}

/* A map or list that is not empty. begun: its first line is indented already, behind a dash. */
static void write_below(buf_t *to, const json_t *v, unsigned level, bool begun)
{
    const char *key;
    size_t at, key_bytes;
    json_t *child;
    json_object_keylen_foreach((json_t *)(uintptr_t)v, key, key_bytes, child)
    {
        indent(to, begun ? 0 : level);
        begun = false;
        write_member(to, str_at(key, key_bytes), child, level);
    }
    json_array_foreach(v, at, child)
    {
        indent(to, begun ? 0 : level);
        begun = false;
        write_item(to, child, level);
    }
}

void yaml_write(buf_t *to, const json_t *v)
{
    if (has_lines(v)) {
        write_below(to, v, 0, false);
    } else {
        write_scalar(to, v, 1);
        buf_char(to, '\n');
    }
}
