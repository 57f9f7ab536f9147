/* SPDX-License-Identifier: MIT */
/* The threads that serve requests: each an HTTP server with a worker of its own. All calls belong
 * to the thread that made them. */
#ifndef TENON_APP_DATA_LOOPS_H
#define TENON_APP_DATA_LOOPS_H

#include "api/api.h"
#include "app/round.h"

typedef struct data_loops data_loops_t;

/* http, worker and api (which outlives the loops): of each loop (on_request and context are set here); the connections that
 * http allows are shared out among them. Nothing runs yet. Errors: those of worker_new. */
data_loops_t *data_loops_new(unsigned count, const http_options_t *http,
                             const worker_options_t *worker, const api_options_t *api, err_t *err);
CHECKED bool data_loops_run(data_loops_t *d, err_t *err);
void data_loops_fill_round(const data_loops_t *d, round_t *r);
/* Accepts no more and finishes what is in flight; then an eventfd is counted up. */
void data_loops_drain(data_loops_t *d, int drained_fd);
/* Of clients: open connections, and requests that are not answered yet. From any thread. */
void data_loops_count(const data_loops_t *d, unsigned *connections, unsigned *requests);
/* Ends the threads. */
void data_loops_stop(data_loops_t *d);
/* Stopped, and nothing is in flight. NULL is allowed. */
void data_loops_free(data_loops_t *d);

#endif
