/* SPDX-License-Identifier: MIT */
/* What the parts of this importer work on: the document, and the definition that grows out of it.
 */
#ifndef TENON_IMPORT_OPENAPI_SPEC_H
#define TENON_IMPORT_OPENAPI_SPEC_H

#include "codec/json.h"
#include "import/hosts.h"
#include "import/openapi/bundle.h"
#include "import/schema.h"

typedef struct spec {
    arena_t *arena;
    report_t *report;
    const bundle_t *bundle;
    const json_t *root; /* in the shape of 3.x */
    bool is_v2;
    schema_source_t schemas;
    json_t *definition;   /* members in any order: the writer puts them in FORMAT's */
    json_t *parameters;   /* of the connection */
    json_t *auths;        /* name -> way to sign in */
    json_t *alternatives; /* requirement -> names of ways to sign in that satisfy it (security.c) */
    json_t *operations;   /* names that are others as actions: theirs -> ours */
    json_t *routes;       /* methods and paths of actions so far, as members */
    hosts_t hosts;
    str_t base;   /* of most calls, as a template, without trailing `/` */
    str_t origin; /* scheme and authority of it; absent where its path is not known apart */
} spec_t;

/* --- info.c --- */

/* title, version, people, links. */
void info_import(spec_t *s, str_t id);

/* --- servers.c --- */

/* base_url, and the parameters that stand in it. False: no server can be called. */
bool servers_import(spec_t *s);
/* The base of an operation or path with servers of its own; absent where it is that of most, or
 * where none can be called (the operation is refused). */
str_t servers_of_operation_in(spec_t *s, const json_t *servers, str_t operation);
/* A URL that may be relative to the server (OpenAPI 3.1, "Relative References in URLs"), as a
 * template. */
str_t server_resolve_in(const spec_t *s, str_t url);

/* --- security.c --- */

/* The names of the ways to sign in that satisfy what an operation requires: a list, or null where
 * it requires nothing. False: it requires what cannot be said. */
bool security_of_operation(spec_t *s, const json_t *operation, json_t **names);
/* Schemes that no operation asks for. */
void security_finish(spec_t *s);

/* --- operations.c --- */

/* False where none is left. */
bool operations_of_spec(spec_t *s);

#endif
