/* SPDX-License-Identifier: MIT */
/* tests/cases/powerplatform/<case>/: a package, the definition that it gives (expected.yaml) and
 * what is reported (report.json). With TENON_WRITE_GOLDEN set, what is found is written there: read
 * the difference before you keep it. And published packages, where there are some: each is read to
 * its end, what is written loads. */
#include "golden_text.h"

#include "codec/json.h"
#include "import/powerplatform/powerplatform.h"

#define CASES TENON_SOURCE_DIR "/tests/cases/powerplatform"

enum { TEXT_MAX = 16 << 20 };

/* --- golden cases --- */

static str_t report_text_in(arena_t *arena, const report_t *report)
{
    buf_t to;
    buf_init(&to, TEXT_MAX);
    json_write_pretty(&to, report->json);
    buf_char(&to, '\n');
    str_t text = arena_str(arena, buf_view(&to));
    buf_fini(&to);
    return text;
}

static size_t run_case(const char *name)
{
    arena_t *arena = arena_new(0);
    const char *folder = arena_printf(arena, CASES "/%s", name).p;
    package_t package = {
        .name = str_of(name),
        .definition =
            read_file_in(arena, arena_printf(arena, "%s/apiDefinition.swagger.json", folder).p),
        .properties = read_file_in(arena, arena_printf(arena, "%s/apiProperties.json", folder).p),
        .has_script = read_file_in(arena, arena_printf(arena, "%s/script.csx", folder).p).p != NULL,
    };
    buf_t text;
    report_t report;
    buf_init(&text, TEXT_MAX);
    report_init(&report, package.name);
    assert_true(import_powerplatform(&package, STR_NONE, &text, &report));
    size_t failed =
        !golden_is(arena, arena_printf(arena, "%s/expected.yaml", folder).p, buf_view(&text)) +
        !golden_is(arena, arena_printf(arena, "%s/report.json", folder).p,
                   report_text_in(arena, &report));
    report_fini(&report);
    buf_fini(&text);
    arena_free(arena);
    return failed;
}

static void every_case_gives_its_definition(void **state)
{
    (void)state;
    assert_true(golden_each(CASES, run_case) >= 2);
}

/* --- what cannot be read --- */

static void tells_what_cannot_be_read(void **state)
{
    (void)state;
    static const struct {
        const char *definition, *properties, *reason;
    } rows[] = {
        {"", NULL, "unreadable"},
        {"[]", NULL, "unreadable"},
        {"{\"paths\": {", "{}", "unreadable"},
        {"{}", "{]", "unreadable"},
        {"{}", "{}", "nothing_left"},
        {"{\"paths\": {\"/a\": {\"get\": {\"operationId\": \"A\"}}}}",
         "{\"properties\": {\"connectionParameters\": {\"g\": {\"type\": \"gatewaySetting\"}}}}",
         "gateway"},
        {"{\"paths\": {\"/a\": {\"get\": {\"operationId\": \"A\"}}}}",
         "{\"properties\": {\"connectionParameters\": {\"token\": {\"type\": \"oauthSetting\", "
         "\"oAuthSettings\": {\"identityProvider\": \"unheardof\"}}}}}",
         "auth"},
        {"{\"paths\": 1, \"definitions\": [], \"info\": \"\"}", "{\"properties\": 7}",
         "nothing_left"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        package_t package = {.name = STR("odd"), .definition = str_of(rows[i].definition)};
        package.properties = str_of(rows[i].properties);
        buf_t text;
        report_t report;
        buf_init(&text, TEXT_MAX);
        report_init(&report, STR("odd"));
        assert_false(import_powerplatform(&package, STR_NONE, &text, &report));
        assert_int_equal(text.n, 0);
        assert_string_equal(json_string_value(json_object_get(report.json, "failed")),
                            rows[i].reason);
        report_fini(&report);
        buf_fini(&text);
    }
}

/* --- published packages --- */

typedef struct sample {
    size_t packages, imported, operations, scripted, hosted;
} sample_t;

static bool is_scripted(const json_t *operation)
{
    size_t at;
    json_t *reason;
    json_array_foreach(json_object_get(operation, "reasons"), at, reason)
    {
        if (str_is(json_member(reason, "reason"), "script")) {
            return true;
        }
    }
    return false;
}

static void count_report(sample_t *s, const report_t *report)
{
    const char *name;
    json_t *operation;
    json_object_foreach(json_object_get(report->json, "operations"), name, operation)
    {
        s->operations++;
        s->scripted += is_scripted(operation);
        s->hosted += !report_is_refused(report, str_of(name));
    }
}

static void import_sample(arena_t *arena, const char *folder, const char *name, sample_t *s)
{
    package_t package = {.name = str_of(name)};
    DIR *dir = opendir(folder);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        const char *path = arena_printf(arena, "%s/%s", folder, entry->d_name).p;
        if (str_ends_nocase(str_of(path), STR(".swagger.json"))) {
            package.definition = read_file_in(arena, path);
        } else if (str_ends(str_of(path), STR("/apiProperties.json"))) {
            package.properties = read_file_in(arena, path);
        }
        package.has_script = package.has_script || str_ends_nocase(str_of(path), STR(".csx"));
    }
    if (dir) {
        closedir(dir);
    }
    if (!package.definition.p) {
        return;
    }
    buf_t text;
    report_t report;
    buf_init(&text, TEXT_MAX);
    report_init(&report, package.name);
    s->packages++;
    s->imported += import_powerplatform(&package, STR_NONE, &text, &report);
    count_report(s, &report);
    report_fini(&report);
    buf_fini(&text);
}

static void import_tree(const char *folder, sample_t *s)
{
    DIR *dir = opendir(folder);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        if (entry->d_name[0] != '.') {
            arena_t *arena = arena_new(0);
            import_sample(arena, arena_printf(arena, "%s/%s", folder, entry->d_name).p,
                          entry->d_name, s);
            arena_free(arena);
        }
    }
    if (dir) {
        closedir(dir);
    }
}

static void imports_published_packages(void **state)
{
    (void)state;
    static const char *const trees[] = {"certified-connectors", "custom-connectors",
                                        "independent-publisher-connectors"};
    const char *shared = getenv("TENON_SHARED");
    arena_t *arena = arena_new(0);
    sample_t s = {0};
    for (size_t i = 0; shared && i < COUNT(trees); i++) {
        import_tree(arena_printf(arena, "%s/corpora/powerplatform/%s", shared, trees[i]).p, &s);
    }
    arena_free(arena);
    if (s.packages == 0) {
        print_message("no published packages are here (set TENON_SHARED)\n");
        skip();
    }
    print_message("%zu packages, %zu imported; %zu operations, %zu of them scripted, %zu hosted\n",
                  s.packages, s.imported, s.operations, s.scripted, s.hosted);
    assert_true(s.packages >= 60);
    assert_true(s.hosted * 100 >= (s.operations - s.scripted) * 95);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_gives_its_definition),
        cmocka_unit_test(tells_what_cannot_be_read),
        cmocka_unit_test(imports_published_packages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
