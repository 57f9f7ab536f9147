/* SPDX-License-Identifier: MIT */
/* tests/cases/openapi-import/<case>/: a document (openapi.yaml or openapi.json) with what it refers
 * to, the definition that it gives (expected.yaml) and what is reported (report.json). With
 * TENON_WRITE_GOLDEN set, what is found is written there: read the difference before you keep it. */
#include "golden_text.h"

#include "codec/json.h"
#include "import/openapi/openapi.h"

#define CASES TENON_SOURCE_DIR "/tests/cases/openapi-import"

enum { TEXT_MAX = 16 << 20 };

/* --- golden cases --- */

static bool read_of_folder(void *context, str_t path, buf_t *to, err_t *err)
{
    arena_t *arena = arena_new(0);
    const char *folder = context;
    str_t text = read_file_in(arena, arena_printf(arena, "%s/%.*s", folder, STR_ARG(path)).p);
    if (text.p) {
        buf_str(to, text);
    } else {
        err_set(err, ERR_configuration, "it is not there");
    }
    bool ok = text.p != NULL;
    arena_free(arena);
    return ok;
}

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
    char *folder = (char *)(uintptr_t)arena_printf(arena, CASES "/%s", name).p;
    bool yaml = read_file_in(arena, arena_printf(arena, "%s/openapi.yaml", folder).p).p != NULL;
    openapi_source_t source = {.path = yaml ? STR("openapi.yaml") : STR("openapi.json"),
                               .read = read_of_folder,
                               .context = folder};
    buf_t text;
    report_t report;
    json_t *ids = json_object();
    buf_init(&text, TEXT_MAX);
    report_init(&report, str_of(name));
    assert_true(import_openapi(&source, ids, &text, &report));
    size_t failed =
        !golden_is(arena, arena_printf(arena, "%s/expected.yaml", folder).p, buf_view(&text)) +
        !golden_is(arena, arena_printf(arena, "%s/report.json", folder).p,
                   report_text_in(arena, &report));
    assert_int_equal(json_object_size(ids), 1);
    json_decref(ids);
    report_fini(&report);
    buf_fini(&text);
    arena_free(arena);
    return failed;
}

static void every_case_gives_its_definition(void **state)
{
    (void)state;
    assert_true(golden_each(CASES, run_case) >= 3);
}

/* --- texts --- */

static bool read_text(void *context, str_t path, buf_t *to, err_t *err)
{
    (void)path, (void)err;
    buf_str(to, str_of(context));
    return true;
}

/* NULL: it was imported. */
static const char *failure_of(const char *document, buf_t *text)
{
    report_t report;
    json_t *ids = json_object();
    openapi_source_t source = {STR("a.json"), read_text, (void *)(uintptr_t)document};
    static char failed[64];
    report_init(&report, STR("a.json"));
    bool ok = import_openapi(&source, ids, text, &report);
    str_t reason = json_member(report.json, "failed");
    snprintf(failed, sizeof failed, "%.*s", STR_ARG(reason));
    report_fini(&report);
    json_decref(ids);
    return ok ? NULL : failed;
}

static void tells_what_cannot_be_read(void **state)
{
    (void)state;
    static const struct {
        const char *document, *reason;
    } rows[] = {
        {"", "unreadable"},
        {"[]", "unreadable"},
        {"a: [", "unreadable"},
        {"{\"openapi\": \"3.0.0\"", "unreadable"},
        {"{}", "version"},
        {"openapi: 4.0.0", "version"},
        {"swagger: '1.2'", "version"},
        {"openapi: 3.1.0", "nothing_left"},
        {"swagger: '2.0'", "nothing_left"},
        {"{\"swagger\": \"2.0\", \"paths\": 1, \"host\": [], \"securityDefinitions\": \"x\"}",
         "nothing_left"},
        {"{\"openapi\": 3.1, \"paths\": {\"/a\": {\"get\": 7, \"$ref\": \"#/paths/~1a\"}}}",
         "nothing_left"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        buf_t text;
        buf_init(&text, TEXT_MAX);
        assert_string_equal(failure_of(rows[i].document, &text), rows[i].reason);
        assert_int_equal(text.n, 0);
        buf_fini(&text);
    }
}

/* --- what grows --- */

/* Every schema refers to every other one, several times, and to itself. */
static void ends_where_references_lead_round(void **state)
{
    (void)state;
    static const char *const keys[] = {"allOf", "anyOf", "oneOf", "x-like"};
    buf_t document, text;
    buf_init(&document, TEXT_MAX);
    buf_init(&text, TEXT_MAX);
    buf_lit(&document, "openapi: 3.1.0\ninfo: {title: Round, version: 1.0.0}\npaths:\n"
                       "  /a:\n    post:\n      parameters:\n"
                       "      - {name: q, in: query, schema: {$ref: '#/x/S0'}}\n"
                       "      requestBody: {content: {application/x-www-form-urlencoded: {schema: "
                       "{$ref: '#/x/S0'}}}}\n      responses: {200: {description: Fine}}\n"
                       "  /b:\n    get: {responses: {200: {description: Fine}}}\nx:\n");
    for (unsigned i = 0; i < 6; i++) {
        buf_printf(&document, "  S%u:\n", i);
        for (size_t k = 0; k < COUNT(keys); k++) {
            buf_printf(&document, "    %s: [", keys[k]);
            for (unsigned to = 0; to < 6; to++) {
                buf_printf(&document, "{$ref: '#/x/S%u'}, ", to);
            }
            buf_lit(&document, "]\n");
        }
    }
    assert_null(failure_of(buf_c(&document), &text));
    assert_true(text.n > 0);
    buf_fini(&text);
    buf_fini(&document);
}

/* Each within the other would be a stack as deep. */
static void a_long_chain_of_schemas_ends(void **state)
{
    (void)state;
    buf_t text, document;
    buf_init(&text, TEXT_MAX);
    buf_init(&document, TEXT_MAX);
    buf_lit(&document, "openapi: 3.1.0\ninfo: {title: A, version: '1'}\n"
                       "servers: [{url: https://a.example.com}]\npaths:\n"
                       "  /a:\n    get: {responses: {200: {description: Fine, content: "
                       "{application/json: {schema: {$ref: '#/x/S0'}}}}}}\n"
                       "  /b:\n    get: {responses: {200: {description: Fine}}}\nx:\n");
    for (unsigned i = 0; i < 3000; i++) {
        buf_printf(&document, "  S%u: {properties: {next: {$ref: '#/x/S%u'}}}\n", i, i + 1);
    }
    buf_lit(&document, "  S3000: {type: string}\n");
    (void)failure_of(buf_c(&document), &text); /* FORMAT has a limit of its own */
    buf_fini(&text);
    buf_fini(&document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_gives_its_definition),
        cmocka_unit_test(tells_what_cannot_be_read),
        cmocka_unit_test(ends_where_references_lead_round),
        cmocka_unit_test(a_long_chain_of_schemas_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
