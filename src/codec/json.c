/* SPDX-License-Identifier: MIT */
#include "codec/json_numbers.h"

#include <malloc.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/secret.h"
#include "base/utf8.h"
#include "codec/json_token.h"

enum { DEPTH_DEFAULT = 32 };

/* What one pass over the bytes tells before the parser sees them. */
typedef struct scan {
    size_t wide;        /* integers that 64 bits do not hold */
    bool spelt;         /* a number could be written otherwise than it stands */
    size_t values;      /* no fewer than there are */
    size_t too_deep_at; /* SIZE_MAX: nowhere */
} scan_t;

size_t json_skip_string(str_t text, size_t i)
{
    for (i++; i < text.n && text.p[i] != '"'; i++) {
        if (text.p[i] == '\\') {
            i++;
        }
    }
    return i < text.n ? i + 1 : text.n;
}

static bool is_number_char(char c)
{
    return ascii_is_digit(c) || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

size_t json_skip_number(str_t text, size_t i, json_number_t *kind)
{
    size_t from = i;
    bool integer = true;
    int64_t value;
    for (; i < text.n && is_number_char(text.p[i]); i++) {
        integer = integer && (ascii_is_digit(text.p[i]) || i == from);
    }
    str_t token = str_slice(text, from, i);
    bool wide =
        integer && token.n > 18 && ascii_is_digit(text.p[i - 1]) && !str_to_i64(token, &value);
    *kind = wide ? NUMBER_WIDE : integer && !str_is(token, "-0") ? NUMBER_PLAIN : NUMBER_SPELT;
    return i;
}

/* Moves *i behind the string, number or single byte that stands there. */
static json_number_t step(str_t text, size_t *i)
{
    json_number_t kind = NUMBER_PLAIN;
    char c = text.p[*i];
    if (c == '"') {
        *i = json_skip_string(text, *i);
    } else if (ascii_is_digit(c) || c == '-') {
        *i = json_skip_number(text, *i, &kind);
    } else {
        ++*i;
    }
    return kind;
}

/* The parser recurses on depth, and makes memory and time of every value: both are decided before
 * it runs. Ends early where a limit is passed. */
static void scan_text(str_t text, const json_limits_t *limits, scan_t *scan)
{
    unsigned depth = 0;
    *scan = (scan_t){.too_deep_at = SIZE_MAX};
    for (size_t i = 0; i < text.n && scan->values <= limits->values;) {
        char c = text.p[i];
        json_number_t kind = step(text, &i);
        scan->wide += kind == NUMBER_WIDE;
        scan->spelt = scan->spelt || kind != NUMBER_PLAIN;
        scan->values += c == ',' || c == '[' || c == '{'; /* what begins, or comes next */
        if ((c == '[' || c == '{') && ++depth > limits->depth) {
            scan->too_deep_at = i - 1;
            return;
        }
        if ((c == ']' || c == '}') && depth > 0) {
            depth--;
        }
    }
}

/* jansson refuses integers beyond 64 bits unless it is told to read every integer as a real. With
 * `.0` behind them just these become reals. */
static void widen(buf_t *to, str_t text)
{
    size_t copied = 0;
    for (size_t i = 0; i < text.n;) {
        if (step(text, &i) == NUMBER_WIDE) {
            buf_add(to, text.p + copied, i - copied);
            buf_lit(to, ".0");
            copied = i;
        }
    }
    buf_add(to, text.p + copied, text.n - copied);
}

/* The place in text of what stands at offset in the widened copy. */
static size_t narrowed_offset(str_t text, size_t offset)
{
    size_t added = 0;
    for (size_t i = 0; i < text.n && i + added <= offset;) {
        if (step(text, &i) == NUMBER_WIDE && i + added + 2 <= offset) {
            added += 2;
        }
    }
    return offset - added;
}

static json_t *parse(str_t text, bool last_wins, json_error_t *error)
{
    size_t duplicates = last_wins ? 0 : JSON_REJECT_DUPLICATES;
    return json_loadb(text.p, text.n, duplicates | JSON_DECODE_ANY | JSON_ALLOW_NUL, error);
}

static json_t *parse_widened(str_t text, size_t wide, bool last_wins, json_error_t *error)
{
    buf_t copy;
    buf_init_wiping(&copy, text.n + 2 * wide);
    widen(&copy, text);
    json_t *v = parse(buf_view(&copy), last_wins, error);
    buf_fini(&copy);
    if (!v && error->position > 0) {
        error->position = (int)narrowed_offset(text, (size_t)error->position);
    }
    return v;
}

/* jansson's text ends with a piece of the input ("near '…'"), which may be a secret: it is cut off.
 */
static json_t *report(json_error_t *error, size_t skipped, err_t *err)
{
    bool twice = json_error_code(error) == json_error_duplicate_key;
    size_t offset = skipped + (error->position > 0 ? (size_t)error->position : 0);
    char *piece = strstr(error->text, " near '");
    if (piece) {
        *piece = '\0';
    }
    err_set(err, twice ? ERR_json_duplicate_key : ERR_json_invalid, "%s at byte %zu", error->text,
            offset);
    return NULL;
}

/* Array lengths and string lengths, after unescaping. Recursion ends at the depth that was checked.
 */
static bool is_within(const json_t *v, const json_limits_t *limits, err_t *err)
{
    const char *key;
    size_t key_bytes;
    size_t index;
    json_t *item;
    if (json_is_string(v) && json_string_length(v) > limits->string_bytes) {
        return err_set(err, ERR_param_too_long, "a string is longer than %zu bytes",
                       limits->string_bytes);
    }
    if (json_is_array(v) && json_array_size(v) > limits->array_items) {
        return err_set(err, ERR_param_limit, "a list has more than %zu items", limits->array_items);
    }
    json_array_foreach(v, index, item)
    {
        if (!is_within(item, limits, err)) {
            return false;
        }
    }
    json_object_keylen_foreach((json_t *)(uintptr_t)v, key, key_bytes, item)
    {
        if (key_bytes > limits->string_bytes) {
            return err_set(err, ERR_param_too_long, "a name is longer than %zu bytes",
                           limits->string_bytes);
        }
        if (!is_within(item, limits, err)) {
            return false;
        }
    }
    return true;
}

static json_limits_t limits_of(const json_limits_t *given)
{
    json_limits_t limits = given ? *given : (json_limits_t){.depth = 0};
    limits.depth = limits.depth ? limits.depth : DEPTH_DEFAULT;
    limits.array_items = limits.array_items ? limits.array_items : SIZE_MAX;
    limits.string_bytes = limits.string_bytes ? limits.string_bytes : SIZE_MAX;
    limits.values = limits.values ? limits.values : SIZE_MAX;
    return limits;
}

static bool passes_scan(const scan_t *scan, const json_limits_t *limits, size_t skipped, err_t *err)
{
    if (scan->too_deep_at != SIZE_MAX) {
        return err_set(err, ERR_json_too_deep, "more than %u levels at byte %zu", limits->depth,
                       scan->too_deep_at + skipped);
    }
    return scan->values <= limits->values ||
           err_set(err, ERR_param_limit, "more than %zu members and items", limits->values);
}

json_t *json_read(str_t text, const json_limits_t *given, err_t *err)
{
    return json_read_spelt(text, given, NULL, err);
}

json_t *json_read_spelt(str_t text, const json_limits_t *given, json_numbers_t **numbers,
                        err_t *err)
{
    json_limits_t limits = limits_of(given);
    size_t skipped = str_starts(text, STR("\xef\xbb\xbf")) ? 3 : 0;
    scan_t scan;
    if (numbers) {
        *numbers = NULL;
    }
    text = str_slice(text.p ? text : STR(""), skipped, text.n);
    if (!str_is_utf8(text)) {
        err_set(err, ERR_request_bad_encoding, "the JSON text is not UTF-8");
        return NULL;
    }
    scan_text(text, &limits, &scan);
    if (!passes_scan(&scan, &limits, skipped, err)) {
        return NULL;
    }
    json_error_t error;
    json_t *v = scan.wide ? parse_widened(text, scan.wide, limits.last_wins, &error)
                          : parse(text, limits.last_wins, &error);
    if (!v) {
        return report(&error, skipped, err);
    }
    if (!is_within(v, &limits, err)) {
        json_decref(v);
        return NULL;
    }
    if (numbers && scan.spelt) {
        *numbers = json_numbers_of(text, v);
    }
    return v;
}

/* ---- values ---- */

static void replace_invalid(buf_t *to, str_t s)
{
    size_t i = 0;
    while (i < s.n) {
        uint32_t code_point;
        size_t length = utf8_decode(s.p + i, s.n - i, &code_point);
        if (length > 0) {
            buf_add(to, s.p + i, length);
        } else {
            buf_lit(to, "\xef\xbf\xbd");
        }
        i += length ? length : 1;
    }
}

json_t *json_str(str_t s)
{
    if (str_is_utf8(s)) {
        return json_stringn_nocheck(s.p ? s.p : "", s.n);
    }
    buf_t clean;
    buf_init_wiping(&clean, 3 * s.n);
    replace_invalid(&clean, s);
    json_t *v = json_stringn_nocheck(clean.p, clean.n);
    buf_fini(&clean);
    return v;
}

str_t json_view(const json_t *v)
{
    return json_is_string(v) ? str_at(json_string_value(v), json_string_length(v)) : STR_NONE;
}

str_t json_member(const json_t *object, const char *name)
{
    return json_view(json_object_get(object, name));
}

void json_add_text(json_t *object, const char *name, str_t text)
{
    if (text.n) {
        json_object_set_new(object, name, json_str(text));
    }
}

void json_add_flag(json_t *object, const char *name, bool set)
{
    if (set) {
        json_object_set_new(object, name, json_true());
    }
}

void json_add_filled(json_t *object, const char *name, json_t *value)
{
    if (json_object_size(value) + json_array_size(value) > 0) {
        json_object_set_new(object, name, value);
    } else {
        json_decref(value);
    }
}

json_t *json_child(json_t *object, const char *name)
{
    json_t *child = json_object_get(object, name);
    if (!child) {
        child = json_object();
        json_object_set_new(object, name, child);
    }
    return child;
}

void json_add_copy(json_t *object, const char *name, const json_t *value)
{
    if (value) {
        json_object_set_new(object, name, json_deep_copy(value));
    }
}

void json_add_count(json_t *object, const char *name, int64_t count)
{
    if (count >= 0) {
        json_object_set_new(object, name, json_integer(count));
    }
}

json_t *json_texts(const str_t *list, size_t count)
{
    json_t *texts = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(texts, json_str(list[i]));
    }
    return texts;
}

static void free_wiped(void *p)
{
    if (p) {
        secret_wipe(p, malloc_usable_size(p));
        free(p);
    }
}

void json_wipe_freed_memory(void)
{
    json_set_alloc_funcs(mem_alloc, free_wiped);
}
