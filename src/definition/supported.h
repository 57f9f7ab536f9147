/* SPDX-License-Identifier: MIT */
/* What this version can run of what the format can say. A connector that uses more loads with a
 * warning, and what it uses is refused at run time (not_supported). One table, so that a new grant
 * is a row here. Pure. */
#ifndef TENON_DEFINITION_SUPPORTED_H
#define TENON_DEFINITION_SUPPORTED_H

#include "definition/model.h"

bool auth_type_can_run(auth_type_t type);
bool client_auth_can_run(client_auth_t client_auth);

#endif
