/* SPDX-License-Identifier: MIT */
#include "codec/yaml_check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/utf8.h"

/* ---- faults ---- */

bool yaml_faults_are_full(const yaml_faults_t *faults)
{
    return faults->count == YAML_FAULTS_MAX;
}

void yaml_fault(yaml_faults_t *faults, err_code_t code, unsigned line, unsigned column,
                const char *format, ...)
{
    char raw[4 * YAML_FAULT_TEXT_BYTES];
    if (yaml_faults_are_full(faults)) {
        return;
    }
    if (!faults->all) {
        faults->all = mem_array(YAML_FAULTS_MAX, sizeof *faults->all);
    }
    yaml_one_fault_t *fault = &faults->all[faults->count++];
    *fault = (yaml_one_fault_t){.code = code, .at = {.line = line, .column = column}};
    va_list args;
    va_start(args, format);
    vsnprintf(raw, sizeof raw, format, args);
    va_end(args);
    err_clean_text(fault->text, sizeof fault->text, str_of(raw));
}

static int compare_places(const void *left, const void *right)
{
    const yaml_one_fault_t *a = left;
    const yaml_one_fault_t *b = right;
    if (a->at.line != b->at.line) {
        return a->at.line < b->at.line ? -1 : 1;
    }
    if (a->at.column != b->at.column) {
        return a->at.column < b->at.column ? -1 : 1;
    }
    return (int)a->code - (int)b->code;
}

/* Control characters are found before, duplicate keys after what stands around them. */
void yaml_faults_tell(yaml_faults_t *faults, yaml_on_fault_t *on_fault, void *context)
{
    if (faults->count > 1) {
        qsort(faults->all, faults->count, sizeof *faults->all, compare_places);
    }
    for (size_t i = 0; i < faults->count; i++) {
        const yaml_one_fault_t *fault = &faults->all[i];
        on_fault(context, fault->code, fault->at.line, fault->at.column, fault->text);
    }
    free(faults->all);
    *faults = (yaml_faults_t){.count = 0};
}

/* ---- places ---- */

/* Of the code point c in front of next; CR LF is one line end. */
static void advance(yaml_place_t *at, uint32_t c, char next)
{
    if (c == '\n' || (c == '\r' && next != '\n')) {
        at->line++;
        at->column = 1;
    } else if (c != '\r') {
        at->column++;
    }
}

static yaml_place_t place_of(str_t text, size_t offset)
{
    yaml_place_t at = {.line = 1, .column = 1};
    for (size_t i = 0; i < offset;) {
        uint32_t c = 0;
        size_t length = utf8_decode(text.p + i, text.n - i, &c);
        i += length ? length : 1;
        advance(&at, c, i < text.n ? text.p[i] : '\0');
    }
    return at;
}

str_t yaml_rest_at(str_t text, size_t index)
{
    size_t i = 0;
    for (; i < text.n && index > 0; index--) {
        i++;
        while (i < text.n && ((unsigned char)text.p[i] & 0xc0U) == 0x80) {
            i++;
        }
    }
    return str_slice(text, i, text.n);
}

static size_t line_length(str_t text)
{
    size_t i = 0;
    while (i < text.n && text.p[i] != '\n' && text.p[i] != '\r') {
        i++;
    }
    return i;
}

str_t yaml_skip_blank(str_t text, yaml_place_t *at)
{
    while (text.n > 0) {
        char c = text.p[0];
        size_t n = 1;
        if (c == '#') {
            n = line_length(text);
        } else if (at->column == 1 && str_trim(str_slice(text, 0, line_length(text))).n == 3 &&
                   str_starts(text, STR("..."))) {
            n = 3;
        } else if (!strchr(" \t\r\n", c)) {
            break;
        }
        for (size_t i = 0; i < n; i++) {
            advance(at, (unsigned char)text.p[i], i + 1 < text.n ? text.p[i + 1] : '\0');
        }
        text = str_slice(text, n, text.n);
    }
    return text;
}

/* ---- bytes ---- */

