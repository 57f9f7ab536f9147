/* SPDX-License-Identifier: MIT */
/* What the tests of codec share. */
#ifndef TENON_TESTS_UNIT_CODEC_CHECK_H
#define TENON_TESTS_UNIT_CODEC_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

/* expected NULL: absent. */
static inline void check_str(str_t s, const char *expected)
{
    if (!expected) {
        assert_null(s.p);
        return;
    }
    assert_non_null(s.p);
    char *copy = str_dup(s);
    assert_string_equal(copy, expected);
    assert_int_equal(s.n, strlen(expected));
    free(copy);
}

static inline void check_buf(buf_t *b, const char *expected)
{
    assert_true(buf_ok(b));
    assert_string_equal(buf_c(b), expected);
    assert_int_equal(b->n, strlen(expected));
}

static inline void check_err(const err_t *err, const char *code)
{
    assert_string_equal(err_code_name(err->code), code);
}

#endif
