/* SPDX-License-Identifier: MIT */
/* What every action of a definition says is said once. Pure. */
#ifndef TENON_IMPORT_SHARE_H
#define TENON_IMPORT_SHARE_H

#include <jansson.h>

/* Headers and query parameters that the request of each action has alike, and that no input stands in, move to the
 * definition's own `request`. */
void requests_share(json_t *definition);

#endif
