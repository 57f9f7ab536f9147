/* SPDX-License-Identifier: MIT */
/* Schemas and extensions of a source, of Swagger 2.0 and OpenAPI 3.x alike, as FORMAT 4 has them.
 * Pure. */
#ifndef TENON_IMPORT_SCHEMA_H
#define TENON_IMPORT_SCHEMA_H

#include <jansson.h>

#include "base/arena.h"
#include "import/report.h"

typedef struct schema_source {
    arena_t *arena;
    report_t *report;
    json_t *schemas;          /* of the definition: what is referred to comes there */
    json_t *names;            /* reference -> its name there */
    const json_t *operations; /* operations that have another name as actions: theirs -> ours */
    /* What a reference leads to; NULL: nowhere. */
    const json_t *(*find)(const void *context, str_t reference);
    const void *context;
    bool keeps_siblings; /* what stands beside a reference counts (JSON Schema 2020-12) */
} schema_source_t;

/* A new reference. operation: for warnings; absent: they are the connector's. */
json_t *schema_take(const schema_source_t *s, const json_t *schema, str_t operation);

/* `required: true` is a field's own: the list of its members becomes theirs. False where one of
 * them is not told of. */
bool schema_spread_required(json_t *schema);

/* A schema without the detours that tools take to say "or null" and "this, and a description"; a
 * new reference (schema_shape.c). */
json_t *schema_straighten(const json_t *schema);
/* A discriminator whose values are not the names of the schemas (OpenAPI 3.1, 4.8.25). */
bool schema_maps_names(const json_t *discriminator);
/* A value as its type wants it, where that says the same: "5" of an integer, 5 of a string. NULL:
 * it does not fit (schema_values.c). */
json_t *schema_fitting(const char *type, const json_t *value);
json_t *schema_number_of(str_t text);
/* The one type, or the first that is not null; NULL: none. */
const char *schema_type_of_source(const json_t *schema);
/* "true" and true alike. */
bool schema_is_true(const json_t *v);

/* Members x-… of an object, but those that FORMAT derives. Operations that they name have the names
 * of their actions; what they refer to stands in them (extensions.c). */
void extensions_take(const schema_source_t *s, const json_t *from, json_t *to);
/* A copy of a value in which references are what they lead to. */
json_t *schema_value_of(const schema_source_t *s, const json_t *value);

#endif
