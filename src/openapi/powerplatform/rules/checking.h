/* SPDX-License-Identifier: MIT */
/* Private to the rules: a check under way, and its parts. Each reads what it is given, whatever its
 * types are. */
#ifndef TENON_OPENAPI_POWERPLATFORM_RULES_CHECKING_H
#define TENON_OPENAPI_POWERPLATFORM_RULES_CHECKING_H

#include "base/map.h"
#include "codec/json.h"
#include "openapi/powerplatform/rules/rules.h"

/* Where a check is, linked to what holds it. */
typedef struct spot {
    const struct spot *up; /* NULL: the document */
    const char *key;       /* NULL: an index */
    size_t index;
} spot_t;

typedef struct checking {
    const json_t *document;
    json_t *breaches;
    json_t *operations; /* operationId -> the operation */
    size_t count;       /* of operations */
} checking_t;

static inline spot_t spot_at(const spot_t *up, const char *key)
{
    return (spot_t){.up = up, .key = key};
}
static inline spot_t spot_in(const spot_t *up, size_t index)
{
    return (spot_t){.up = up, .index = index};
}

/* --- rules.c --- */
/* The platform takes no such document; or: something is lost, or certification does not. */
void refuse(checking_t *c, const spot_t *at, const char *rule, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void advise(checking_t *c, const spot_t *at, const char *rule, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* What a reference within the document leads to; the value itself where it is none; NULL: nowhere.
 */
const json_t *resolve(const checking_t *c, const json_t *value);
bool holds_text(const json_t *list, str_t text);

/* --- head.c --- */
void check_head(checking_t *c);
/* --- paths.c --- */
void check_paths(checking_t *c);
/* --- operation.c --- */
void check_operation(checking_t *c, const spot_t *at, const json_t *item, const json_t *operation,
                     bool fetches);
/* --- parameter.c --- */
/* Answers how many are in the body, and how many are form fields. */
typedef struct parameter_counts {
    size_t bodies, forms, files;
} parameter_counts_t;
parameter_counts_t check_parameters(checking_t *c, const spot_t *at, const json_t *list);
/* --- value.c --- */
/* What schemas, parameters and headers may say of a value. */
void check_value(checking_t *c, const spot_t *at, const json_t *schema);
/* --- schema.c --- */
typedef enum { SCHEMA_OF_BODY, SCHEMA_OF_ANSWER, SCHEMA_WITHIN } schema_place_t;
void check_schema(checking_t *c, const spot_t *at, const json_t *schema, schema_place_t place);
void check_definitions(checking_t *c);
/* --- dynamic.c --- */
/* Lists and schemas that other operations give; and addresses for notifications. */
void check_dynamics(checking_t *c);
void check_trigger(checking_t *c, const spot_t *at, const json_t *item, const json_t *operation);

#endif
