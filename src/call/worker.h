/* SPDX-License-Identifier: MIT */
/* What one data loop works with, and what it remembers: connections and keys it has met, token
 * answers it has rendered. One a thread; nothing here is shared. */
#ifndef TENON_CALL_WORKER_H
#define TENON_CALL_WORKER_H

#include "call/journal.h"
#include "connection/manager.h"
#include "http/http.h"
#include "seal/api_key.h"

typedef struct worker worker_t;
/* Which calls the log is told of; in the order of the option's choices. */
typedef enum { LOG_CALLS_NONE, LOG_CALLS_ERRORS, LOG_CALLS_ALL } log_calls_t;
typedef struct worker_options {
    manager_t *manager;
    catalogue_t *catalogue;
    throttle_t *throttle;
    metrics_t *metrics;
    events_t *events; /* NULL: nobody is told */
    journals_t *journals; /* NULL: none is kept */
    upstream_options_t upstream;
    const egress_t *egress;
    size_t answer_bytes_max;       /* of a buffered answer */
    unsigned calls_per_connection; /* in flight in this loop */
    unsigned json_depth;
    size_t array_items, json_values, string_bytes; /* of inputs */
    log_calls_t log_calls;
    str_t public_url; /* without trailing `/` */
    /* Adds everything that a host counts; in the catalogue's thread. */
    void (*expose)(void *context, exposition_t *e);
    void *expose_context;
} worker_options_t;

/* Before the server runs, in any thread; http_server_loop(server) is its loop. Error:
 * configuration. */
worker_t *worker_new(http_server_t *server, const worker_options_t *options, err_t *err);
void worker_free(worker_t *w);
const worker_options_t *worker_options(const worker_t *w);
loop_t *worker_loop(worker_t *w);
upstream_t *worker_upstream(worker_t *w);
/* The connectors in service as this loop sees them; borrowed until the loop turns. */
const snapshot_t *worker_snapshot(const worker_t *w);

/* Who is calling: by the Unix socket (admin), `Authorization: Bearer`, `X-API-Key` or
 * TENON_ADMIN_KEY. on_caller comes at once where the key is remembered, later otherwise; with a
 * reference of its own, or NULL and what the request is to be answered with: unauthorized,
 * store_unavailable. */
typedef void worker_on_caller_t(void *context, caller_key_t *caller, const err_t *err);
void worker_identify(worker_t *w, http_request_t *request, worker_on_caller_t *on_caller,
                     void *context);
/* The same of a key that came another way: its text, or its id and digest as they were kept when it was shown. */
void worker_identify_shown(worker_t *w, http_request_t *request, str_t text, worker_on_caller_t *on_caller,
                           void *context);
void worker_identify_kept(worker_t *w, http_request_t *request, const api_key_t *key, worker_on_caller_t *on_caller,
                          void *context);
/* A path without what that of an action may hold: inputs. For those that are told of a refusal. */
str_t worker_told_path(str_t path);
/* A connection by name, remembered or asked for. */
void worker_find_connection(worker_t *w, str_t name, manager_on_connection_t *on_found,
                            void *context);

#endif
