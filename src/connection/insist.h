/* SPDX-License-Identifier: MIT */
/* A write that is repeated until it is durable: what would lose a connection if it were lost. The control loop's. */
#ifndef TENON_CONNECTION_INSIST_H
#define TENON_CONNECTION_INSIST_H

#include "connection/manager.h"

typedef struct insisting insisting_t;
typedef struct insist_watch {
    /* Once, where the first attempt failed: the next ones follow by themselves. */
    void (*on_trouble)(void *context, const err_t *err);
    /* Once, later. durable false: it was stopped, or the host ended. */
    void (*on_done)(void *context, bool durable);
} insist_watch_t;
/* Copies the changes. */
insisting_t *insist(manager_t *m, const store_change_t *changes, size_t count, const insist_watch_t *watch, void *context);
/* No further attempt. */
void insist_stop(insisting_t *i);
/* The host ends: one more attempt for each. */
void insist_end(manager_t *m);

#endif
