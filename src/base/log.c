/* SPDX-License-Identifier: MIT */
#include "base/log.h"

#include <errno.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/utc.h"
#include "base/utf8.h"

enum { LINE_BYTES_MAX = 65536, VALUE_BYTES_MAX = 4096 };

static log_level_t least_level = LOG_INFO;
static bool as_json = false;

void log_configure(log_level_t least, bool json)
{
    least_level = least;
    as_json = json;
}

bool log_wants(log_level_t level)
{
    return level >= least_level;
}

static const char *level_name(log_level_t level)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    return names[level];
}

static void add_escaped_code_point(buf_t *line, uint32_t code_point)
{
    switch (code_point) {
    case '\n':
        buf_lit(line, "\\n");
        break;
    case '\r':
        buf_lit(line, "\\r");
        break;
    case '\t':
        buf_lit(line, "\\t");
        break;
    case '"':
        buf_lit(line, "\\\"");
        break;
    case '\\':
        buf_lit(line, "\\\\");
        break;
    default: /* all that utf8_is_control knows fits four digits */
        buf_printf(line, "\\u%04x", (unsigned)code_point);
    }
}

/* JSON has no escape for a byte that is no character: U+FFFD stands for it there. */
static void add_escaped_byte(buf_t *line, unsigned char byte)
{
    if (as_json) {
        buf_lit(line, "\\ufffd");
    } else {
        buf_printf(line, "\\x%02x", byte);
    }
}

static bool is_plain(uint32_t code_point)
{
    return code_point != '"' && code_point != '\\' && !utf8_is_control(code_point);
}

static void add_quoted(buf_t *line, str_t s)
{
    bool cut = s.n > VALUE_BYTES_MAX;
    if (cut) {
        s.n = utf8_whole(s.p, VALUE_BYTES_MAX);
    }
    buf_char(line, '"');
    for (size_t at = 0; at < s.n;) {
        uint32_t code_point;
        size_t length = utf8_decode(s.p + at, s.n - at, &code_point);
        if (length == 0) {
            add_escaped_byte(line, (unsigned char)s.p[at]);
            length = 1;
        } else if (is_plain(code_point)) {
            buf_add(line, s.p + at, length);
        } else {
            add_escaped_code_point(line, code_point);
        }
        at += length;
    }
    buf_lit(line, cut ? "...\"" : "\"");
}

/* A bare value is printable, has no blank, and is not taken for an absent one. */
static bool is_bare(str_t s)
{
    if (s.n == 0 || s.n > VALUE_BYTES_MAX || str_is(s, "-")) {
        return false;
    }
    for (size_t at = 0; at < s.n;) {
        uint32_t code_point;
        size_t length = utf8_decode(s.p + at, s.n - at, &code_point);
        if (length == 0 || code_point == ' ' || code_point == '=' || !is_plain(code_point)) {
            return false;
        }
        at += length;
    }
    return true;
}

static void add_text(buf_t *line, str_t s)
{
    if (!s.p) {
        buf_lit(line, as_json ? "null" : "-");
    } else if (!as_json && is_bare(s)) {
        buf_str(line, s);
    } else {
        add_quoted(line, s);
    }
}

static void add_value(buf_t *line, const log_field_t *field)
{
    switch (field->kind) {
    case LOG_FIELD_STR:
        add_text(line, field->text);
        break;
    case LOG_FIELD_INT:
        buf_i64(line, field->number);
        break;
    case LOG_FIELD_BOOL:
        buf_lit(line, field->number ? "true" : "false");
        break;
    }
}

static void add_head(buf_t *line, log_level_t level, const char *event)
{
    if (as_json) {
        buf_lit(line, "{\"time\":\"");
        utc_write(line, clock_wall_ms());
        buf_printf(line, "\",\"level\":\"%s\",\"event\":\"%s\"", level_name(level), event);
    } else {
        utc_write(line, clock_wall_ms());
        buf_printf(line, " %-5s %s", level_name(level), event);
    }
}

static void add_fields(buf_t *line, const log_field_t *fields)
{
    for (const log_field_t *field = fields; field->name; field++) {
        buf_printf(line, as_json ? ",\"%s\":" : " %s=", field->name);
        add_value(line, field);
    }
}

static void end_line(buf_t *line)
{
    buf_lit(line, as_json ? "}\n" : "\n");
}

/* One call, so that lines of several threads and processes do not mix. A log that cannot be written
 * must not stop what it tells about. */
static void write_line(str_t line)
{
    ssize_t written;
    do {
        written = write(STDERR_FILENO, line.p, line.n);
    } while (written < 0 && errno == EINTR);
}

void log_write(log_level_t level, const char *event, const log_field_t *fields)
{
    if (!log_wants(level)) {
        return;
    }
    int saved_errno = errno;
    buf_t line;
    buf_init(&line, LINE_BYTES_MAX);
    add_head(&line, level, event);
    add_fields(&line, fields);
    end_line(&line);
    if (!buf_ok(&line)) {
        buf_clear(&line);
        add_head(&line, level, event);
        add_fields(&line, (const log_field_t[]){LOG_B("fields_too_long", true), {0}});
        end_line(&line);
    }
    write_line(buf_view(&line));
    buf_fini(&line);
    errno = saved_errno;
}
