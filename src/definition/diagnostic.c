/* SPDX-License-Identifier: MIT */
#include "definition/diagnostic.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "codec/json.h"

/* A line of the file is shown up to this many columns, around the place. */
enum { EXCERPT_COLUMNS = 120, EXCERPT_BEFORE = 80 };

static const char LEVEL_LETTERS[] = {[LEVEL_S] = 'S', [LEVEL_R] = 'R', [LEVEL_W] = 'W'};

static const char *severity_of(diagnostic_level_t level)
{
    return level == LEVEL_W ? "warning" : "error";
}

void diagnostics_init(diagnostics_t *d, arena_t *arena)
{
    diagnostics_init_with(d, arena, DIAGNOSTICS_MAX);
}

void diagnostics_init_with(diagnostics_t *d, arena_t *arena, unsigned most)
{
    *d = (diagnostics_t){
        .arena = arena, .list = arena_array_of(arena, diagnostic_t, most), .most = most};
}

/* One code point at a time; what is none, or would steer the terminal, becomes `?`, so that columns
 * stay. Answers the rest. */
static str_t next_shown(str_t line, str_t *shown)
{
    uint32_t code_point;
    size_t n = utf8_decode(line.p, line.n, &code_point);
    *shown = n && (code_point == '\t' || !utf8_is_control(code_point)) ? str_slice(line, 0, n)
                                                                       : STR("?");
    return str_slice(line, n ? n : 1, line.n);
}

/* Names of files and what stands in them come from anywhere. */
static void write_shown(buf_t *to, str_t text)
{
    while (text.n) {
        str_t shown;
        text = next_shown(text, &shown);
        buf_str(to, shown);
    }
}

