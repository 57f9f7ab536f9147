/* SPDX-License-Identifier: MIT */
/* Parameters and inputs as /v1 shows them, and what all views share. Pure. */
#ifndef TENON_API_FIELD_VIEW_H
#define TENON_API_FIELD_VIEW_H

#include <jansson.h>

#include "definition/model.h"

/* New references. */
json_t *fields_view_parameters(const fields_t *fields);
json_t *fields_view_inputs(const fields_t *fields);

/* Absent and empty texts are left out. */
void view_add_text(json_t *to, const char *name, str_t text);
/* Only what is true is shown. */
void view_add_flag(json_t *to, const char *name, bool set);

#endif
