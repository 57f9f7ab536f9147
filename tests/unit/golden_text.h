/* SPDX-License-Identifier: MIT */
/* A text against the file that holds what it should be. With TENON_WRITE_GOLDEN set, what is found
 * is written there: read the difference before you keep it. */
#ifndef TENON_TESTS_UNIT_GOLDEN_TEXT_H
#define TENON_TESTS_UNIT_GOLDEN_TEXT_H

#include <dirent.h>

#include "definition/catalogue/loading.h"

static inline void golden_keep(const char *path, str_t text)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text.p, 1, text.n, file), text.n);
    fclose(file);
}

static inline void golden_print_difference(const char *path, str_t expected, str_t found)
{
    for (unsigned line = 1; expected.p || found.p; line++) {
        str_t a = str_cut(&expected, '\n');
        str_t b = str_cut(&found, '\n');
        if (!str_eq(a, b)) {
            print_message("%s:%u: expected `%.*s`, found `%.*s`\n", path, line, STR_ARG(a),
                          STR_ARG(b));
            return;
        }
    }
}

/* False after printing the first line that differs. */
static inline bool golden_is(arena_t *arena, const char *path, str_t found)
{
    if (getenv("TENON_WRITE_GOLDEN")) {
        golden_keep(path, found);
    }
    str_t expected = read_file_in(arena, path);
    bool same = str_eq(expected, found);
    if (!same) {
        golden_print_difference(path, expected, found);
    }
    return same;
}

/* Runs each case of a folder, which answers how many of its files differ: none may. Answers how
 * many cases there are. */
static inline size_t golden_each(const char *folder, size_t (*run_case)(const char *name))
{
    size_t failed = 0, cases = 0;
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (entry->d_name[0] != '.') {
            failed += run_case(entry->d_name);
            cases++;
        }
    }
    closedir(dir);
    assert_int_equal(failed, 0);
    return cases;
}

#endif
