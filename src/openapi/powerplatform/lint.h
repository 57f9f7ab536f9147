/* SPDX-License-Identifier: MIT */
/* What Power Platform would say of a connector, told where it stands in the definition. Pure. */
#ifndef TENON_OPENAPI_POWERPLATFORM_LINT_H
#define TENON_OPENAPI_POWERPLATFORM_LINT_H

#include "definition/diagnostic.h"
#include "definition/model.h"
#include "openapi/powerplatform/powerplatform.h"

/* Adds a breach each (rules.h) of the package that these options make, what its document cannot say
 * of the definition (losses.h), and which actions it leaves out. text: of the file. */
void powerplatform_lint(const connector_t *c, str_t text, const powerplatform_options_t *options,
                        diagnostics_t *d);

#endif
