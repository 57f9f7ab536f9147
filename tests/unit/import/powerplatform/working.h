/* SPDX-License-Identifier: MIT */
/* An operation on its way, for tests of the parts that it goes through. */
#ifndef TENON_TESTS_IMPORT_POWERPLATFORM_WORKING_H
#define TENON_TESTS_IMPORT_POWERPLATFORM_WORKING_H

#include "definition/catalogue/loading.h"
#include "import/powerplatform/operation.h"

typedef struct working {
    report_t report;
    source_t s;
    operation_t o;
} working_t;

static inline json_t *json_of(const char *text)
{
    arena_t *arena = arena_new(0);
    str_t copy = arena_str(arena, str_of(text));
    for (size_t i = 0; i < copy.n; i++) {
        char *c = (char *)(uintptr_t)copy.p + i;
        *c = *c == '\'' ? '"' : *c;
    }
    err_t err = ERR_INIT;
    json_t *v = json_read(copy, NULL, &err);
    arena_free(arena);
    assert_non_null(v);
    return v;
}

/* connections: our name -> field; input: of the action, each sent under its own name in the query.
 */
static inline void working_begin(working_t *w, const char *connections, const char *input)
{
    const char *name;
    json_t *field;
    *w = (working_t){0};
    report_init(&w->report, STR("test"));
    w->s = (source_t){.arena = arena_new(0), .report = &w->report};
    w->s.connections = json_of(connections);
    w->s.names = json_object();
    w->s.secrets = json_object();
    w->s.schemas = json_object();
    w->s.renames = json_object();
    w->s.definition = json_pack("{s:{}}", "connection");
    json_object_foreach(w->s.connections, name, field)
    {
        json_object_set_new(w->s.names, name, json_string(name));
    }
    w->o = (operation_t){.s = &w->s, .name = STR("Op"), .ours = STR("Op"), .action = json_object()};
    json_object_set_new(w->o.action, "input", json_of(input));
    w->o.headers = json_object();
    w->o.query = json_object();
    w->o.steps = json_object();
    json_object_foreach(json_object_get(w->o.action, "input"), name, field)
    {
        json_object_set_new(w->o.query, name, json_sprintf("${input.%s}", name));
    }
}

static inline void working_end(working_t *w)
{
    json_t *owned[] = {w->s.connections, w->s.names,  w->s.secrets, w->s.schemas, w->s.renames,
                       w->s.definition,  w->o.action, w->o.headers, w->o.query,   w->o.steps};
    for (size_t i = 0; i < COUNT(owned); i++) {
        json_decref(owned[i]);
    }
    arena_free(w->s.arena);
    report_fini(&w->report);
}

#endif
