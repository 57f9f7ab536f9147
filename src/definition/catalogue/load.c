/* SPDX-License-Identifier: MIT */
#include "definition/catalogue/load.h"

#include "definition/check/check.h"
#include "definition/routes.h"
#include "definition/structure/structure.h"
#include "seal/hash.h"

enum { TIMEOUT_MS = 30000 }; /* of actions, where neither file nor options say otherwise */

static void on_yaml_fault(void *context, err_code_t code, unsigned line, unsigned column,
                          const char *text)
{
    diagnostics_add(context, LEVEL_S, code, line, column, "%s", text);
}

static void check(loader_t *l)
{
    static void (*const checks[])(loader_t *) = {
        check_names,   check_schemas, check_fields,  check_auths,  check_templates, check_urls,
        check_secrets, check_headers, check_actions, check_bodies, check_policies,  check_advice};
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        checks[i](l);
    }
}

static void build(loader_t *l, str_t file, str_t text)
{
    l->c = arena_new_of(l->arena, connector_t);
    l->c->arena = l->arena;
    l->c->file = arena_str(l->arena, file);
    hash_bytes(HASH_SHA256, text, l->c->digest);
    l->schemas = map_new();
    l->actions = map_new();
    l->plain_schemas = map_new();
    build_connector(l);
    build_uses(l);
}

/* A model takes three to seven times its text. In blocks of this size little is left unused of
 * thousands of them. */
static size_t model_block_bytes(str_t text)
{
    enum { LEAST_BYTES = 2048, MOST_BYTES = 65536 };
    size_t bytes = text.n / 2 + LEAST_BYTES;
    return bytes < MOST_BYTES ? bytes : MOST_BYTES;
}

static unsigned warnings(const diagnostics_t *d)
{
    return d->count + d->dropped - d->errors;
}

connector_t *definition_load(str_t file, str_t text, const load_options_t *options,
                             diagnostics_t *d)
{
    loader_t l = {
        .arena = arena_new_even(model_block_bytes(text)), .scratch = arena_new(0), .d = d};
    size_t bytes_max =
        options && options->file_bytes_max ? options->file_bytes_max : (size_t)YAML_BYTES_MAX;
    l.timeout_ms = options && options->action_timeout_ms ? options->action_timeout_ms : TIMEOUT_MS;
    l.root = yaml_read_in(l.scratch, text, bytes_max, on_yaml_fault, d);
    if (l.root) {
        structure_check(structure_of_format(), l.root, d);
        build(&l, file, text);
        check(&l);
    }
    diagnostics_sort(d);
    map_free(l.schemas);
    map_free(l.actions);
    map_free(l.plain_schemas);
    arena_free(l.scratch);
    if (d->errors || !l.c) {
        arena_free(l.arena);
        return NULL;
    }
    routes_build(l.c);
    l.c->warnings = warnings(d);
    return l.c;
}
