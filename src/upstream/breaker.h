/* SPDX-License-Identifier: MIT */
/* A circuit breaker: a host that fails again and again gets no calls for a while, then one, and all
 * of them again once that one was answered. So a dead service costs its callers nothing but an
 * error, and is not overrun when it comes back. Failing means that no answer came; what an answer
 * says does not matter. Pure: time is passed in. Belongs to one loop. */
#ifndef TENON_UPSTREAM_BREAKER_H
#define TENON_UPSTREAM_BREAKER_H

#include "upstream/upstream.h"

typedef struct breaker breaker_t;

breaker_t *breaker_new(const breaker_options_t *options);
void breaker_free(breaker_t *b);

typedef enum {
    BREAKER_CLOSED, /* go on */
    BREAKER_PROBE,  /* go on: this call finds out for the others */
    BREAKER_OPEN    /* do not call */
} breaker_state_t;
typedef struct breaker_verdict {
    breaker_state_t state;
    unsigned failures;         /* in a row, where it is open */
    upstream_outcome_t latest; /* how the latest of them ended */
    int64_t retry_after_ms;    /* until a call is let through again */
} breaker_verdict_t;
/* host: with its port. Every call that goes on is told to breaker_end. */
void breaker_ask(breaker_t *b, str_t host, int64_t now_ms, breaker_verdict_t *out);
/* How a call ended that breaker_ask let go on. Answers what that did to the circuit of the host. */
typedef enum { CIRCUIT_STAYS, CIRCUIT_OPENS, CIRCUIT_CLOSES } circuit_change_t;
circuit_change_t breaker_end(breaker_t *b, str_t host, breaker_state_t asked, upstream_outcome_t outcome,
                 int64_t now_ms);
/* It ended without telling anything of the host: it was cancelled, or never sent. */
void breaker_withdraw(breaker_t *b, str_t host, breaker_state_t asked);

#endif
