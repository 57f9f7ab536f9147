/* SPDX-License-Identifier: MIT */
/* What Power Platform would say of a connector, told where it stands in the definition. Pure. */
#ifndef TENON_OPENAPI_POWERPLATFORM_LINT_H
#define TENON_OPENAPI_POWERPLATFORM_LINT_H

#include "definition/diagnostic.h"
#include "definition/model.h"

/* Adds a breach each (rules.h) of the document that leads through Tenon at that server, and what
 * that document cannot say of the definition (losses.h). text: of the file. */
void powerplatform_lint(const connector_t *c, str_t text, str_t server, diagnostics_t *d);

#endif
