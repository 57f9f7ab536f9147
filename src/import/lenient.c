/* SPDX-License-Identifier: MIT */
#include "import/lenient.h"

#include "base/buf.h"
#include "base/utf8.h"
#include "codec/json.h"
#include "import/twice.h"

/* --- bytes --- */

/* Windows-1252 0x80-0x9F; 0 where it has no character. */
static const uint16_t WINDOWS[32] = {
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178,
};

static void add_windows(buf_t *to, unsigned char byte)
{
    uint32_t c = byte >= 0x80 && byte < 0xA0 ? WINDOWS[byte - 0x80] : byte;
    c = c ? c : 0xFFFD;
    if (c < 0x80) {
        buf_char(to, (char)c);
    } else if (c < 0x800) {
        buf_add(to, (char[]){(char)(0xC0 | c >> 6), (char)(0x80 | (c & 0x3F))}, 2);
    } else {
        char bytes[] = {(char)(0xE0 | c >> 12), (char)(0x80 | (c >> 6 & 0x3F)),
                        (char)(0x80 | (c & 0x3F))};
        buf_add(to, bytes, sizeof bytes);
    }
}

/* --- text --- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* What stands behind blanks from at; 0 at the end. */
static char next_mark(str_t text, size_t at)
{
    while (at < text.n && is_blank(text.p[at])) {
        at++;
    }
    return at < text.n ? text.p[at] : '\0';
}

typedef struct repairs {
    bool commas, controls, rest;
} repairs_t;

/* Copies a string from its quote on; answers the index behind it. NUL is left out here: no name of
 * a member can hold it. */
static size_t copy_string(buf_t *to, str_t text, size_t i, repairs_t *made)
{
    static const str_t nul = STR_INIT("\\u0000");
    buf_char(to, '"');
    for (i++; i < text.n && text.p[i] != '"'; i++) {
        unsigned char c = (unsigned char)text.p[i];
        bool escaped = c == '\\' && str_starts(str_slice(text, i, text.n), nul);
        made->controls = made->controls || c < 0x20 || escaped;
        if (escaped) {
            i += nul.n - 1;
        } else if (c < 0x20 && c) {
            buf_printf(to, "\\u%04x", c);
        } else if (c) {
            buf_char(to, text.p[i]);
            if (c == '\\' && i + 1 < text.n) {
                buf_char(to, text.p[++i]);
            }
        }
    }
    buf_char(to, '"');
    return i + 1;
}

/* One value; what stands behind the bracket that closes it is left out. */
static void copy_value(buf_t *to, str_t text, repairs_t *made)
{
    size_t depth = 0;
    for (size_t i = 0; i < text.n;) {
        char c = text.p[i];
        if (c == '"') {
            i = copy_string(to, text, i, made);
            continue;
        }
        char next = c == ',' ? next_mark(text, i + 1) : '\0';
        if (next == '}' || next == ']') {
            made->commas = true;
        } else {
            buf_char(to, (unsigned char)c < 0x20 ? ' ' : c);
        }
        i++;
        depth += c == '{' || c == '[';
        depth -= (c == '}' || c == ']') && depth > 0;
        if ((c == '}' || c == ']') && depth == 0) {
            made->rest = next_mark(text, i) != '\0';
            return;
        }
    }
}

static void tell(const repairs_t *made, const char *file, report_t *report)
{
    if (made->commas) {
        report_note(report, "repaired", "%s: commas before a closing bracket are left out", file);
    }
    if (made->controls) {
        report_note(report, "repaired", "%s: control characters in texts are escaped or left out",
                    file);
    }
    if (made->rest) {
        report_note(report, "repaired", "%s: the text behind the closed root is left out", file);
    }
}

static void decode(buf_t *to, str_t bytes, const char *file, report_t *report)
{
    str_t text = str_starts(bytes, STR("\xef\xbb\xbf")) ? str_slice(bytes, 3, bytes.n) : bytes;
    if (str_is_utf8(text)) {
        buf_str(to, text);
        return;
    }
    report_note(report, "repaired", "%s is not UTF-8: read as Windows-1252", file);
    for (size_t i = 0; i < text.n; i++) {
        add_windows(to, (unsigned char)text.p[i]);
    }
}

/* --- values --- */

static bool is_lost(uint32_t c)
{
    return utf8_is_control(c) && c != '\t' && c != '\n' && c != '\r';
}

/* NULL where there is nothing to take out. */
static json_t *without_controls(str_t text)
{
    buf_t to;
    buf_init(&to, text.n + 1);
    for (size_t at = 0; at < text.n;) {
        uint32_t c;
        size_t n = utf8_decode(text.p + at, text.n - at, &c);
        if (!is_lost(c)) {
            buf_add(&to, text.p + at, n);
        }
        at += n;
    }
    json_t *clean = to.n < text.n ? json_str(buf_view(&to)) : NULL;
    buf_fini(&to);
    return clean;
}

/* Control characters mean nothing in texts, and FORMAT refuses them. True where some were taken
 * out. */
static bool clean_texts(json_t *v)
{
    const char *key;
    size_t at;
    json_t *child;
    bool changed = false;
    json_object_foreach(v, key, child)
    {
        json_t *clean = json_is_string(child) ? without_controls(json_view(child)) : NULL;
        changed = (clean ? !json_object_set_new(v, key, clean) : clean_texts(child)) || changed;
    }
    json_array_foreach(v, at, child)
    {
        json_t *clean = json_is_string(child) ? without_controls(json_view(child)) : NULL;
        changed = (clean ? !json_array_set_new(v, at, clean) : clean_texts(child)) || changed;
    }
    return changed;
}

static json_t *read_json(str_t text, const char *file, report_t *report, err_t *err)
{
    static const json_limits_t strict = {.depth = LENIENT_DEPTH_MAX},
                               lenient = {.depth = LENIENT_DEPTH_MAX, .last_wins = true};
    err_t why = ERR_INIT;
    json_t *value = json_read(text, &strict, &why);
    if (!value) {
        value = json_read(text, &lenient, err);
        if (value) {
            twice_tell(text, file, report);
        }
    }
    return value;
}

json_t *lenient_read(str_t bytes, const char *file, report_t *report, err_t *err)
{
    if (bytes.n > LENIENT_BYTES_MAX) {
        err_set(err, ERR_json_invalid, "%s is larger than %d bytes", file, LENIENT_BYTES_MAX);
        return NULL;
    }
    buf_t text, clean;
    repairs_t made = {0};
    buf_init(&text, (size_t)LENIENT_BYTES_MAX * 3);
    buf_init(&clean, (size_t)LENIENT_BYTES_MAX * 6);
    decode(&text, bytes, file, report);
    copy_value(&clean, buf_view(&text), &made);
    json_t *value = read_json(buf_view(&clean), file, report, err);
    made.controls = clean_texts(value) || made.controls;
    if (value) {
        tell(&made, file, report);
    }
    buf_fini(&clean);
    buf_fini(&text);
    return value;
}
