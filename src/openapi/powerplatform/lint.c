/* SPDX-License-Identifier: MIT */
#include "openapi/powerplatform/lint.h"

#include "codec/json.h"
#include "codec/yaml.h"
#include "openapi/losses.h"
#include "openapi/powerplatform/lint_place.h"
#include "openapi/powerplatform/rules/rules.h"

enum { FILE_MAX = 64 << 20 };

typedef struct linting {
    const connector_t *c;
    bool direct;
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
    if (loss->kind->rule && (loss->kind->direct || !l->direct)) {
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
    enum { LINES_MAX = 20 };
    const json_t *lines = json_object_get(group, "lines");
    str_t text = json_member(group, "text");
    size_t count = json_array_size(lines);
    for (size_t i = 1; i < count && i <= LINES_MAX; i++) {
        text = arena_printf(l->arena, "%.*s%s%lld", STR_ARG(text),
                            i > 1       ? ", "
                            : count > 2 ? "; also in lines "
                                        : "; also in line ",
                            (long long)json_integer_value(json_array_get(lines, i)));
    }
    if (count > LINES_MAX + 1) {
        text = arena_printf(l->arena, "%.*s and %zu more", STR_ARG(text), count - LINES_MAX - 1);
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

/* --- what no package can say --- */

static void report_notes(linting_t *l, const json_t *notes)
{
    size_t i;
    json_t *note;
    json_array_foreach(notes, i, note)
    {
        json_t *action = json_object_get(note, "action");
        if (action) {
            json_t *keys = json_pack("[s,O]", "actions", action);
            lint_place_t at = lint_place_in(l->root, keys);
            diagnostics_add(l->d, LEVEL_W, ERR_not_sayable, at.line, at.column,
                            "%.*s is left out: %.*s", STR_ARG(json_view(action)),
                            STR_ARG(json_member(note, "detail")));
            json_decref(keys);
        }
    }
}

static void report_package(linting_t *l, const powerplatform_package_t *package)
{
    json_t *breaches = json_array();
    rules_check(package->definition, breaches);
    rules_check_properties(package->properties, breaches);
    report_all(l, package->definition, breaches);
    report_notes(l, package->notes);
    report_losses(l);
    json_decref(breaches);
}

void powerplatform_lint(const connector_t *c, str_t text, const powerplatform_options_t *options,
                        diagnostics_t *d)
{
    linting_t l = {.c = c, .direct = options->direct, .d = d, .arena = arena_new(0)};
    powerplatform_package_t package;
    err_t err = ERR_INIT;
    l.root = yaml_read_in(l.arena, text, FILE_MAX, on_fault, NULL);
    if (!powerplatform_make(c, options, &package, &err)) {
        diagnostics_add(d, LEVEL_R, err.code, 1, 1, "%s", err.text);
    } else if (l.root) {
        report_package(&l, &package);
    }
    diagnostics_sort(d);
    powerplatform_fini(&package);
    arena_free(l.arena);
}
