/* SPDX-License-Identifier: MIT */
/* One message that goes from loop to loop and comes back: proof that each of them has turned, and
 * has done what was posted to it before. The loops outlive the round, or what is still on its way
 * is never run. */
#ifndef TENON_APP_ROUND_H
#define TENON_APP_ROUND_H

#include <stdatomic.h>

#include "base/loop.h"

enum { ROUND_LOOPS_MAX = 80 };

typedef struct round {
    loop_message_t message;
    loop_t *loops[ROUND_LOOPS_MAX];
    unsigned count, at;
    int back_fd; /* an eventfd, counted up when it is back */
    atomic_bool under_way;
} round_t;

/* To be filled by round_add, in the order of its way. */
void round_init(round_t *r, int back_fd);
void round_add(round_t *r, loop_t *loop);
/* From any thread. False where the last one is still on its way. */
bool round_start(round_t *r);

#endif
