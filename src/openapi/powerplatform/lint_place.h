/* SPDX-License-Identifier: MIT */
/* Private to the linter: from a place in an exported document to the line of the definition that
 * said it. */
#ifndef TENON_OPENAPI_POWERPLATFORM_LINT_PLACE_H
#define TENON_OPENAPI_POWERPLATFORM_LINT_PLACE_H

#include <jansson.h>

#include "codec/yaml.h"
#include "definition/model.h"

typedef struct lint_place {
    unsigned line, column;
} lint_place_t;

/* place: keys from the root of the document. The nearest that the file says: at least its first
 * line. */
lint_place_t lint_place_of(const connector_t *c, const yaml_node_t *root, const json_t *document,
                           const json_t *place);
/* The same where the keys are the definition's own. */
lint_place_t lint_place_in(const yaml_node_t *root, const json_t *place);

#endif
