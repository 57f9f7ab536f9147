/* SPDX-License-Identifier: MIT */
/* One call on its way, as the files of this folder share it. */
#ifndef TENON_CALL_CALL_INTERNAL_H
#define TENON_CALL_CALL_INTERNAL_H

#include "call/call.h"
#include "call/worker_internal.h"

/* What a step answers: go on, wait for something (which calls call_drive later, and the step runs again), or the
 * request is answered and the call gone. */
typedef enum { STEP_NEXT, STEP_PARKED, STEP_DONE } step_outcome_t;

typedef struct call {
    worker_t *worker;
    http_request_t *request;
    arena_t *arena; /* the request's */
    size_t step;    /* index into the list of steps */
    bool driving;
    unsigned changes_seen; /* of the worker, when the call came */

    /* identify, find, match */
    str_t connector_id, connection_name, path;
    caller_key_t *caller;
    bool refused; /* the request is answered: no caller */
    connection_t *connection;
    bool entered; /* counted in worker_enter: it calls the service */
    const action_t *action;
    path_value_t path_values[PATH_VARIABLES_MAX];
    size_t path_value_count;

    /* bind, admit, authorise */
    bound_input_t input;
    str_t token_key;
    token_t *token;
    bool token_hit;      /* it was at hand */
    exchange_t *exchange; /* a question under way */
    int64_t deadline_ms;
    int64_t wait_until_ms; /* parked by `on_limit: wait` */
    loop_timer_t timer;
    char ratelimit[RATELIMIT_BYTES];
    size_t ratelimit_length;
    str_t policy;

    /* prepare, send, relay */
    json_t *steps; /* answers of the action's steps */
    size_t step_index;
    upstream_call_t *upstream;
    bool repeated;  /* the one repeat after a 401 was made */
    uint64_t refused_token; /* generation of the token that the service refused */
    int status;
    http_header_t *headers; /* of the answer to relay */
    size_t header_count;
    int64_t length;         /* -1: unknown */
    bool discards;          /* the body is of no interest */
    bool streaming;
    buf_t small;            /* a small answer is collected and sent in one piece */
    err_t failure;          /* found at the head of the answer */
} call_t;

/* Runs steps until one parks or the call is over. */
void call_drive(call_t *c);
/* Answers with a problem and ends the call: `return call_fail(c, &err);` */
step_outcome_t call_fail(call_t *c, const err_t *err);
/* Gives everything back; the request is answered. */
void call_end(call_t *c);

/* relay.c: prepare (the action's steps), send and answer. */
step_outcome_t call_prepare(call_t *c);
step_outcome_t call_send(call_t *c);
/* Back to the limits, and for another token than the one that was refused. */
void call_renew_token(call_t *c);

#endif
