/* SPDX-License-Identifier: MIT */
/* tests/cases/definition/<case>/: one definition file, and `expected` with a line `line:column
 * level code` for every diagnostic, in their order; empty where the file is fine. Every code of
 * levels R and W has a case. */
#include <dirent.h>

#include "definition/catalogue/loading.h"

#define CASES TENON_SOURCE_DIR "/tests/cases/definition"

static bool seen[ERR_COUNT];

/* Of another part: two files of one id and the suffix are the catalogue's, a platform's rules a
 * profile's. */
static bool is_of_another_part(err_code_t code)
{
    return code == ERR_id_twice || code == ERR_yml_suffix || code == ERR_power_platform;
}

/* The case's only .yaml file. */
static const char *definition_in(arena_t *arena, const char *folder)
{
    const char *found = NULL;
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (str_ends(str_of(entry->d_name), STR(".yaml"))) {
            assert_null(found);
            found = arena_printf(arena, "%s/%s", folder, entry->d_name).p;
        }
    }
    closedir(dir);
    assert_non_null(found);
    return found;
}

static str_t write_found(arena_t *arena, const diagnostics_t *d)
{
    buf_t text;
    buf_init(&text, 1 << 16);
    for (unsigned i = 0; i < d->count; i++) {
        const diagnostic_t *one = &d->list[i];
        buf_printf(&text, "%u:%u %c %s\n", one->line, one->column, levels[one->level],
                   err_code_name(one->code));
        seen[one->code] = true;
    }
    str_t found = arena_str(arena, buf_view(&text));
    buf_fini(&text);
    return found;
}

static bool run_case(const char *name)
{
    arena_t *arena = arena_new(0);
    diagnostics_t d;
    const char *folder = arena_printf(arena, CASES "/%s", name).p;
    str_t expected = read_file_in(arena, arena_printf(arena, "%s/expected", folder).p);
    connector_t *c = load_file(arena, definition_in(arena, folder), &d);
    str_t found = write_found(arena, &d);
    bool fine = expected.p && str_eq(expected, found) && (c == NULL) == (d.errors > 0);
    if (!fine) {
        print_message("%s: expected\n%.*sfound\n", name, STR_ARG(expected));
        print_diagnostics(&d);
    }
    if (c) {
        connector_unref(c);
    }
    arena_free(arena);
    return fine;
}

static void every_case_gives_its_diagnostics(void **state)
{
    (void)state;
    size_t count = 0;
    size_t failed = 0;
    DIR *dir = opendir(CASES);
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (entry->d_name[0] != '.') {
            failed += !run_case(entry->d_name);
            count++;
        }
    }
    closedir(dir);
    assert_int_equal(failed, 0);
    assert_true(count >= 70);
}

static void every_code_has_a_case(void **state)
{
    (void)state;
    size_t missing = 0;
    for (err_code_t code = ERR_id_not_file_name; code <= ERR_advice; code++) {
        if (!seen[code] && !is_of_another_part(code)) {
            print_message("no case gives %s\n", err_code_name(code));
            missing++;
        }
    }
    assert_int_equal(missing, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_gives_its_diagnostics),
        cmocka_unit_test(every_code_has_a_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
