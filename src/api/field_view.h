/* SPDX-License-Identifier: MIT */
/* Parameters and inputs as /v1 shows them. Pure. */
#ifndef TENON_API_FIELD_VIEW_H
#define TENON_API_FIELD_VIEW_H

#include <jansson.h>

#include "definition/model.h"

/* New references. */
json_t *fields_view_parameters(const fields_t *fields);
json_t *fields_view_inputs(const fields_t *fields);

#endif
