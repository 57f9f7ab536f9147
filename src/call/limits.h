/* SPDX-License-Identifier: MIT */
/* How the limits of a connection stand at the moment. In the worker's thread. */
#ifndef TENON_CALL_LIMITS_H
#define TENON_CALL_LIMITS_H

#include "call/worker.h"

/* [{name, action?, scope, key?, calls, per, left, reset}, …]: per and reset in whole seconds, reset
 * until the oldest call leaves the window (0: none is in it). keys: ids, for each of which a limit
 * of the scope `caller` is told. New reference. */
json_t *limits_show(worker_t *w, const connection_t *connection, const json_t *keys);
/* Milliseconds that the service's own pause still lasts; 0: there is none. */
int64_t limits_paused_ms(worker_t *w, const connection_t *connection);

#endif
