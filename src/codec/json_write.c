/* SPDX-License-Identifier: MIT */
/* The printing half of codec/json.h. jansson's own printer would write 0.1 as 0.10000000000000001.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "codec/json_numbers.h"

static void write_escape(buf_t *to, unsigned char c)
{
    static const char shorts[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    for (size_t i = 0; i + 1 < sizeof shorts; i += 2) {
        if ((unsigned char)shorts[i] == c) {
            buf_add(to, (char[]){'\\', shorts[i + 1]}, 2);
            return;
        }
    }
    buf_printf(to, "\\u%04x", c);
}

/* Bytes that stand for themselves in a JSON string, from i on; well-formed sequences are skipped
 * whole. */
static size_t skip_clean(str_t s, size_t i)
{
    while (i < s.n) {
        unsigned char c = (unsigned char)s.p[i];
        uint32_t code_point;
        size_t length = c < 0x80 ? 1 : utf8_decode(s.p + i, s.n - i, &code_point);
        if (c < 0x20 || c == '"' || c == '\\' || length == 0) {
            return i;
        }
        i += length;
    }
    return i;
}

void json_write_string(buf_t *to, str_t s)
{
    buf_char(to, '"');
    for (size_t i = 0; i < s.n; i++) {
        size_t clean = skip_clean(s, i);
        buf_add(to, s.p + i, clean - i);
        i = clean;
        if (i < s.n && (unsigned char)s.p[i] < 0x80) {
            write_escape(to, (unsigned char)s.p[i]);
        } else if (i < s.n) {
            buf_lit(to, "\xef\xbf\xbd");
        }
    }
    buf_char(to, '"');
}

/* The shortest decimal that reads back as the same double. What came in as an integer beyond 64
 * bits goes out as one. */
static void write_real(buf_t *to, double value)
{
    char digits[40];
    if (fabs(value) >= 0x1p63 && fabs(value) < 1e21) {
        buf_printf(to, "%.0f", value);
        return;
    }
    for (int precision = 15; precision <= 17; precision++) {
        snprintf(digits, sizeof digits, "%.*g", precision, value);
        if (strtod(digits, NULL) == value) {
            break;
        }
    }
    buf_lit(to, digits);
    if (!strpbrk(digits, ".e")) {
        buf_lit(to, ".0");
    }
}

typedef struct writer {
    buf_t *to;
    bool indented;
    const json_numbers_t *numbers; /* NULL: as they are written here */
} writer_t;

static void write_break(const writer_t *w, int level)
{
    if (!w->indented) {
        return;
    }
    buf_char(w->to, '\n');
    for (int i = 0; i < level; i++) {
        buf_lit(w->to, "  ");
    }
}

static void write_value(const writer_t *w, const json_t *v, int level);

static void write_array(const writer_t *w, const json_t *v, int level)
{
    size_t index;
    json_t *item;
    buf_char(w->to, '[');
    json_array_foreach(v, index, item)
    {
        if (index > 0) {
            buf_char(w->to, ',');
        }
        write_break(w, level + 1);
        write_value(w, item, level + 1);
    }
    if (json_array_size(v) > 0) {
        write_break(w, level);
    }
    buf_char(w->to, ']');
}

static void write_object(const writer_t *w, const json_t *v, int level)
{
    bool first = true;
    const char *key;
    size_t key_bytes;
    json_t *item;
    buf_char(w->to, '{');
    json_object_keylen_foreach((json_t *)(uintptr_t)v, key, key_bytes, item)
    {
        if (!first) {
            buf_char(w->to, ',');
        }
        first = false;
        write_break(w, level + 1);
        json_write_string(w->to, str_at(key, key_bytes));
        buf_lit(w->to, w->indented ? ": " : ":");
        write_value(w, item, level + 1);
    }
    if (!first) {
        write_break(w, level);
    }
    buf_char(w->to, '}');
}

static void write_number(const writer_t *w, const json_t *v)
{
    str_t spelt = json_numbers_get(w->numbers, v);
    if (spelt.p) {
        buf_str(w->to, spelt);
    } else if (json_is_integer(v)) {
        buf_i64(w->to, json_integer_value(v));
    } else {
        write_real(w->to, json_real_value(v));
    }
}

static void write_value(const writer_t *w, const json_t *v, int level)
{
    switch (json_typeof(v)) {
    case JSON_OBJECT:
        write_object(w, v, level);
        break;
    case JSON_ARRAY:
        write_array(w, v, level);
        break;
    case JSON_STRING:
        json_write_string(w->to, json_view(v));
        break;
    case JSON_INTEGER:
    case JSON_REAL:
        write_number(w, v);
        break;
    case JSON_TRUE:
        buf_lit(w->to, "true");
        break;
    case JSON_FALSE:
        buf_lit(w->to, "false");
        break;
    case JSON_NULL:
        buf_lit(w->to, "null");
        break;
    }
}

void json_write(buf_t *to, const json_t *v)
{
    write_value(&(writer_t){.to = to}, v, 0);
}

void json_write_pretty(buf_t *to, const json_t *v)
{
    write_value(&(writer_t){.to = to, .indented = true}, v, 0);
}

void json_write_spelt(buf_t *to, const json_t *v, const json_numbers_t *numbers)
{
    write_value(&(writer_t){.to = to, .numbers = numbers}, v, 0);
}
