/* SPDX-License-Identifier: MIT */
#include "app/output.h"

#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/utf8.h"
#include "codec/json.h"

enum { TEXT_MAX = 256 * 1024 * 1024, GAP = 2 };
enum { COLUMNS_LEAST = 40, COLUMNS_USUAL = 80, COLUMNS_MOST = 100 };

static const char *const COLOURS[] = {
    [TONE_PLAIN] = "",       [TONE_GOOD] = "\033[32m",  [TONE_WARN] = "\033[33m",
    [TONE_BAD] = "\033[31m", [TONE_STRONG] = "\033[1m",
};

/* One code point a column (wide characters stand out of line, which a table of names can bear). */
static size_t write_clean(FILE *to, str_t text)
{
    size_t width = 0;
    for (size_t at = 0; at < text.n; width++) {
        uint32_t code_point;
        size_t n = utf8_decode(text.p + at, text.n - at, &code_point);
        bool shown = n && !utf8_is_control(code_point);
        if (to) {
            fwrite(shown ? text.p + at : "?", 1, shown ? n : 1, to);
        }
        at += n ? n : 1;
    }
    return width;
}

void print_text(str_t text, tone_t tone, bool colour)
{
    bool coloured = colour && tone != TONE_PLAIN;
    fputs(coloured ? COLOURS[tone] : "", stdout);
    write_clean(stdout, text);
    fputs(coloured ? "\033[0m" : "", stdout);
}

/* Lines that are longer are hard to read, however wide the terminal is. */
static size_t columns_of(FILE *to)
{
    struct winsize size = {0};
    if (ioctl(fileno(to), TIOCGWINSZ, &size) != 0 || size.ws_col == 0) {
        return COLUMNS_USUAL;
    }
    size_t columns = size.ws_col < COLUMNS_MOST ? size.ws_col : COLUMNS_MOST;
    return columns > COLUMNS_LEAST ? columns : COLUMNS_LEAST;
}

static void write_wrapped(FILE *to, size_t indent, str_t text)
{
    size_t columns = columns_of(to);
    size_t at = indent;
    for (str_t rest = text; rest.p;) {
        str_t word = str_cut(&rest, ' ');
        if (at > indent && at + 1 + write_clean(NULL, word) > columns) {
            fprintf(to, "\n%*s", (int)indent, "");
            at = indent;
        } else if (at > indent) {
            fputc(' ', to);
            at++;
        }
        at += write_clean(to, word);
    }
}

void print_paragraph(FILE *to, str_t first, str_t text, tone_t tone, bool colour)
{
    bool coloured = colour && tone != TONE_PLAIN;
    bool gap = str_is(first, "\n"); /* a blank line before it */
    fputs(coloured ? COLOURS[tone] : "", to);
    fprintf(to, "%.*s", STR_ARG(first));
    write_wrapped(to, gap ? 0 : first.n, text);
    fputs(coloured ? "\033[0m\n" : "\n", to);
}

void table_init(table_t *t, arena_t *arena, const char *const *headings, size_t columns)
{
    *t = (table_t){.arena = arena, .columns = columns};
    for (size_t i = 0; i < columns; i++) {
        table_add(t, str_of(headings[i]), TONE_STRONG);
    }
}

void table_add(table_t *t, str_t text, tone_t tone)
{
    if (t->count == t->capacity) {
        size_t capacity = t->capacity ? t->capacity * 2 : 64;
        table_cell_t *cells = arena_array_of(t->arena, table_cell_t, capacity);
        for (size_t i = 0; i < t->count; i++) {
            cells[i] = t->cells[i];
        }
        t->cells = cells;
        t->capacity = capacity;
    }
    t->cells[t->count++] = (table_cell_t){text.n ? arena_str(t->arena, text) : STR("-"), tone};
}

void table_print(const table_t *t, bool colour)
{
    size_t widths[TABLE_COLUMNS_MAX] = {0};
    for (size_t i = 0; i < t->count; i++) {
        size_t width = write_clean(NULL, t->cells[i].text);
        size_t *widest = &widths[i % t->columns];
        *widest = width > *widest ? width : *widest;
    }
    for (size_t i = 0; i < t->count; i++) {
        const table_cell_t *cell = &t->cells[i];
        bool last = i % t->columns == t->columns - 1;
        print_text(cell->text, cell->tone, colour);
        size_t rest = last ? 0 : widths[i % t->columns] + GAP - write_clean(NULL, cell->text);
        printf("%*s%s", (int)rest, "", last ? "\n" : "");
    }
}

void print_bytes(str_t bytes)
{
    if (bytes.n) {
        fwrite(bytes.p, 1, bytes.n, stdout);
    }
}

void print_json(const json_t *value)
{
    buf_t text;
    buf_init_wiping(&text, TEXT_MAX);
    json_write_pretty(&text, value);
    buf_char(&text, '\n');
    print_bytes(buf_view(&text));
    buf_fini(&text);
}

str_t joined_in(arena_t *arena, const json_t *list)
{
    buf_t text;
    buf_init(&text, 64 * 1024);
    for (size_t i = 0; i < json_array_size(list); i++) {
        buf_printf(&text, "%s%.*s", i ? ", " : "", STR_ARG(json_view(json_array_get(list, i))));
    }
    str_t kept = arena_str(arena, buf_view(&text));
    buf_fini(&text);
    return kept;
}

/* Fractions of a second are passed over. */
static bool read_time(arena_t *arena, str_t time, struct tm *local)
{
    struct tm utc = {0};
    str_t text = arena_str(arena, time);
    if (!text.p || !strptime(text.p, "%Y-%m-%dT%H:%M:%S", &utc)) {
        return false;
    }
    time_t seconds = timegm(&utc);
    return localtime_r(&seconds, local) != NULL;
}

str_t second_in(arena_t *arena, str_t time)
{
    struct tm local;
    if (!read_time(arena, time, &local)) {
        return STR("-");
    }
    return arena_printf(arena, "%.*s:%02d", STR_ARG(time_in(arena, time)), local.tm_sec);
}

str_t time_in(arena_t *arena, str_t time)
{
    struct tm local;
    if (!read_time(arena, time, &local)) {
        return STR("-");
    }
    return arena_printf(arena, "%04d-%02d-%02d %02d:%02d", local.tm_year + 1900, local.tm_mon + 1,
                        local.tm_mday, local.tm_hour, local.tm_min);
}

tone_t tone_of_state(str_t state)
{
    return str_is(state, "ready") ? TONE_GOOD : str_is(state, "rejected") ? TONE_BAD : TONE_WARN;
}

void show_progress(const char *what)
{
    if (!isatty(STDERR_FILENO)) {
        return;
    }
    fputs("\r\033[K", stderr);
    if (what) {
        fprintf(stderr, "%s…", what);
    }
    fflush(stderr);
}
