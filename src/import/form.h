/* SPDX-License-Identifier: MIT */
/* Inputs of an action as they are written, taken as a form. Pure. */
#ifndef TENON_IMPORT_FORM_H
#define TENON_IMPORT_FORM_H

#include <jansson.h>
#include <stdbool.h>

/* Whether they are a form without a file: where the service wants such a one in parts, the action
 * has to say so (`input_type`). */
bool form_has_no_file(const json_t *input);

#endif
