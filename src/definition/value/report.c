/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdio.h>

#include "codec/json.h"
#include "definition/diagnostic.h"
#include "definition/value/check_internal.h"

enum { ECHO_BYTES_MAX = 40 };

/* --- places --- */

/* RFC 6901 3 */
static void write_name(buf_t *to, str_t name)
{
    for (size_t i = 0; i < name.n; i++) {
        switch (name.p[i]) {
        case '~':
            buf_lit(to, "~0");
            break;
        case '/':
            buf_lit(to, "~1");
            break;
        default:
            buf_char(to, name.p[i]);
        }
    }
}

static void write_pointer(buf_t *to, const value_spot_t *spot)
{
    const value_spot_t *way[VALUE_DEPTH_MOST + 2];
    size_t count = 0;
    for (; spot->up && count < VALUE_DEPTH_MOST + 2; spot = spot->up) {
        way[count++] = spot;
    }
    buf_lit(to, spot->pointer ? spot->pointer : "");
    while (count > 0) {
        const value_spot_t *step = way[--count];
        buf_char(to, '/');
        if (step->name.p) {
            write_name(to, step->name);
        } else {
            buf_i64(to, (int64_t)step->index);
        }
    }
}

/* --- faults --- */

/* Two schemas of an allOf may find the same fault. */
static bool is_last_detail(const err_t *err, const char *pointer, const char *text)
{
    const err_detail_t *last = err->detail_count ? &err->details[err->detail_count - 1] : NULL;
    return last && strcmp(last->pointer, pointer) == 0 && strcmp(last->text, text) == 0;
}

static void report(value_check_t *c, const value_spot_t *spot, err_code_t code, const char *text)
{
    buf_t pointer;
    buf_init(&pointer, 2 * sizeof((err_detail_t){0}.pointer));
    write_pointer(&pointer, spot);
    if (!is_last_detail(c->err, buf_c(&pointer), text)) {
        (void)err_add_detail(c->err, code, buf_c(&pointer), "%s", text);
    }
    buf_fini(&pointer);
}

__attribute__((format(printf, 4, 0))) static void
fault(value_check_t *c, const value_spot_t *spot, err_code_t code, const char *format, va_list args)
{
    c->failed = true;
    if (!c->err) {
        return;
    }
    char text[512];
    (void)vsnprintf(text, sizeof text, format, args);
    report(c, spot, code, text);
}

void value_fault(value_check_t *c, const value_spot_t *spot, err_code_t code, const char *format,
                 ...)
{
    va_list args;
    va_start(args, format);
    fault(c, spot, code, format, args);
    va_end(args);
}

void value_fault_of_shape(value_check_t *c, const value_spot_t *spot, err_code_t code,
                          const char *format, ...)
{
    if (c->field && c->field->message.n > 0) {
        value_fault(c, spot, code, "%.*s", STR_ARG(c->field->message));
        return;
    }
    va_list args;
    va_start(args, format);
    fault(c, spot, code, format, args);
    va_end(args);
}

bool value_spend(value_check_t *c, const value_spot_t *spot, size_t work)
{
    if (c->work > WORK_MAX) {
        return false;
    }
    c->work = work > WORK_MAX - c->work ? WORK_MAX + 1 : c->work + (unsigned)work;
    if (c->work > WORK_MAX) {
        value_fault(c, spot, ERR_param_limit, "has too much in it to be checked");
    }
    return c->work <= WORK_MAX;
}

/* --- words --- */

static quoted_t quoted(str_t text)
{
    quoted_t q;
    char clean[ECHO_BYTES_MAX + 1];
    err_clean_text(clean, sizeof clean, text);
    (void)snprintf(q.text, sizeof q.text, "`%s%s`", clean,
                   text.n > ECHO_BYTES_MAX ? "\xe2\x80\xa6" : "");
    return q;
}

quoted_t value_quote(const value_spot_t *spot, const json_t *value)
{
    str_t text = json_view(value);
    const quoted_t unsaid = {"the value"};
    return spot->secret || !text.p ? unsaid : quoted(text);
}

quoted_t value_quote_name(str_t name)
{
    return quoted(name);
}

/* Adds one of a list; false where the list is full. */
static bool list_one(buf_t *to, str_t text)
{
    enum { ROOM_FOR_THE_REST = 8 };
    if (to->n + text.n + ROOM_FOR_THE_REST > to->ceiling) {
        buf_lit(to, to->n > 0 ? ", \xe2\x80\xa6" : "\xe2\x80\xa6");
        return false;
    }
    buf_lit(to, to->n > 0 ? ", " : "");
    buf_str(to, text);
    return true;
}

static listed_t listed(buf_t *list)
{
    listed_t answer;
    (void)snprintf(answer.text, sizeof answer.text, "%s", buf_c(list));
    buf_fini(list);
    return answer;
}

static bool list_json(buf_t *to, const json_t *value)
{
    if (json_is_string(value)) {
        return list_one(to, json_view(value));
    }
    buf_t text;
    buf_init(&text, sizeof(listed_t));
    json_write(&text, value);
    bool more = list_one(to, buf_ok(&text) ? buf_view(&text) : STR("{\xe2\x80\xa6}"));
    buf_fini(&text);
    return more;
}

listed_t value_list(const json_t *array)
{
    buf_t list;
    buf_init(&list, sizeof(listed_t) - 1);
    for (size_t i = 0; i < json_array_size(array); i++) {
        if (!list_json(&list, json_array_get(array, i))) {
            break;
        }
    }
    return listed(&list);
}

listed_t value_list_one(const json_t *value)
{
    buf_t list;
    buf_init(&list, sizeof(listed_t) - 1);
    (void)list_json(&list, value);
    return listed(&list);
}

listed_t value_list_choices(const field_t *field)
{
    buf_t list;
    buf_init(&list, sizeof(listed_t) - 1);
    for (size_t i = 0; i < field->choice_count && list_one(&list, field->choices[i].value); i++) {
    }
    return listed(&list);
}

suggestion_t value_suggest(str_t name, const str_t *names, size_t count)
{
    suggestion_t s = {""};
    str_t nearest = nearest_name(name, names, count);
    if (nearest.p) {
        (void)snprintf(s.text, sizeof s.text, "; did you mean %s?", quoted(nearest).text);
    }
    return s;
}
