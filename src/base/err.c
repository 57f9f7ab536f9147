/* SPDX-License-Identifier: MIT */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/utf8.h"

static const struct {
    const char *name;
    int status;
    const char *title;
} rows[ERR_COUNT] = {[ERR_none] = {"none", 0, "No error"},
#define ERR_ROW(name, status, title) [ERR_##name] = {#name, status, title},
                     ERR_CODES(ERR_ROW)
#undef ERR_ROW
};

/* Like vsnprintf, but a text that is cut ends with a whole code point. */
__attribute__((format(printf, 3, 0))) static void format_text(char *to, size_t size,
                                                              const char *format, va_list args)
{
    int length = vsnprintf(to, size, format, args);
    if (length < 0) {
        to[0] = '\0';
    } else if ((size_t)length >= size) {
        to[utf8_whole(to, size - 1)] = '\0';
    }
}

bool err_set(err_t *err, err_code_t code, const char *format, ...)
{
    if (err_is_set(err)) {
        return false;
    }
    va_list args;
    va_start(args, format);
    format_text(err->text, sizeof err->text, format, args);
    va_end(args);
    err->code = code;
    return false;
}

bool err_set_at(err_t *err, err_code_t code, unsigned line, unsigned column, const char *format,
                ...)
{
    if (err_is_set(err)) {
        return false;
    }
    va_list args;
    va_start(args, format);
    format_text(err->text, sizeof err->text, format, args);
    va_end(args);
    err->code = code;
    err->line = line;
    err->column = column;
    return false;
}

static err_detail_t *detail_new(err_t *err)
{
    enum { STEP = 5 };
    if (err->detail_count % STEP == 0) {
        err->details = mem_resize(err->details, (err->detail_count + STEP) * sizeof(err_detail_t));
    }
    return &err->details[err->detail_count++];
}

bool err_add_detail(err_t *err, err_code_t code, const char *pointer, const char *format, ...)
{
    if (err->detail_count == ERR_DETAILS_MAX) {
        return false;
    }
    err_detail_t *detail = detail_new(err);
    size_t length = strnlen(pointer, sizeof detail->pointer);
    if (length == sizeof detail->pointer) {
        length = utf8_whole(pointer, sizeof detail->pointer - 1);
    }
    memcpy(detail->pointer, pointer, length);
    detail->pointer[length] = '\0';
    va_list args;
    va_start(args, format);
    format_text(detail->text, sizeof detail->text, format, args);
    va_end(args);
    return err_set(err, code, "%s", detail->text);
}

void err_fini(err_t *err)
{
    free(err->details);
    *err = ERR_INIT;
}

/* A code out of memory that is not ours must not index past the table. */
static err_code_t known(err_code_t code)
{
    return (unsigned)code < ERR_COUNT ? code : ERR_internal_error;
}

const char *err_code_name(err_code_t code)
{
    return rows[known(code)].name;
}

const char *err_code_title(err_code_t code)
{
    return rows[known(code)].title;
}

int err_code_status(err_code_t code)
{
    return rows[known(code)].status;
}

err_code_t err_code_of(str_t name)
{
    for (unsigned code = ERR_none + 1; code < ERR_COUNT; code++) {
        if (str_is(name, rows[code].name)) {
            return (err_code_t)code;
        }
    }
    return ERR_none;
}

void err_clean_text(char *to, size_t size, str_t from)
{
    if (size == 0) {
        return;
    }
    size_t used = 0;
    for (size_t at = 0; at < from.n;) {
        uint32_t code_point;
        size_t length = utf8_decode(from.p + at, from.n - at, &code_point);
        if (length == 0) {
            at++;
            continue;
        }
        if (!utf8_is_control(code_point)) {
            if (length >= size - used) {
                break;
            }
            memcpy(to + used, from.p + at, length);
            used += length;
        }
        at += length;
    }
    to[used] = '\0';
}
