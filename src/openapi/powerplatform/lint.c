/* SPDX-License-Identifier: MIT */
#include "openapi/powerplatform/lint.h"

#include "codec/json.h"
#include "codec/yaml.h"
#include "openapi/losses.h"
#include "openapi/openapi.h"
#include "openapi/powerplatform/lint_place.h"
#include "openapi/powerplatform/rules/rules.h"

enum { FILE_MAX = 64 << 20 };

typedef struct linting {
    const connector_t *c;
    const yaml_node_t *root;
    diagnostics_t *d;
    arena_t *arena;
    json_t *losses; /* key -> {line, column, rule, text, lines} */
} linting_t;

/* The file has been loaded: it has no faults of its own. */
static void on_fault(void *context, err_code_t code, unsigned line, unsigned column,
                     const char *text)
{
    (void)context, (void)code, (void)line, (void)column, (void)text;
}

/* --- the document --- */

static json_t *exported_document(const connector_t *c, str_t server)
{
    err_t err = ERR_INIT;
    const openapi_options_t options = {
        .flavour = openapi_flavour_of(STR("2.0")), .connection = STR("-"), .server = server};
    return openapi_document(c, &options, &err);
}

/* --- breaches --- */

static void report(linting_t *l, const json_t *document, const json_t *breach)
{
    lint_place_t at = lint_place_of(l->c, l->root, document, json_object_get(breach, "place"));
    bool refused = json_is_true(json_object_get(breach, "refused"));
    diagnostics_add_rule(l->d, refused ? LEVEL_R : LEVEL_W, ERR_power_platform, at.line, at.column,
                         json_member(breach, "rule"), json_member(breach, "text"));
}

static void report_all(linting_t *l, const json_t *document, const json_t *breaches)
{
    size_t i;
    json_t *breach;
    json_array_foreach(breaches, i, breach)
    {
        report(l, document, breach);
    }
}

/* --- what the document leaves out, or says otherwise --- */

/* Those of one kind within one action, or one named schema, are told at the first one's place. */
static json_t *group_of(linting_t *l, const openapi_loss_t *loss, lint_place_t at)
{
    str_t name = json_view(json_array_get(loss->at, 1));
    str_t key = arena_printf(l->arena, "%s %s %.*s %s", loss->kind->what, loss->kind->rule,
                             STR_ARG(name), loss->action.p ? "action" : "schema");
    json_t *group = json_object_getn(l->losses, key.p, key.n);
    if (!group) {
        str_t text = arena_printf(l->arena, "`%s` in the exported document: %s. Likely fix: %s",
                                  loss->kind->what, loss->kind->how, loss->kind->fix);
        group = json_pack("{s:i,s:i,s:s,s:o,s:[]}", "line", (int)at.line, "column", (int)at.column,
                          "rule", loss->kind->rule, "text", json_str(text), "lines");
        json_object_setn_new(l->losses, key.p, key.n, group);
    }
    return group;
}

static bool has_number(const json_t *list, json_int_t number)
{
    size_t last = json_array_size(list);
    return last && json_integer_value(json_array_get(list, last - 1)) == number;
}

static void on_loss(void *context, const openapi_loss_t *loss)
{
    linting_t *l = context;
    if (loss->kind->rule) {
        lint_place_t at = lint_place_in(l->root, loss->at);
        json_t *lines = json_object_get(group_of(l, loss, at), "lines");
        if (!has_number(lines, at.line)) {
            json_array_append_new(lines, json_integer(at.line));
        }
    }
}

/* "…; also in lines 12, 14" */
static str_t text_of(linting_t *l, const json_t *group)
{
    const json_t *lines = json_object_get(group, "lines");
    str_t text = json_member(group, "text");
    size_t count = json_array_size(lines);
    for (size_t i = 1; i < count; i++) {
        text = arena_printf(l->arena, "%.*s%s%lld", STR_ARG(text),
                            i > 1       ? ", "
                            : count > 2 ? "; also in lines "
                                        : "; also in line ",
                            (long long)json_integer_value(json_array_get(lines, i)));
    }
    return text;
}

static void report_losses(linting_t *l)
{
    const char *key;
    json_t *group;
    l->losses = json_object();
    openapi_losses(l->c, on_loss, l);
    json_object_foreach(l->losses, key, group)
    {
        diagnostics_add_rule(l->d, LEVEL_W, ERR_power_platform,
                             (unsigned)json_integer_value(json_object_get(group, "line")),
                             (unsigned)json_integer_value(json_object_get(group, "column")),
                             json_member(group, "rule"), text_of(l, group));
    }
    json_decref(l->losses);
}

void powerplatform_lint(const connector_t *c, str_t text, str_t server, diagnostics_t *d)
{
    linting_t l = {.c = c, .d = d, .arena = arena_new(0)};
    json_t *breaches = json_array();
    json_t *document = exported_document(c, server);
    l.root = yaml_read_in(l.arena, text, FILE_MAX, on_fault, NULL);
    if (document && l.root) {
        rules_check(document, breaches);
        report_all(&l, document, breaches);
        report_losses(&l);
        diagnostics_sort(d);
    }
    json_decref(document);
    json_decref(breaches);
    arena_free(l.arena);
}
