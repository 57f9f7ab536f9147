/* SPDX-License-Identifier: MIT */
/* A connector as /v1 shows it: what a person or a program needs to fill in a connection and to call
 * an action. Pure. */
#ifndef TENON_API_CONNECTOR_VIEW_H
#define TENON_API_CONNECTOR_VIEW_H

#include <jansson.h>

#include "definition/catalogue/catalogue.h"

/* New references. */
json_t *connector_view_short(const connector_t *c);
/* public_url: where callers reach Tenon, for the addresses of the documents. */
json_t *connector_view(const connector_t *c, str_t public_url);
/* A file that is not in service in its present form, and the list of all. */
json_t *fault_view(const catalogue_fault_t *fault);
json_t *faults_view(const snapshot_t *snapshot);

#endif
