/* SPDX-License-Identifier: MIT */
/* Level S: checks a YAML tree against the JSON Schema of the format (openapi/connector.schema.json, draft-07),
 * the very document that editors use, so that loader and schema cannot drift apart. Interprets the keywords that
 * the schema uses over nodes with places, and knows which positions are text, numbers and json (FORMAT 2). The
 * schema is compiled once into an immutable tree; checking is thread-safe. */
#ifndef TENON_DEFINITION_STRUCTURE_STRUCTURE_H
#define TENON_DEFINITION_STRUCTURE_STRUCTURE_H

#include "codec/yaml.h"
#include "definition/diagnostic.h"

typedef struct structure structure_t;

/* From the schema's JSON text. Aborts on a schema it does not understand: it is part of the program. */
structure_t *structure_new(str_t schema_json);
void structure_free(structure_t *s);
/* The schema inside the binary, compiled at first use, never freed. Thread-safe. */
const structure_t *structure_of_format(void);
/* The schema's text as `tenon schema` prints it. */
str_t structure_schema_text(void);

/* Adds a diagnostic for every fault. Codes: definition_missing_key (at the map's key), definition_unknown_key (with
 * the nearest), definition_type, definition_value, definition_range, definition_limit,
 * definition_ambiguous_scalar, and the schema's own `x-code`. */
void structure_check(const structure_t *s, const yaml_node_t *root, diagnostics_t *d);

#endif
