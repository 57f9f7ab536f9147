/* SPDX-License-Identifier: MIT */
/* The HTTP surface (DESIGN 4): every request of a data loop comes in here. Calls of actions go
 * straight to call.h, everything else through one table of routes (routes.h). */
#ifndef TENON_API_API_H
#define TENON_API_API_H

#include "call/worker.h"

/* What the resources need beside the worker; the same for all loops, outlives them. */
typedef struct console_sessions console_sessions_t; /* console_sessions.h */
typedef struct wrong_keys wrong_keys_t;             /* wrong_keys.h */
typedef struct documents documents_t; /* documents.h */
typedef struct api_options {
    documents_t *documents;
    bool public_documents; /* documents for `-` need no key */
    console_sessions_t *sessions;
    wrong_keys_t *wrong_keys;
} api_options_t;

/* In the worker's thread. The request is always answered, now or later. */
void api_handle(const api_options_t *api, worker_t *w, http_request_t *request);

#endif