/* libyaml's reader refuses U+FEFF, U+FFFE and U+FFFF without a place, so they are found here. Marks
 * of one character's direction are part of some languages' spelling. */
static bool is_refused(uint32_t c)
{
    bool mark = c == 0x61c || c == 0x200e || c == 0x200f;
    return c == 0xfffe || c == 0xffff ||
           (utf8_is_control(c) && c != '\t' && c != '\n' && c != '\r' && !mark);
}

/* Most of a file, hence decided first. */
static bool is_printable_ascii(char c)
{
    return c >= 0x20 && c < 0x7f;
}

bool yaml_holds_control(str_t s)
{
    for (size_t i = 0; i < s.n;) {
        uint32_t c = 0;
        if (is_printable_ascii(s.p[i]) || s.p[i] == '\n') {
            i++;
            continue;
        }
        size_t length = utf8_decode(s.p + i, s.n - i, &c);
        if (is_refused(c)) {
            return true;
        }
        i += length ? length : 1;
    }
    return false;
}

static bool is_utf16(str_t text)
{
    return str_starts(text, STR("\xff\xfe")) || str_starts(text, STR("\xfe\xff"));
}

static void report_encoding(yaml_faults_t *faults, str_t text, size_t skipped)
{
    size_t i = 0;
    uint32_t c;
    for (size_t length = 1; length > 0 && i < text.n;) {
        length = utf8_decode(text.p + i, text.n - i, &c);
        i += length;
    }
    yaml_place_t at = place_of(text, i);
    yaml_fault(faults, ERR_definition_bad_encoding, at.line, at.column,
               "the file is not UTF-8 at byte %zu", skipped + i);
}

/* A directive can only stand before the first document here: what follows one is never read. */
static bool has_directive(str_t text, yaml_faults_t *faults)
{
    yaml_place_t at = {.line = 1, .column = 1};
    str_t first = yaml_skip_blank(text, &at);
    if (at.column != 1 || !str_starts(first, STR("%"))) {
        return false;
    }
    bool tag = str_starts(first, STR("%TAG"));
    yaml_fault(faults, tag ? ERR_definition_tag_forbidden : ERR_definition_parse_error, at.line,
               at.column, "directives are refused");
    return true;
}

/* Copies text with `_` for each control character. */
static str_t report_controls_in(arena_t *arena, str_t text, yaml_faults_t *faults)
{
    yaml_place_t at = {.line = 1, .column = 1};
    char *copy = arena_alloc(arena, text.n);
    size_t n = 0;
    for (size_t i = 0; i < text.n;) {
        uint32_t c = 0;
        size_t length = utf8_decode(text.p + i, text.n - i, &c);
        if (is_refused(c)) {
            yaml_fault(faults, ERR_definition_control_char, at.line, at.column,
                       "a control character (U+%04X)", c);
            copy[n++] = '_';
        } else {
            memcpy(copy + n, text.p + i, length);
            n += length;
        }
        i += length;
        advance(&at, c, i < text.n ? text.p[i] : '\0');
    }
    return str_at(copy, n);
}

str_t yaml_check_in(arena_t *arena, str_t text, size_t bytes_max, yaml_faults_t *faults)
{
    size_t skipped = str_starts(text, STR("\xef\xbb\xbf")) ? 3 : 0;
    if (text.n > bytes_max) {
        yaml_fault(faults, ERR_definition_too_large, 1, 1, "the file is larger than %zu bytes",
                   bytes_max);
        return STR_NONE;
    }
    if (is_utf16(text)) {
        yaml_fault(faults, ERR_definition_bad_encoding, 1, 1, "the file is UTF-16, not UTF-8");
        return STR_NONE;
    }
    text = text.p ? str_slice(text, skipped, text.n) : STR("");
    if (!str_is_utf8(text)) {
        report_encoding(faults, text, skipped);
        return STR_NONE;
    }
    if (has_directive(text, faults)) {
        return STR_NONE;
    }
    return yaml_holds_control(text) ? report_controls_in(arena, text, faults) : text;
}
