/* SPDX-License-Identifier: MIT */
#include "openapi/powerplatform/lint.h"

#include "codec/yaml.h"
#include "openapi/powerplatform/direct.h"
#include "openapi/powerplatform/lint_place.h"
#include "openapi/powerplatform/rules/rules.h"

enum { FILE_MAX = 64 << 20, TEXT_MAX = 1000 };

typedef struct linting {
    const connector_t *c;
    const yaml_node_t *root;
    diagnostics_t *d;
    arena_t *arena;
} linting_t;

/* The file has been loaded: it has no faults of its own. */
static void on_fault(void *context, err_code_t code, unsigned line, unsigned column,
                     const char *text)
{
    (void)context, (void)code, (void)line, (void)column, (void)text;
}

/* --- documents --- */

static json_t *through_document(const connector_t *c, str_t server)
{
    err_t err = ERR_INIT;
    const openapi_options_t options = {
        .flavour = &OPENAPI_2_0, .connection = STR("-"), .server = server};
    return openapi_document(c, &options, &err);
}

static json_t *written_document(const connector_t *c, arena_t *arena, str_t server)
{
    err_t err = ERR_INIT;
    document_t d = {.connector = c, .flavour = &OPENAPI_POWERPLATFORM, .arena = arena};
    return document_set_server(&d, server, &err) ? document_write(&d) : NULL;
}

/* --- breaches --- */

static void report(linting_t *l, const json_t *document, const json_t *breach, bool mended)
{
    lint_place_t at = lint_place_of(l->c, l->root, document, json_object_get(breach, "place"));
    bool refused = json_is_true(json_object_get(breach, "refused")) && !mended;
    str_t text = json_member(breach, "text");
    if (mended) {
        text =
            arena_printf(l->arena, "%.*s (the exported document does without it)", STR_ARG(text));
    }
    diagnostics_add_rule(l->d, refused ? LEVEL_R : LEVEL_W, ERR_power_platform, at.line, at.column,
                         json_member(breach, "rule"), text);
}

/* Where the exported document says it in another way, nothing is lost. */
static bool is_loss(str_t rule)
{
    static const char *const losses[] = {
        "UnrecognizedTypeFormat",         "DefaultResponseHasSchema",
        "SchemaDefinitionSetIncorrectly", "OperationHasManyResponsesWithSchema",
        "InvalidStringBinaryProperty",    "DiscriminatorMustBeARequiredStringProperty",
    };
    for (size_t i = 0; i < sizeof losses / sizeof *losses; i++) {
        if (str_is(rule, losses[i])) {
            return true;
        }
    }
    return false;
}

/* The same rule, at the same place of the file. */
static bool is_known(linting_t *l, const json_t *document, const json_t *breaches,
                     const json_t *rule, lint_place_t at)
{
    size_t i;
    json_t *other;
    json_array_foreach(breaches, i, other)
    {
        if (json_equal(json_object_get(other, "rule"), rule)) {
            lint_place_t there =
                lint_place_of(l->c, l->root, document, json_object_get(other, "place"));
            if (there.line == at.line && there.column == at.column) {
                return true;
            }
        }
    }
    return false;
}

static void report_all(linting_t *l, const json_t *document, const json_t *breaches)
{
    size_t i;
    json_t *breach;
    json_array_foreach(breaches, i, breach)
    {
        report(l, document, breach, false);
    }
}

static void report_mended(linting_t *l, const json_t *through, const json_t *known,
                          const json_t *written)
{
    size_t i;
    json_t *breach;
    json_t *breaches = json_array();
    rules_check(written, breaches);
    json_array_foreach(breaches, i, breach)
    {
        lint_place_t at = lint_place_of(l->c, l->root, written, json_object_get(breach, "place"));
        if (is_loss(json_member(breach, "rule")) &&
            !is_known(l, through, known, json_object_get(breach, "rule"), at)) {
            report(l, written, breach, true);
        }
    }
    json_decref(breaches);
}

void powerplatform_lint(const connector_t *c, str_t text, str_t server, diagnostics_t *d)
{
    linting_t l = {.c = c, .d = d, .arena = arena_new(0)};
    json_t *breaches = json_array();
    json_t *through = through_document(c, server);
    json_t *written = written_document(c, l.arena, server);
    l.root = yaml_read_in(l.arena, text, FILE_MAX, on_fault, NULL);
    if (through && written && l.root) {
        rules_check(through, breaches);
        report_all(&l, through, breaches);
        report_mended(&l, through, breaches, written);
        diagnostics_sort(d);
    }
    json_decref(through);
    json_decref(written);
    json_decref(breaches);
    arena_free(l.arena);
}
