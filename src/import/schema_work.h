/* SPDX-License-Identifier: MIT */
/* Private to import/schema*.c: one schema on its way. */
#ifndef TENON_IMPORT_SCHEMA_WORK_H
#define TENON_IMPORT_SCHEMA_WORK_H

#include "codec/json.h"
#include "import/schema.h"

typedef struct schema_work {
    const schema_source_t *s;
    str_t operation;
    unsigned depth;
    unsigned levels; /* with those of the schemas that led here */
    json_t *waiting; /* references whose schemas are still to be taken */
} schema_work_t;

/* --- schema.c --- */
json_t *schema_take_within(schema_work_t *w, const json_t *schema);
void schema_warn(const schema_work_t *w, const char *key, const char *why);
bool schema_has_several_types(const json_t *schema);

/* --- schema_keys.c --- */
/* alone: what a reference says counts, not what stands beside it. */
void schema_take_keys(schema_work_t *w, const json_t *schema, json_t *to, bool alone);
/* Keys that FORMAT does not have. */
void schema_warn_of_others(const schema_work_t *w, const json_t *schema);
/* FORMAT 4: what may stand beside `$ref`. */
bool schema_stands_beside_reference(const char *key);

#endif
