/* SPDX-License-Identifier: MIT */
#include <dirent.h>

#include "definition/catalogue/loading.h"

#define HEAD                                                                                       \
    "tenon: 1\nid: x\ntitle: X\nversion: 1.0.0\ndescription: D\nhosts: [a.example.com]\n"          \
    "base_url: https://a.example.com\n"
#define WHOLE HEAD "actions: {A: {summary: A, method: GET, path: /a}}\n"

static connector_t *load(arena_t *arena, const char *yaml, diagnostics_t *d)
{
    diagnostics_init(d, arena);
    return definition_load(STR("connectors/x.yaml"), str_of(yaml), NULL, d);
}

/* --- the files that the format comes with --- */

static void load_accepted(arena_t *arena, const char *path)
{
    diagnostics_t d;
    connector_t *c = load_file(arena, path, &d);
    if (!c) {
        print_diagnostics(&d);
        fail_msg("%s is refused", path);
    }
    assert_int_equal(d.errors, 0);
    assert_int_equal(c->warnings, d.count);
    connector_unref(c);
}

static size_t load_folder(const char *folder)
{
    size_t count = 0;
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (str_ends(str_of(entry->d_name), STR(".yaml"))) {
            arena_t *arena = arena_new(0);
            load_accepted(arena, arena_printf(arena, "%s/%s", folder, entry->d_name).p);
            arena_free(arena);
            count++;
        }
    }
    closedir(dir);
    return count;
}

static void accepted_files_load(void **state)
{
    (void)state;
    arena_t *arena = arena_new(0);
    const char *folder = format_folder_in(arena);
    if (folder) {
        assert_true(load_folder(arena_printf(arena, "%s/accepted", folder).p) >= 18);
    }
    arena_free(arena);
    if (!folder) {
        skip();
    }
}

static void shipped_connectors_load_without_advice(void **state)
{
    static const char *const files[] = {
        "pingone",     "ukg-hr-service-delivery",   "ukg-pro", "ukg-pro-hcm", "ukg-pro-platform",
        "ukg-pro-wfm", "ukg-pro-wfm-authentication"};
    (void)state;
    for (size_t i = 0; i < COUNT(files); i++) {
        arena_t *arena = arena_new(0);
        diagnostics_t d;
        connector_t *c = load_file(
            arena, arena_printf(arena, TENON_SOURCE_DIR "/connectors/%s.yaml", files[i]).p, &d);
        assert_non_null(c);
        assert_int_equal(d.count, 0);
        connector_unref(c);
        arena_free(arena);
    }
}

typedef struct expected {
    str_t file, code;
    uint64_t line;
    diagnostic_level_t level;
} expected_t;

/* file:line:column: error/LEVEL code: text */
static expected_t read_expected(str_t line)
{
    expected_t e = {.file = str_cut(&line, ':')};
    str_t number = str_cut(&line, ':');
    str_cut(&line, ':');
    assert_true(str_to_u64(number, &e.line));
    str_t level = str_cut(&line, ':');
    str_t first = str_trim(level);
    assert_true(str_starts(first, STR("error/")));
    e.level = first.p[strlen("error/")] == 'S' ? LEVEL_S : LEVEL_R;
    e.code = str_slice(first, strlen("error/S "), first.n);
    return e;
}

static void assert_expected(const char *folder, str_t line)
{
    arena_t *arena = arena_new(0);
    diagnostics_t d;
    expected_t e = read_expected(line);
    connector_t *c =
        load_file(arena, arena_printf(arena, "%s/refused/%.*s", folder, STR_ARG(e.file)).p, &d);
    assert_null(c);
    if (!holds(&d, e.level, e.code, (unsigned)e.line)) {
        print_diagnostics(&d);
        fail_msg("not found: %.*s", STR_ARG(line));
    }
    arena_free(arena);
}

static void refused_files_tell_what_is_expected(void **state)
{
    (void)state;
    arena_t *arena = arena_new(0);
    const char *folder = format_folder_in(arena);
    if (!folder) {
        arena_free(arena);
        skip();
    }
    size_t count = 0;
    str_t rest = read_file_in(arena, arena_printf(arena, "%s/refused/EXPECTED", folder).p);
    while (rest.n) {
        str_t line = str_cut(&rest, '\n');
        if (line.n) {
            assert_expected(folder, line);
            count++;
        }
    }
    assert_true(count >= 38);
    arena_free(arena);
}

/* --- the loader itself --- */

static void errors_leave_no_connector_and_warnings_do(void **state)
{
    (void)state;
    arena_t *arena = arena_new(0);
    diagnostics_t d;
    assert_null(load(arena, HEAD "actions: {A: {summary: A, method: GET, path: a}}\n", &d));
    assert_int_equal(d.errors, 1);
    connector_t *c =
        load(arena, WHOLE "connection: {parameters: {connectionId: {type: string}}}\n", &d);
    assert_non_null(c);
    assert_int_equal(d.errors, 0);
    assert_int_equal(c->warnings, 1);
    connector_unref(c);
    arena_free(arena);
}