static const char *format_in(arena_t *arena, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
static const char *format_in(arena_t *arena, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    size_t n = length > 0 ? (size_t)length : 0;
    char *raw = arena_alloc(arena, n + 1);
    char *text = arena_alloc(arena, n + 1);
    (void)vsnprintf(raw, n + 1, format, args);
    err_clean_text(text, n + 1, str_at(raw, n));
    return text;
}

static bool is_same(const diagnostic_t *a, const diagnostic_t *b)
{
    bool same_rule = str_eq(str_of(a->rule), str_of(b->rule));
    return same_rule && a->level == b->level && a->code == b->code && a->line == b->line &&
           a->column == b->column && strcmp(a->text, b->text) == 0;
}

static bool is_known(const diagnostics_t *d, const diagnostic_t *one)
{
    for (unsigned i = 0; i < d->count; i++) {
        if (is_same(&d->list[i], one)) {
            return true;
        }
    }
    return false;
}

/* Where the next one goes. In a full list an error takes the place of a warning: advice must not
 * hide why a file is refused. NULL: no room. */
static diagnostic_t *room_for(diagnostics_t *d, diagnostic_level_t level)
{
    if (d->count < d->most) {
        return &d->list[d->count++];
    }
    d->dropped++;
    for (unsigned i = d->count; level != LEVEL_W && i > 0; i--) {
        if (d->list[i - 1].level == LEVEL_W) {
            return &d->list[i - 1];
        }
    }
    return NULL;
}

static void add(diagnostics_t *d, const diagnostic_t *one)
{
    if (is_known(d, one)) {
        return;
    }
    d->errors += one->level != LEVEL_W;
    diagnostic_t *room = room_for(d, one->level);
    if (room) {
        *room = *one;
    }
}

void diagnostics_add(diagnostics_t *d, diagnostic_level_t level, err_code_t code, unsigned line,
                     unsigned column, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    diagnostic_t one = {.level = level,
                        .code = code,
                        .line = line,
                        .column = column,
                        .text = format_in(d->arena, format, args)};
    va_end(args);
    add(d, &one);
}

void diagnostics_add_rule(diagnostics_t *d, diagnostic_level_t level, err_code_t code, unsigned line,
                          unsigned column, str_t rule, str_t text)
{
    char *clean = arena_alloc(d->arena, text.n + 1);
    err_clean_text(clean, text.n + 1, text);
    const diagnostic_t one = {.level = level,
                              .code = code,
                              .line = line,
                              .column = column,
                              .text = clean,
                              .rule = arena_str(d->arena, rule).p};
    add(d, &one);
}

static int by_place(const void *left, const void *right)
{
    const diagnostic_t *a = left;
    const diagnostic_t *b = right;
    if (a->line != b->line) {
        return a->line < b->line ? -1 : 1;
    }
    if (a->column != b->column) {
        return a->column < b->column ? -1 : 1;
    }
    if (a->level != b->level) {
        return a->level < b->level ? -1 : 1;
    }
    return strcmp(a->text, b->text); /* qsort is not stable: the same file, the same order */
}

void diagnostics_sort(diagnostics_t *d)
{
    qsort(d->list, d->count, sizeof d->list[0], by_place);
}

str_t nearest_name(str_t name, const str_t *names, size_t count)
{
    str_t nearest = STR_NONE;
    unsigned least = (unsigned)(name.n / 3) + 1;
    for (size_t i = 0; i < count && least > 0; i++) {
        unsigned distance = str_eq_nocase(name, names[i]) ? 0 : str_distance(name, names[i], least);
        if (distance < least) {
            least = distance;
            nearest = names[i];
        }
    }
    return nearest;
}

/* The line-th line of source, without its end. */
static str_t line_of(str_t source, unsigned line)
{
    str_t rest = source;
    str_t cut = STR_NONE;
    for (unsigned i = 0; i < line; i++) {
        cut = rest.p ? str_cut(&rest, '\n') : STR_NONE;
    }
    return cut.n && cut.p[cut.n - 1] == '\r' ? str_slice(cut, 0, cut.n - 1) : cut;
}

/* Where the line is no longer shown: a secret that somebody wrote into the file goes no further. */
static unsigned secret_column(const diagnostics_t *d, unsigned line)
{
    unsigned column = UINT_MAX;
    for (unsigned i = 0; i < d->count; i++) {
        const diagnostic_t *one = &d->list[i];
        if (one->code == ERR_definition_inline_secret && one->line == line &&
            one->column < column) {
            column = one->column;
        }
    }
    return column;
}

/* The line up to the column `until`, or a window of it around the column, and below it a caret.
 * Tabs stay tabs in the line of the caret, so that it stands below its place whatever their
 * width. */
static void write_excerpt(buf_t *to, str_t line, unsigned column, unsigned until)
{
    unsigned from = column > EXCERPT_COLUMNS ? column - EXCERPT_BEFORE : 1;
    buf_t caret;
    buf_init(&caret, (size_t)EXCERPT_COLUMNS * 2);
    buf_lit(to, from > 1 ? "  …" : "  ");
    buf_lit(&caret, from > 1 ? "   " : "  ");
    str_t rest = line;
    for (unsigned at = 1; rest.n && at < from + EXCERPT_COLUMNS && at < until; at++) {
        str_t shown;
        rest = next_shown(rest, &shown);
        if (at >= from) {
            buf_str(to, shown);
        }
        if (at >= from && at < column) {
            buf_char(&caret, shown.p[0] == '\t' ? '\t' : ' ');
        }
    }
    buf_lit(to, rest.n ? "…\n" : "\n");
    buf_str(to, buf_view(&caret));
    buf_lit(to, "^\n");
    buf_fini(&caret);
}

static void write_heading(buf_t *to, const diagnostic_t *one, str_t file, bool colour)
{
    const char *strong = one->level == LEVEL_W ? "\033[33m" : "\033[31m";
    write_shown(to, file);
    buf_printf(to, ":%u:%u: %s%s/%c%s %s: %s\n", one->line, one->column, colour ? strong : "",
               severity_of(one->level), LEVEL_LETTERS[one->level], colour ? "\033[0m" : "",
               one->rule ? one->rule : err_code_name(one->code), one->text);
}

void diagnostics_write_text(buf_t *to, const diagnostics_t *d, str_t file, str_t source,
                            bool colour)
{
    for (unsigned i = 0; i < d->count; i++) {
        const diagnostic_t *one = &d->list[i];
        write_heading(to, one, file, colour);
        str_t line = line_of(source, one->line);
        if (line.n) {
            write_excerpt(to, line, one->column, secret_column(d, one->line));
        }
    }
    if (d->dropped) {
        write_shown(to, file);
        buf_printf(to, ": %u more not shown\n", d->dropped);
    }
}

static json_t *one_to_json(const diagnostic_t *one, str_t file)
{
    const char level[] = {LEVEL_LETTERS[one->level], '\0'};
    json_t *o = json_object();
    json_object_set_new(o, "file", json_str(file));
    json_object_set_new(o, "line", json_integer(one->line));
    json_object_set_new(o, "column", json_integer(one->column));
    json_object_set_new(o, "level", json_string(level));
    json_object_set_new(o, "severity", json_string(severity_of(one->level)));
    json_object_set_new(o, "code", json_string(err_code_name(one->code)));
    if (one->rule) {
        json_object_set_new(o, "rule", json_string(one->rule));
    }
    json_object_set_new(o, "message", json_str(str_of(one->text)));
    return o;
}

json_t *diagnostics_to_json(const diagnostics_t *d, str_t file)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < d->count; i++) {
        json_array_append_new(list, one_to_json(&d->list[i], file));
    }
    return list;
}
