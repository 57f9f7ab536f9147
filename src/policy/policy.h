/* SPDX-License-Identifier: MIT */
/* Policies (FORMAT 10): bodies reshaped, in the order of the file, before a request is sent or
 * after its answer came. What a place names and is not there is skipped, so that a body of another
 * shape passes as it is. Pure: bodies are trees of JSON, who reads and writes them is somebody
 * else's. */
#ifndef TENON_POLICY_POLICY_H
#define TENON_POLICY_POLICY_H

#include "definition/scope.h"

/* A body that is reshaped. */
typedef struct policy_body {
    json_t *value;    /* a reference; none of its objects and lists is anybody else's */
    size_t bytes_max; /* how much all that is added may take */
    bool changed;     /* out: something of it is not as it was */
} policy_body_t;

/* A body of its own: containers are new, texts and numbers are shared. A new reference. */
json_t *policy_body_of(const json_t *value);

/* The one value that a place without `[]` names; borrowed, NULL: it is not there. */
json_t *place_value(const place_t *place, json_t *body);

/* scope: what templates see beside `body` and `item`, which are set here and absent afterwards.
 * Errors: body_too_large (policies that multiply a body), and, of a request only, what a template's
 * evaluation says (template_type, …): a value that cannot be made of an answer is skipped. */
CHECKED bool policies_run(const policies_t *policies, value_scope_t *scope, policy_body_t *body,
                          err_t *err);

#endif
