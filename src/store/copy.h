/* SPDX-License-Identifier: MIT */
/* Copies of a store that are being made, each in its turn in one thread, which is there only while there is something to
 * copy. Inside the folder store only. */
#ifndef TENON_STORE_COPY_H
#define TENON_STORE_COPY_H

#include <pthread.h>

#include "store/store_backend.h"

struct copy_job;
typedef struct copies {
    const store_backend_t *backend;
    const void *db;
    pthread_mutex_t lock; /* guards the rest */
    pthread_cond_t idle;
    struct copy_job *waiting;
    bool working; /* there is a thread */
} copies_t;

void copies_init(copies_t *c, const store_backend_t *backend, const void *db);
/* Waits for what is being made; what waits is made, too. */
void copies_fini(copies_t *c);
/* As store_copy. */
void copies_add(copies_t *c, loop_t *reply_to, const store_copy_t *copy);

#endif
