/* SPDX-License-Identifier: MIT */
/* What the files of a source share: source.c keeps it and answers from it, source_flight.c brings
 * what it does not have, source_landing.c says what an outcome means. */
#ifndef TENON_CONNECTION_SOURCE_INTERNAL_H
#define TENON_CONNECTION_SOURCE_INTERNAL_H

#include "connection/manager_internal.h"

/* What askers of a source wait for. */
struct source_flight {
    source_t *source;
    enum {
        LOADING, /* what the store knows is being read */
        FLYING,  /* a token is being asked for */
        KEEPING  /* what came of it is being written or told */
    } phase;
    bool is_void;    /* its outcome does not count: reset meanwhile, or of another definition */
    bool replaces;   /* it was asked for since the living token is not wanted */
    token_ask_t ask; /* of the first asker, with references of its own */
    token_waiter_t *waiters;
    token_t *token;   /* while it is told */
    err_t err;        /* of a failure, while it is written, */
    int64_t until_ms; /* and until when it counts */
};

/* --- the source (source.c) --- */
bool source_is_alive(const source_t *s, int64_t now_ms);
/* min(60 s, 10 % of the life): so long before its end a token is asked for anew. */
int64_t source_margin_ms(int64_t lifetime_ms);
/* In place of the one before, here and for all loops. */
void source_put_token(source_t *s, const token_t *token);
/* The same, and into the store: it is the connection's (whose key cache_key is). */
void source_keep_token(source_t *s, const connection_t *connection, const token_t *token);
void source_drop_token(source_t *s);
/* The token still lives although it would be renewed by now: it serves until then. */
void source_stretch_token(source_t *s, int64_t until_ms);
/* A failure hurts only those for whom the token at hand is not good enough. */
void source_answer_failure(source_t *s, token_waiter_t *w, const err_t *err, int64_t now_ms);

/* --- what is under way (source_flight.c) --- */
void source_join(source_flight_t *f, token_waiter_t *waiter);
/* Asks for a token. waiter may be NULL: nobody waits. replaces: the living token is not wanted. */
void source_fly(source_t *s, const token_ask_t *ask, token_waiter_t *waiter, bool replaces);
/* Asks the store what it knows. */
void source_load(source_t *s, const token_ask_t *ask, token_waiter_t *waiter);
/* Its outcome will not count. */
void source_void_flight(source_t *s);
/* Takes the flight away and answers who waits for it. */
token_waiter_t *source_end_flight(source_flight_t *f);
/* They ask as if they came just now: under what the connection has become. */
void source_send_back(token_waiter_t *w);

/* --- outcomes (source_landing.c) --- */
void source_on_landing(void *context, const landing_t *landing);
/* Everyone is told f->err, or sent back. For then_t: err is not looked at. */
void source_end_failed(void *context, const err_t *err);
token_t *source_token_of(bool of_connection, const landing_t *landing);

#endif
