/* SPDX-License-Identifier: MIT */
/* The ordered parameters of a token request. For the grant folder only. */
#ifndef TENON_GRANT_PARAMETERS_H
#define TENON_GRANT_PARAMETERS_H

#include "grant/grant.h"

/* Appends; steals value, which the arena frees. */
void parameters_add(grant_build_t *build, str_t name, json_t *value);
/* The same, of a JWT that was minted here. */
void parameters_add_minted(grant_build_t *build, str_t name, json_t *value);
/* Evaluates tree (an object, or NULL): an entry replaces the standard parameter of its name in place, null
 * removes it, a list repeats it (as one list where lists are kept), anything else goes to the end. */
CHECKED bool parameters_override(grant_build_t *build, const template_tree_t *tree, bool keep_lists, err_t *err);
/* Appends name=value&…, each part encoded. Error: param_too_long. */
typedef void parameters_encode_t(buf_t *to, str_t text);
CHECKED bool parameters_write(const grant_build_t *build, parameters_encode_t *encode, buf_t *to, err_t *err);
/* Appends the value as text: strings as they are, other JSON as JSON. */
void parameter_text(const json_t *value, buf_t *to);

#endif
