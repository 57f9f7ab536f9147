/* SPDX-License-Identifier: MIT */
/* What the files of a source share, in the order of a token's way: source.c keeps what is at hand, source_ask.c answers from
 * it or asks for more, source_flight.c says what is asked for and sends it, source_rotation.c keeps it safe on its way,
 * source_landing.c and source_failure.c say what an outcome means; source_load.c takes over what the process before left,
 * source_change.c follows what the connection becomes. */
#ifndef TENON_CONNECTION_SOURCE_INTERNAL_H
#define TENON_CONNECTION_SOURCE_INTERNAL_H

#include "connection/flight.h"
#include "connection/insist.h"
#include "connection/manager_internal.h"

/* So often is one refresh token sent: again once where the first answer was lost (facts: refresh_uncertain). */
enum { LOST_MAX = 2 };

/* What askers of a source wait for. */
struct source_flight {
    source_t *source;
    enum {
        LOADING, /* what the store knows is being read */
        FLYING,  /* a token is being asked for */
        KEEPING, /* what came of it is being written or told */
        STUCK    /* the store does not take what came of it */
    } phase;
    bool is_void;    /* its outcome does not count: reset meanwhile, or of another definition */
    bool is_outdated; /* its token is for another definition by now; what it spent is spent all the same */
    bool replaces;   /* it was asked for since the living token is not wanted */
    bool is_careful; /* its answer is durable before it is used */
    token_ask_t ask; /* of the first asker, with references of its own */
    token_waiter_t *waiters;
    errand_kind_t kind;
    errand_t errand;
    unsigned tries; /* with this one: how often the same was sent without an answer */
    arena_t *arena; /* of `behind` */
    answers_t behind; /* what was answered before the host ended under it: it goes on behind that */
    fingerprints_t made_for;
    flight_t *flight;       /* whose answer is being kept */
    insisting_t *insisting; /* a write that must succeed */
    holding_t holding;      /* what it brought, until the source has it */
    void (*then)(source_flight_t *f); /* behind what is being written or read */
    revocation_t *gives_back; /* of one that is void: what it brings all the same; NULL: that is let go */
    token_t *token;         /* while it is told */
    failure_class_t failure; /* of an answer that brings a refresh token all the same */
    err_t err;              /* of a failure, while it is written, */
    int64_t until_ms;       /* and until when it counts */
};

/* --- the source (source.c) --- */
bool source_is_alive(const source_t *s, int64_t now_ms);
/* In place of the holding before, here and for all loops; taken out of *h. */
void source_take_holding(source_t *s, holding_t *h);
void source_drop_token(source_t *s);
/* To all loops. */
void source_show_token(const source_t *s);
void source_forget_failures(source_t *s);
/* The token still lives although it would be renewed by now: it serves until then. */
void source_stretch_token(source_t *s, int64_t until_ms);
/* A failure hurts only those for whom the token at hand is not good enough. */
void source_answer_failure(source_t *s, token_waiter_t *w, const err_t *err, int64_t now_ms);
/* What is in memory may be wrong: the store knows. */
void source_unload(source_t *s);

/* --- changes (source_change.c) --- */
/* The connection as it is now: what was met under another one does not count. */
void source_follow(source_t *s, const connection_t *connection);

/* --- what is under way (source_flight.c) --- */
void source_join(source_flight_t *f, token_waiter_t *waiter);
/* A flight of the source's; nobody waits for it yet. */
source_flight_t *source_new_flight(source_t *s, const token_ask_t *ask);
/* Asks for a token. waiter may be NULL: nobody waits. replaces: the living token is not wanted. */
void source_fly(source_t *s, const token_ask_t *ask, token_waiter_t *waiter, bool replaces);
/* The same where it was sent before, by a flight that has the answer. */
void source_take_over(source_flight_t *f, flight_t *flight);
/* By what its connection stores, after there is nothing to refresh with. */
void source_sign_in_instead(source_flight_t *f);
/* Sends what f->errand says, as carefully as it is to be. */
void source_begin(source_flight_t *f);
/* At once. */
void source_send(source_flight_t *f);
/* Its outcome will not count. */
void source_void_flight(source_t *s);
/* Takes the flight away and answers who waits for it. */
token_waiter_t *source_end_flight(source_flight_t *f);
/* They ask as if they came just now: under what the connection has become. */
void source_send_back(token_waiter_t *w);
/* True, and it is gone, where its outcome is not for what the connection is now: who waits asks again. */
bool source_turn_back(source_flight_t *f);
/* Its f->then, unless its outcome does not count any more: then what it holds goes back. */
void source_go_on(source_flight_t *f);
/* A token of this connection may be had: at all, or early, while the one before lives. */
bool source_may_renew(const source_t *s, const token_ask_t *ask, bool early);

/* --- safe on its way (source_rotation.c) --- */
/* Writes down what is about to be sent, then sends it. */
void source_send_carefully(source_flight_t *f);
extern const flight_watch_t source_watch, source_careful_watch, source_spending_watch;
/* Writes f->holding in place of the request under way, then goes on with then. */
void source_commit(source_flight_t *f, void (*then)(source_flight_t *f));
/* Nothing was spent: the store is to hold what it held before. */
void source_restore(source_flight_t *f);
/* There is nothing to refresh with any more: durable, then goes on with then. */
void source_drop_refresh(source_flight_t *f, void (*then)(source_flight_t *f));

/* --- outcomes (source_landing.c, source_failure.c) --- */
void source_on_landing(void *context, const landing_t *landing);
void source_on_failure(source_flight_t *f, const landing_t *l);
/* Everyone is told f->err, or sent back. For then_t: err is not looked at. */
void source_end_failed(void *context, const err_t *err);
/* f->err lasts until somebody acts: durable, then everyone is told. */
void source_refuse(source_flight_t *f);
int64_t source_backoff_ms(const source_t *s);

/* --- what the store knows (source_load.c) --- */
void source_load(source_t *s, const token_ask_t *ask, token_waiter_t *waiter);
/* The refresh token is worth nothing: perhaps the store holds a newer one (facts: re-read first). */
void source_read_again(source_flight_t *f, void (*then)(source_flight_t *f));

#endif
