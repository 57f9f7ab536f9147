/* SPDX-License-Identifier: MIT */
/* Requests to a service's endpoints beside the token endpoint. For the grant folder only. */
#ifndef TENON_GRANT_SIDE_REQUEST_H
#define TENON_GRANT_SIDE_REQUEST_H

#include "grant/grant.h"

typedef struct side_request {
    endpoint_t endpoint;
    const template_tree_t *params; /* further parameters, as FORMAT 5 has them; NULL: none */
} side_request_t;
/* A form with the parameters that build has by now, then the client's authentication as at the token endpoint, then
 * `params`; with the definition's headers. Errors: as grant_build_request. */
CHECKED bool grant_side_request(grant_build_t *build, const side_request_t *side, upstream_request_t *out, err_t *err);

#endif
