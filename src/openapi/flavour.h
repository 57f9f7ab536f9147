/* SPDX-License-Identifier: MIT */
/* A version of OpenAPI: what it says in its own way. One file each, exporting one const struct that registry.c
 * lists; the parts that all share (document.h) call back here. Pure. */
#ifndef TENON_OPENAPI_FLAVOUR_H
#define TENON_OPENAPI_FLAVOUR_H

#include "openapi/document.h"

struct openapi_flavour {
    const char *name;    /* as one asks for it: "3.0" */
    const char *version; /* as the document says it: "3.0.3" */
    const char *schemas, *parameters; /* what a reference to a shared one begins with */
    bool as_written; /* every named schema, and only titles that the file gives */

    /* Adds what this version says of a schema differently from others; all that is common is there. */
    void (*finish_schema)(document_t *d, json_t *to, const schema_t *schema);
    /* A reference and what stands beside it, an object that may be empty; both are stolen. */
    json_t *(*refer)(const schema_t *schema, json_t *reference, json_t *beside);
    /* Whether a member is listed as required. */
    bool (*is_required)(const document_t *d, const schema_t *schema, bool declared);

    /* A field of path, query or header under that name; NULL where this version says it elsewhere. */
    json_t *(*parameter)(document_t *d, const field_t *field, str_t name);
    /* The action's body: form, JSON members, or whole. */
    void (*add_body)(document_t *d, const action_t *action, json_t *operation);
    void (*add_answers)(document_t *d, const action_t *action, const answers_t *answers, json_t *operation);
    /* What a webhook trigger is sent later. */
    void (*add_notification)(document_t *d, const action_t *action, json_t *item, json_t *operation);

    /* The whole document around its paths and schemas; what it takes of them it leaves NULL in d. */
    json_t *(*frame)(document_t *d);
};

extern const openapi_flavour_t OPENAPI_2_0, OPENAPI_3_0, OPENAPI_3_1;

/* --- what the flavours share among themselves --- */

/* minimum and maximum, with exclusiveMinimum and exclusiveMaximum as flags (JSON Schema draft 4). */
void draft4_add_bounds(json_t *to, const schema_t *schema);
/* A constant as the only value of an enum. */
void draft4_add_const(json_t *to, const schema_t *schema);
/* Keys that stand beside a reference are lost to readers, so that allOf holds it. */
json_t *draft4_refer(const schema_t *schema, json_t *reference, json_t *beside);

/* 2.0 (v2_schema.c, v2_alternatives.c, v2_input.c) */
void v2_lower_alternatives(document_t *d, json_t *to, const schema_t *const *list, size_t count);
void v2_finish_schema(document_t *d, json_t *to, const schema_t *schema);
void v2_drop_binary_members(json_t *schema);
/* The others are left out. */
bool v2_knows_format(str_t format);
bool v2_is_required(const document_t *d, const schema_t *schema, bool declared);
/* Adds a member to those that are required. */
void v2_require(json_t *schema, str_t name);
json_t *v2_parameter(document_t *d, const field_t *field, str_t name);
void v2_add_body(document_t *d, const action_t *action, json_t *operation);

/* 3.0 and 3.1 differ in their schemas only (v3_schema.c, v3_input.c, v3_answers.c, v3_frame.c). */
void v3_finish_schema(document_t *d, json_t *to, const schema_t *schema);
bool v3_is_required(const document_t *d, const schema_t *schema, bool declared);
/* Where a schema that takes null lists its values: null among them. */
void v3_admit_null(json_t *to);
json_t *v3_parameter(document_t *d, const field_t *field, str_t name);
void v3_add_body(document_t *d, const action_t *action, json_t *operation);
void v3_add_answers(document_t *d, const action_t *action, const answers_t *answers, json_t *operation);
void v3_add_notification(document_t *d, const action_t *action, json_t *item, json_t *operation);
json_t *v3_shared_answers(const document_t *d);
json_t *v3_frame(document_t *d);

#endif
