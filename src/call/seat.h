/* SPDX-License-Identifier: MIT */
/* The limits of an action as they apply to one caller of one connection, and the RateLimit header
 * fields (IETF httpapi ratelimit-headers draft) that tell of them. Belongs to one loop. */
#ifndef TENON_CALL_SEAT_H
#define TENON_CALL_SEAT_H

#include "call/tally.h"
#include "connection/connection.h"
#include "http/http.h"
#include "throttle/throttle.h"

/* The answer to calls that are refused, as it was written last. */
typedef struct limit_refusal {
    http_problem_form_t *form; /* NULL: none was refused yet */
    err_code_t code;
    bool by_gate; /* what it says: who holds them back, and for how long */
    size_t limit;
    int64_t retry_after_s;
} limit_refusal_t;

typedef struct seat {
    throttle_seat_t *throttle;
    const connector_t *connector; /* a reference: the limits below are its */
    const limit_t *limits[THROTTLE_LIMITS_MAX];
    char *names[THROTTLE_LIMITS_MAX]; /* theirs, as strings of a header field */
    size_t count;
    char *policy;  /* RateLimit-Policy; NULL: no limits */
    tally_t tally; /* where such calls are counted */
    limit_refusal_t refusal;
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
/* The same as an answer with RateLimit-Policy, written anew only where it says something else than the last one; borrowed
 * until then. names: connector, connection and action. */
const limit_refusal_t *seat_refusal(seat_t *s, const throttle_verdict_t *v, const http_problem_t *names);

#endif