static void both_levels_come_in_one_run_sorted(void **state)
{
    (void)state;
    arena_t *arena = arena_new(0);
    diagnostics_t d;
    assert_null(
        load(arena, WHOLE "verify: B\nunknown: 1\nrequest: {headers: {X: '${input.x}'}}\n", &d));
    assert_int_equal(d.errors, 3);
    assert_true(holds(&d, LEVEL_R, STR("unknown_action"), 9));
    assert_true(holds(&d, LEVEL_S, STR("definition_unknown_key"), 10));
    assert_true(holds(&d, LEVEL_R, STR("template_not_here"), 11));
    assert_true(d.list[0].line <= d.list[1].line && d.list[1].line <= d.list[2].line);
    arena_free(arena);
}

static void a_secret_in_the_file_is_not_repeated(void **state)
{
    (void)state;
    arena_t *arena = arena_new(0);
    diagnostics_t d;
    assert_null(load(arena,
                     WHOLE "connection:\n"
                           "  parameters: {s: {type: string, secret: true, default: tiger}}\n"
                           "  auth: {a: {type: basic, username: scott, password: tiger}}\n",
                     &d));
    assert_true(holds(&d, LEVEL_R, STR("definition_inline_secret"), 11));
    for (unsigned i = 0; i < d.count; i++) {
        assert_null(strstr(d.list[i].text, "tiger"));
    }
    arena_free(arena);
}

static void a_near_name_is_suggested(void **state)
{
    static const struct {
        const char *yaml, *suggestion;
    } rows[] = {
        {WHOLE "verify: GetPersn\n", NULL},
        {HEAD "actions: {GetPerson: {summary: A, method: GET, path: /a}}\nverify: GetPersn\n",
         "did you mean `GetPerson`?"},
        {WHOLE "connection: {parameters: {tenant: {type: string}}}\n"
               "request: {headers: {X: '${connection.tennant}'}}\n",
         "did you mean `tenant`?"},
        {HEAD "actions: {A: {summary: A, path: /a, input: {person: {type: string}}, "
              "request: {json: {p: '${input.persom}'}}}}\n",
         "did you mean `person`?"},
        {HEAD "schemas: {Person: {type: object}}\n"
              "actions: {A: {summary: A, path: /a, output: {$ref: '#/schemas/Persona'}}}\n",
         "did you mean `Person`?"},
        {HEAD "connection: {auth: {basic: {type: none}}}\n"
              "actions: {A: {summary: A, path: /a, auth: [basik]}}\n",
         "did you mean `basic`?"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        arena_t *arena = arena_new(0);
        diagnostics_t d;
        assert_null(load(arena, rows[i].yaml, &d));
        assert_int_equal(d.errors, 1);
        const char *found = strstr(d.list[0].text, "did you mean");
        if (rows[i].suggestion ? !found || strcmp(found, rows[i].suggestion) != 0 : found != NULL) {
            fail_msg("%s\n%s", rows[i].yaml, d.list[0].text);
        }
        arena_free(arena);
    }
}

static void more_than_fifty_faults_are_counted(void **state)
{
    (void)state;
    arena_t *arena = arena_new(0);
    diagnostics_t d;
    buf_t yaml;
    buf_init(&yaml, 1 << 20);
    buf_lit(&yaml, HEAD "actions:\n");
    for (int i = 0; i < 200; i++) {
        buf_printf(&yaml, "  A%d: {summary: A, method: GET, path: \"/a%d/{x}\"}\n", i, i);
    }
    assert_null(load(arena, buf_c(&yaml), &d));
    assert_int_equal(d.count, DIAGNOSTICS_MAX);
    assert_int_equal(d.errors, 200);
    buf_fini(&yaml);
    arena_free(arena);
}

static void a_ceiling_of_bytes_is_the_callers(void **state)
{
    (void)state;
    arena_t *arena = arena_new(0);
    diagnostics_t d;
    diagnostics_init(&d, arena);
    load_options_t options = {.file_bytes_max = 64};
    assert_null(definition_load(STR("x.yaml"), STR(WHOLE), &options, &d));
    assert_int_equal(d.list[0].code, ERR_definition_too_large);
    arena_free(arena);
}

/* FORMAT 4: a chain of references, a tree of itself, a loop. */
static void deep_references_end(void **state)
{
    (void)state;
    arena_t *arena = arena_new(0);
    diagnostics_t d;
    buf_t yaml;
    buf_init(&yaml, 1 << 20);
    buf_lit(&yaml, WHOLE "schemas:\n");
    for (int i = 0; i < 4000; i++) {
        buf_printf(&yaml, "  S%d: {$ref: '#/schemas/S%d'}\n", i, i + 1);
    }
    buf_lit(&yaml, "  S4000: {type: string}\n");
    assert_null(load(arena, buf_c(&yaml), &d));
    assert_int_equal(d.list[0].code, ERR_schema_loop);
    buf_fini(&yaml);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepted_files_load),
        cmocka_unit_test(shipped_connectors_load_without_advice),
        cmocka_unit_test(refused_files_tell_what_is_expected),
        cmocka_unit_test(errors_leave_no_connector_and_warnings_do),
        cmocka_unit_test(both_levels_come_in_one_run_sorted),
        cmocka_unit_test(a_secret_in_the_file_is_not_repeated),
        cmocka_unit_test(a_near_name_is_suggested),
        cmocka_unit_test(more_than_fifty_faults_are_counted),
        cmocka_unit_test(a_ceiling_of_bytes_is_the_callers),
        cmocka_unit_test(deep_references_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
