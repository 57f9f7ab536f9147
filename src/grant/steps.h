/* SPDX-License-Identifier: MIT */
/* The steps of a grant, looked through. For the grant folder only. */
#ifndef TENON_GRANT_STEPS_H
#define TENON_GRANT_STEPS_H

#include "grant/grant.h"

/* Every reference in the request of a step. */
void step_visit(const step_t *step, template_on_ref_t *on_ref, void *context);
/* Whether one of the first so many requests says something secret: a secret of the connection or of the call, or an
 * assertion. */
bool steps_tell_secret(const grant_definition_t *definition, const value_scope_t *scope, size_t requests);
/* Appends what the steps say: as the file writes them, and what their references mean but for answers. */
void steps_write_identity(const grant_definition_t *definition, template_scope_t *scope, buf_t *to);

#endif
