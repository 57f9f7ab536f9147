/* SPDX-License-Identifier: MIT */
/* What the files of a flight share: flight_begin.c (where it goes), flight.c (its way), flight_build.c (its requests),
 * flight_tell.c (what is told of it). */
#ifndef TENON_CONNECTION_FLIGHT_INTERNAL_H
#define TENON_CONNECTION_FLIGHT_INTERNAL_H

#include "connection/flight.h"
#include "connection/manager_internal.h"
#include "connection/token_host.h"

struct flight {
    manager_t *manager;
    flight_t *next_of_all, **at_of_all;
    arena_t *arena;
    errand_t errand;
    errand_scope_t scope; /* of the present request */
    upstream_request_t request;
    upstream_call_t *call;      /* NULL: waiting, or answered */
    answers_t answers;          /* where the watch keeps them */
    bool keeping;               /* the last one is being kept */
    bool nonce_given;           /* the service wanted another nonce: the request was sent again */
    issuer_ask_t ask;           /* where the token endpoint is */
    grant_metadata_t *metadata; /* that was found; a reference, NULL: not asked for */
    token_place_t place;        /* at its host */
    loop_timer_t timer;         /* of the deadline while it waits, or of a failure before sending */
    int64_t deadline_ms;        /* of the present request */
    landing_t landing;
    const flight_watch_t *watch;
    void *context;
};

/* It has spent something already and goes on to its end, though the host's has come. */
bool flight_stays(const flight_t *f);

/* --- flight.c --- */
/* Behind the token requests to that host. */
void flight_queue(flight_t *f, token_host_t *host);
/* Its turn has come (on_taken of its place). */
void flight_launch(token_place_t *place);
/* It lands: with a token that was made here, with a failure before anything was sent, or by its deadline in the queue. */
void flight_on_time(void *context);
/* Why the next request is not sent. */
void flight_stop_before(flight_t *f, const err_t *err);

/* --- flight_build.c --- */
/* What its requests are built of. */
grant_build_t flight_build(flight_t *f);
/* Builds the next request and finds the host that it goes to; *host stays NULL where the token was made here. Each has a
 * time, a uuid() and a deadline of its own. Errors: those of grants and requests, egress_denied, draining, not_supported. */
CHECKED bool flight_prepare(flight_t *f, token_host_t **host, err_t *err);
/* A token longer than the host takes is none. */
void flight_check_token(flight_t *f);

/* --- flight_tell.c --- */
/* What came of the landing, to the log, the counters and the events. status: of the last answer; 0: there was none. */
void flight_tell(const flight_t *f, int status, str_t detail);

#endif
