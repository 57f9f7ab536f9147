/* SPDX-License-Identifier: MIT */
/* The limits of an action as they apply to one caller of one connection, and the RateLimit header
 * fields (IETF httpapi ratelimit-headers draft) that tell of them. Belongs to one loop. */
#ifndef TENON_CALL_SEAT_H
#define TENON_CALL_SEAT_H

#include "call/tally.h"
#include "connection/connection.h"
#include "throttle/throttle.h"

typedef struct seat {
    throttle_seat_t *throttle;
    const connector_t *connector; /* a reference: the limits below are its */
    const limit_t *limits[THROTTLE_LIMITS_MAX];
    char *names[THROTTLE_LIMITS_MAX]; /* theirs, as strings of a header field */
    size_t count;
    char *policy;  /* RateLimit-Policy; NULL: no limits */
    tally_t tally; /* where such calls are counted */
} seat_t;

seat_t *seat_new(throttle_t *t, const tally_place_t *place, const connection_t *connection,
                 const action_t *action, const caller_key_t *caller);
void seat_free(seat_t *s);
/* A limit as it applies at a place: to a connection, of one action or (NULL) of all, for one key. The key of its window
 * is made in the arena. */
typedef struct limit_place {
    str_t connection; /* its name */
    const action_t *action;
    str_t key;
} limit_place_t;
throttle_limit_t seat_limit_in(arena_t *arena, const limit_t *limit, const limit_place_t *at);
/* As limits are told of: rounded up. */
int64_t seat_whole_seconds(int64_t ms);
/* Writes the value of RateLimit: "name";r=37;t=12. "" without limits. */
enum { RATELIMIT_BYTES = 160 };
size_t seat_write_ratelimit(const seat_t *s, const throttle_verdict_t *v,
                            char out[RATELIMIT_BYTES]);
/* The refusal as a problem: throttled, or upstream_throttled where the service's own pause refuses.
 */
void seat_refuse(const seat_t *s, const throttle_verdict_t *v, err_t *err);

#endif
