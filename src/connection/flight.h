/* SPDX-License-Identifier: MIT */
/* A token request on its way, and the steps behind it, one after the other: each is built, queued behind the token requests
 * to its host, sent on a connection of its own, so that it is delivered exactly once, and read. The control loop's. */
#ifndef TENON_CONNECTION_FLIGHT_H
#define TENON_CONNECTION_FLIGHT_H

#include "connection/answers.h"
#include "connection/landing.h"
#include "connection/manager.h"

typedef struct flight flight_t;
typedef struct flight_watch {
    /* Comes once, later, never from inside flight_start. landing is borrowed. */
    void (*on_landing)(void *context, const landing_t *landing);
    /* NULL, or: another answer came. All so far as they came, borrowed until the landing, and whether others are asked for
     * behind it; flight_read or flight_give_up goes on. */
    void (*on_answer)(void *context, flight_t *flight, const answers_t *answers, bool more);
    bool outlives_host; /* once it is sent, the host's end waits for it, at most until the deadlines of its requests */
} flight_watch_t;

/* Copies the errand; watch stays the caller's. */
flight_t *flight_start(manager_t *m, const errand_t *errand, const flight_watch_t *watch, void *context);
/* The same behind the answers that the errand holds already, which are copied. */
flight_t *flight_resume(manager_t *m, const errand_t *errand, const answers_t *answers, const flight_watch_t *watch,
                        void *context);
/* Goes on behind on_answer: to the next request, or the landing comes from inside this call. */
void flight_read(flight_t *f);
/* It lands at once, without a look at the answer: that could not be kept, or the landing does not count. */
void flight_give_up(flight_t *f, const err_t *err);
/* The host ends: all land with `draining` but those that outlive it, and those whose answer is being kept. */
void flights_end(manager_t *m);

#endif
