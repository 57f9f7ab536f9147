/* SPDX-License-Identifier: MIT */
/* Private to the importer: OpenAPI 2.0 in the shape of 3.0. Pure. */
#ifndef TENON_IMPORT_OPENAPI_V2_H
#define TENON_IMPORT_OPENAPI_V2_H

#include "codec/json.h"
#include "import/openapi/bundle.h"

/* The document, raised; a new reference that shares values with the bundle. */
json_t *v2_raise(const bundle_t *b);

/* --- v2_operation.c --- */
/* `parameters` and `requestBody` of an operation. types: what it consumes, or NULL. */
void v2_set_inputs(json_t *operation, const json_t *parameters, const json_t *types);
/* `responses`. types: what it produces, or NULL. */
void v2_set_answers(const bundle_t *b, json_t *operation, const json_t *types);

#endif
