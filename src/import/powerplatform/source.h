/* SPDX-License-Identifier: MIT */
/* What the parts of this importer work on: the package as trees, and the definition that grows out
 * of it. */
#ifndef TENON_IMPORT_POWERPLATFORM_SOURCE_H
#define TENON_IMPORT_POWERPLATFORM_SOURCE_H

#include "codec/json.h"
#include "import/hosts.h"
#include "import/powerplatform/powerplatform.h"

typedef struct source {
    arena_t *arena;
    const json_t *swagger;
    const json_t *properties; /* `properties` of apiProperties.json; never NULL */
    report_t *report;
    json_t *definition;   /* members in any order: the writer puts them in FORMAT's */
    json_t *schemas;      /* of the definition: what is referred to */
    json_t *schema_names; /* of the source's -> ours */
    json_t *names;        /* of parameters: the source's -> ours */
    json_t *secrets;      /* our names of the secret ones, as members */
    json_t *connections;  /* our name -> field: every parameter, whichever auth it belongs to */
    json_t *auths;        /* name -> auth */
    json_t *initial;      /* what the way to sign in sends, seen by policies: {headers, query} */
    json_t *operations; /* names of operations that have another name as actions: theirs -> ours */
    json_t *renames; /* action -> the source's inputs that are called otherwise, or null: gone */
    hosts_t hosts;
    bool has_script;
    str_t base; /* scheme, host and base path, without trailing `/`, as a template */
} source_t;

/* --- refer.c --- */
/* Follows a reference within the document (#/parameters/X, #/responses/X); NULL where it leads
 * nowhere. */
const json_t *refer(const source_t *s, const json_t *value);
/* What a reference leads to, one step; NULL: nowhere. */
const json_t *refer_to(const source_t *s, str_t reference);
/* The member whose name is equal without case. */
const json_t *member_nocase(const json_t *object, const char *name);
/* "true" and true alike. */
bool is_true(const json_t *v);

/* --- schema.c --- */
/* A schema of FORMAT, a new reference. What it refers to comes to `schemas`. operation: for
 * warnings, absent: none. */
json_t *schema_import(const source_t *s, const json_t *schema, str_t operation);
/* Those that nothing refers to come along, too. */
void schemas_import_rest(const source_t *s);
/* Members x-… of an object, but those that FORMAT derives. Operations that they name have the names
 * of their actions; what they refer to stands in them. */
void extensions_import(const source_t *s, const json_t *from, json_t *to);

/* --- connector.c --- */
void connector_import(source_t *s, str_t id, str_t name);

/* --- left_out.c --- */
/* Tells what of the package there is no place for. */
void left_out_of_connector(source_t *s);

/* --- parameters.c --- */
/* One parameter of a connection as a field of FORMAT, under our name in `to`. */
void parameter_import(source_t *s, const char *name, const json_t *parameter, json_t *to);
/* Our name of the source's parameter, with or without `token:`; absent where there is none. */
str_t parameter_name(const source_t *s, str_t name);
/* The next parameter that an expression mentions from at on, which is set behind it; absent: none. */
str_t mentioned_parameter(str_t expression, size_t *at);
/* A template that mentions a secret parameter or a token. */
bool is_secret_template(const source_t *s, str_t text);

/* --- auth.c --- */
/* False where the connector cannot be reached by Tenon at all (gateway): reported. */
bool auth_import(source_t *s);
/* What the policies add to what a call carries as its credential: {headers, query}. To every way to
 * sign in whose parameters it mentions; those that carry nothing at all are taken out. */
void auth_finish(source_t *s, const json_t *inject);

/* --- collect.c --- */
typedef struct operation operation_t;
typedef struct operations {
    operation_t *list; /* in the arena */
    size_t count;
} operations_t;

/* The operations, reported, and the names of their actions. */
void operations_collect(source_t *s, operations_t *all);
void operations_free(const operations_t *all); /* what they own */

/* --- operations.c --- */
/* False where none is left. */
bool operations_import(source_t *s, const operations_t *all);

#endif
