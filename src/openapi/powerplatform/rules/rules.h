/* SPDX-License-Identifier: MIT */
/* The rules of Power Platform's validator and of its certification, as far as they can be told
 * offline: a document of OpenAPI 2.0 in, breaches by Microsoft's names out ("certification swagger
 * validator rules", "certification policy errors"). Pure. */
#ifndef TENON_OPENAPI_POWERPLATFORM_RULES_RULES_H
#define TENON_OPENAPI_POWERPLATFORM_RULES_RULES_H

#include <jansson.h>

#include "base/arena.h"

/* Appends {rule, refused, place, text}: refused: the platform does not take the document, else it
 * takes it, and certification does not, or something is lost; place: keys from the root, the
 * indices of lists as numbers; text: what is wrong, and the likely fix. */
void rules_check(const json_t *document, json_t *breaches);
/* The same of what stands beside the document: the member `properties` of apiProperties.json, whose
 * places begin with that word. */
void rules_check_properties(const json_t *properties, json_t *breaches);

#endif
