/* SPDX-License-Identifier: MIT */
/* The importer of Power Platform packages over any two files: apiDefinition.swagger.json, a line
 * `===`, apiProperties.json. Either a definition that loads without errors, or a reason; of every
 * operation a verdict, and nothing told that could steer a terminal; the same package gives the
 * same again. What the lenient reader takes is JSON that says the same when it is written. */
#include "codec/json.h"
#include "definition/catalogue/load.h"
#include "fuzz.h"
#include "import/lenient.h"
#include "import/powerplatform/powerplatform.h"

enum { TEXT_MAX = 32 << 20, INPUT_MAX = 256 << 10 };

/* --- the report --- */

static void check_reasons(const json_t *list)
{
    size_t at;
    json_t *one;
    REQUIRE(json_is_array(list));
    json_array_foreach(list, at, one)
    {
        str_t detail = json_member(one, "detail");
        REQUIRE(json_member(one, "reason").n > 0 && str_is_utf8(detail));
        for (size_t i = 0; i < detail.n; i++) {
            REQUIRE((unsigned char)detail.p[i] >= 0x20 && detail.p[i] != 0x7F);
        }
    }
}

static bool is_verdict(str_t text)
{
    return str_is(text, "hosted") || str_is(text, "warning") || str_is(text, "refused");
}

static void check_report(const report_t *report, bool ok)
{
    const char *name;
    json_t *operation;
    size_t running = 0;
    check_reasons(json_object_get(report->json, "notes"));
    json_object_foreach(json_object_get(report->json, "operations"), name, operation)
    {
        str_t verdict = json_member(operation, "verdict");
        REQUIRE(is_verdict(verdict));
        check_reasons(json_object_get(operation, "reasons"));
        REQUIRE(str_is(verdict, "hosted") ||
                json_array_size(json_object_get(operation, "reasons")) > 0);
        running += !str_is(verdict, "refused");
    }
    REQUIRE(ok == (json_object_get(report->json, "failed") == NULL));
    REQUIRE(ok == (running > 0) || (!ok && running == 0));
}

/* --- the definition --- */

static void check_definition(str_t text)
{
    static const load_options_t options = {.file_bytes_max = TEXT_MAX};
    arena_t *arena = arena_new(0);
    diagnostics_t d;
    diagnostics_init(&d, arena);
    connector_t *c = definition_load(STR("fuzzed.yaml"), text, &options, &d);
    REQUIRE(c != NULL);
    for (unsigned i = 0; i < d.count; i++) {
        REQUIRE(d.list[i].level == LEVEL_W);
    }
    connector_unref(c);
    arena_free(arena);
}

static bool import_once(const package_t *package, buf_t *text)
{
    report_t report;
    report_init(&report, STR("fuzz"));
    bool ok = import_powerplatform(package, STR("fuzzed"), text, &report);
    REQUIRE(buf_ok(text) && (text->n > 0) == ok);
    check_report(&report, ok);
    report_fini(&report);
    return ok;
}

static void check_import(const package_t *package)
{
    buf_t first, second;
    buf_init(&first, TEXT_MAX);
    buf_init(&second, TEXT_MAX);
    if (import_once(package, &first)) {
        check_definition(buf_view(&first));
    }
    import_once(package, &second);
    REQUIRE(str_eq(buf_view(&first), buf_view(&second)));
    buf_fini(&first);
    buf_fini(&second);
}

/* --- the reader --- */

static void check_lenient(str_t text)
{
    report_t report;
    err_t err = ERR_INIT;
    report_init(&report, STR("fuzz"));
    json_t *v = lenient_read(text, "fuzz", &report, &err);
    REQUIRE((v != NULL) == (err.code == ERR_none));
    if (v) {
        buf_t written;
        buf_init(&written, TEXT_MAX);
        json_write(&written, v);
        json_t *again = lenient_read(buf_view(&written), "fuzz", &report, &err);
        REQUIRE(again && json_equal(v, again));
        json_decref(again);
        buf_fini(&written);
    }
    json_decref(v);
    check_reasons(json_object_get(report.json, "notes"));
    report_fini(&report);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    str_t text = str_at(data, size);
    if (size > INPUT_MAX) {
        return 0;
    }
    size_t cut = str_find(text, STR("\n===\n"), 0);
    package_t package = {.name = STR("Fuzzed"), .definition = text, .has_script = size % 7 == 0};
    if (cut != SIZE_MAX) {
        package.definition = str_slice(text, 0, cut);
        package.properties = str_slice(text, cut + 5, text.n);
    }
    check_lenient(package.definition);
    check_import(&package);
    return 0;
}
