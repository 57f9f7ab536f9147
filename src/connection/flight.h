/* SPDX-License-Identifier: MIT */
/* One token request on its way: built, queued behind the host's other token requests, sent on a connection of its own, so
 * that it is delivered exactly once, and read. The control loop's. */
#ifndef TENON_CONNECTION_FLIGHT_H
#define TENON_CONNECTION_FLIGHT_H

#include "connection/landing.h"
#include "connection/manager.h"

typedef struct flight flight_t;
typedef struct flight_watch {
    /* Comes once, later, never from inside flight_start. landing is borrowed. */
    void (*on_landing)(void *context, const landing_t *landing);
    /* NULL, or: the answer as it came, borrowed until the landing; flight_read goes on. */
    void (*on_answer)(void *context, flight_t *flight, const upstream_answer_t *answer, int64_t sent_at_ms);
    bool outlives_host; /* once it is sent, the host's end waits for it, at most until its deadline */
} flight_watch_t;

/* Copies the errand; watch stays the caller's. */
flight_t *flight_start(manager_t *m, const errand_t *errand, const flight_watch_t *watch, void *context);
/* Goes on behind on_answer: the landing comes from inside this call. */
void flight_read(flight_t *f);
/* The same, without a look at the answer: it could not be kept. */
void flight_give_up(flight_t *f, const err_t *err);
/* The host ends: all land with `draining` but those that outlive it, and those whose answer is being kept. */
void flights_end(manager_t *m);

#endif
