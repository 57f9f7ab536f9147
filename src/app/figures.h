/* SPDX-License-Identifier: MIT */
/* Everything that a host tells at /metrics: what was counted, and what its parts say of themselves
 * at the moment. */
#ifndef TENON_APP_FIGURES_H
#define TENON_APP_FIGURES_H

#include "app/data_loops.h"
#include "store/store.h"

typedef struct figures {
    metrics_t *metrics;
    store_t *store;
    catalogue_t *catalogue;
    throttle_t *throttle;
    manager_t *manager;
    const data_loops_t *loops;
} figures_t;

/* figures: a figures_t, all of it there. From any thread that serves nobody. */
void figures_expose(void *figures, exposition_t *e);

#endif
