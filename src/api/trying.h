/* SPDX-License-Identifier: MIT */
/* Calls of actions from the console: as /run, but a session tells who calls, too. */
#ifndef TENON_API_TRYING_H
#define TENON_API_TRYING_H

#include "api/api.h"

/* A request to /v1/try/{connector}/{connection}{path}; it is always answered. */
void trying_start(const api_options_t *api, worker_t *w, http_request_t *request);

#endif
