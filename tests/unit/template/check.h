/* SPDX-License-Identifier: MIT */
/* What the tests of template share: a scope over one JSON object, whose members are the roots. */
#ifndef TENON_TESTS_UNIT_TEMPLATE_CHECK_H
#define TENON_TESTS_UNIT_TEMPLATE_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "codec/json.h"
#include "template/template.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])
/* 2026-11-22T03:31:07.089Z, a Sunday */
#define WALL_MS INT64_C(1795318267089)

static inline json_t *look_up(void *context, template_root_t root, const template_step_t *steps,
                              size_t count)
{
    const json_t *value = json_object_get(context, template_root_name(root));
    value = template_walk(value, steps, count);
    return json_incref((json_t *)(uintptr_t)value);
}

static inline json_t *read_json(const char *text)
{
    err_t err = ERR_INIT;
    json_t *value = json_read(str_of(text), NULL, &err);
    assert_non_null(value);
    return value;
}

static inline template_scope_t scope_of(json_t *roots)
{
    return (template_scope_t){.context = roots, .lookup = look_up, .wall_ms = WALL_MS};
}

/* The place that every test gives a template. */
enum { LINE = 7, COLUMN = 11 };

static inline void check_err(const err_t *err, const char *code, const char *text)
{
    assert_string_equal(err_code_name(err->code), code);
    assert_string_equal(err->text, text);
    assert_int_equal(err->line, LINE);
    assert_int_equal(err->column, COLUMN);
}

static inline const template_t *parse(arena_t *arena, const char *text)
{
    err_t err = ERR_INIT;
    const template_t *t = template_parse_in(arena, str_of(text), LINE, COLUMN, &err);
    assert_string_equal(err.text, "");
    assert_non_null(t);
    return t;
}

#endif
