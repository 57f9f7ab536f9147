/* SPDX-License-Identifier: MIT */
/* Loading of definition files in tests. */
#ifndef TENON_TESTS_DEFINITION_LOADING_H
#define TENON_TESTS_DEFINITION_LOADING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "definition/catalogue/load.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

static const char levels[] = {[LEVEL_S] = 'S', [LEVEL_R] = 'R', [LEVEL_W] = 'W'};

/* The whole file; absent where it cannot be read. */
static inline str_t read_file_in(arena_t *arena, const char *path)
{
    enum { BYTES_MAX = 2 << 20 };
    FILE *file = fopen(path, "rb");
    if (!file) {
        return STR_NONE;
    }
    char *bytes = arena_alloc(arena, BYTES_MAX);
    size_t n = fread(bytes, 1, BYTES_MAX, file);
    fclose(file);
    return str_at(bytes, n);
}

/* The folder `shared/format`, or NULL after saying that it is missing. */
static inline const char *format_folder_in(arena_t *arena)
{
    const char *shared = getenv("TENON_SHARED");
    const char *folder =
        arena_printf(arena, "%s/format", shared ? shared : TENON_SOURCE_DIR "/../shared").p;
    FILE *expected = fopen(arena_printf(arena, "%s/refused/EXPECTED", folder).p, "rb");
    if (!expected) {
        print_message("left out: there is no %s\n", folder);
        return NULL;
    }
    fclose(expected);
    return folder;
}

static inline connector_t *load_file(arena_t *arena, const char *path, diagnostics_t *d)
{
    str_t text = read_file_in(arena, path);
    if (!text.p) {
        fail_msg("cannot read %s", path);
    }
    diagnostics_init(d, arena);
    return definition_load(str_of(path), text, NULL, d);
}

static inline void print_diagnostics(const diagnostics_t *d)
{
    for (unsigned i = 0; i < d->count; i++) {
        const diagnostic_t *one = &d->list[i];
        print_message("  %u:%u %c %s: %s\n", one->line, one->column, levels[one->level],
                      err_code_name(one->code), one->text);
    }
}

static inline bool holds(const diagnostics_t *d, diagnostic_level_t level, str_t code,
                         unsigned line)
{
    for (unsigned i = 0; i < d->count; i++) {
        const diagnostic_t *one = &d->list[i];
        if (one->line == line && one->level == level && str_is(code, err_code_name(one->code))) {
            return true;
        }
    }
    return false;
}

#endif
