/* SPDX-License-Identifier: MIT */
/* A token request on its way, and the steps behind it, one after the other: each is built, queued behind the token requests
 * to its host, sent on a connection of its own, so that it is delivered exactly once, and read. So goes a request to one of
 * the service's other endpoints. The control loop's. */
#ifndef TENON_CONNECTION_FLIGHT_H
#define TENON_CONNECTION_FLIGHT_H

#include "connection/answers.h"
#include "connection/landing.h"
#include "connection/manager.h"

typedef struct flight flight_t;
/* An endpoint beside the token endpoint. */
typedef struct flight_target {
    const char *event; /* of the log, where there is no answer */
    bool (*build)(grant_build_t *build, upstream_request_t *out, err_t *err);
    /* Whether it goes where the issuer's metadata leads; NULL: where its connection does (discovered_check). */
    bool (*may_follow)(void *context, const connection_t *c, const grant_metadata_t *metadata, err_t *err);
    /* Instead of a landing, which tells only why no answer came. Borrowed for the call. */
    void (*on_reply)(void *context, const upstream_answer_t *answer);
} flight_target_t;
typedef struct flight_watch {
    const flight_target_t *target; /* NULL: the token endpoint, and the steps */
    /* Comes once, later, never from inside flight_start. landing is borrowed. */
    void (*on_landing)(void *context, const landing_t *landing);
    /* NULL, or: another answer came. All so far as they came, borrowed until the landing, and whether others are asked for
     * behind it; flight_read, flight_hand_over or flight_give_up goes on. */
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
/* The same, but from here on somebody else watches: what on_answer would tell is told again. */
void flight_hand_over(flight_t *f, const flight_watch_t *watch, void *context);
/* It lands at once, without a look at the answer: that could not be kept, or the landing does not count. */
void flight_give_up(flight_t *f, const err_t *err);
/* The host ends: all land with `draining` but those that outlive it, and those whose answer is being kept. */
void flights_end(manager_t *m);

#endif
