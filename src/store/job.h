/* SPDX-License-Identifier: MIT */
/* One request to the store on its way: holds copies of its arguments, then of its answer, and is
 * itself the message that carries the answer home. Inside the folder only. */
#ifndef TENON_STORE_JOB_H
#define TENON_STORE_JOB_H

#include "store/store_backend.h"

typedef enum job_kind { JOB_GET, JOB_LIST, JOB_WALK, JOB_WRITE } job_kind_t;

typedef struct job {
    loop_message_t message;
    struct job *next;
    job_kind_t kind;
    store_range_t range; /* of a list; of a get kind and id (as prefix) */
    store_batch_t batch; /* of a write; err of a read, too */
    store_rows_t rows;
    arena_t *arena;
    loop_t *reply_to;
    bool is_waited_for; /* by a thread */
    bool is_answered;   /* for that thread, under the store's lock */
    store_on_done_t *on_done;
    void *context;
} job_t;

job_t *job_new_read(job_kind_t kind, const store_range_t *range);
job_t *job_new_write(const store_change_t *changes, size_t count);
void job_free(job_t *job);
/* Calls on_done. */
void job_tell(const job_t *job);

#endif
