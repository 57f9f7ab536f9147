/* SPDX-License-Identifier: MIT */
/* What a reference of a template means at load (FORMAT 8): the field behind it, its type, whether
 * its value is sure to be there. Pure. */
#ifndef TENON_DEFINITION_BUILD_REFER_H
#define TENON_DEFINITION_BUILD_REFER_H

#include "definition/build/loader.h"

/* The fields that a name may mean: inside an auth one, outside one of each auth. */
typedef void refer_on_field_t(void *context, const field_t *field);
/* Answers how many there were; *everywhere: none of the places where it could be lacks it. */
size_t refer_connection(const connector_t *c, const view_t *view, str_t name,
                        refer_on_field_t *on_field, void *context, bool *everywhere);
/* The field of input.NAME; NULL where there is none. */
const field_t *refer_input(const connector_t *c, const view_t *view, str_t name);
/* What the steps behind input.NAME lead to; NULL where that cannot be known. *sure: every member on
 * the way is required or has a default that is filled in, as far as that is known. *known: false
 * where the schema has no such member and allows none. */
const schema_t *refer_member(const connector_t *c, const field_t *field, const expr_t *ref,
                             bool *sure, bool *known);
/* The step of steps.NAME and its index; NULL where there is none. */
const step_t *refer_step(const view_t *view, str_t name, size_t *index);
/* For expr_is_sure: context is a refer_context_t. */
typedef struct refer_context {
    const connector_t *c;
    const view_t *view;
} refer_context_t;
bool refer_is_sure(void *context, const expr_t *ref);
/* SCHEMA_ANY where it cannot be known. */
schema_type_t refer_type(const connector_t *c, const view_t *view, const expr_t *ref);

/* --- schemas behind $ref (loops are cut before anybody asks) --- */
schema_type_t schema_type_of(const schema_t *schema);
const json_t *schema_default_of(const schema_t *schema);
schema_format_t schema_format_of(const schema_t *schema);
const schema_t *schema_items_of(const schema_t *schema);

#endif
