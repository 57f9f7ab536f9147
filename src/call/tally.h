/* SPDX-License-Identifier: MIT */
/* Where calls are counted: for metrics (connector, action, status) and for the use of the
 * connection (connection, action, key). A tally knows the places for calls of one action of one
 * connection by one caller, so that a call that comes again is counted without looking anything up.
 * Belongs to one loop. */
#ifndef TENON_CALL_TALLY_H
#define TENON_CALL_TALLY_H

#include "connection/connection.h"
#include "connection/key.h"
#include "connection/usage_book.h"
#include "metrics/metrics.h"

/* In the place of a status: the caller left before there was an answer. */
enum { STATUS_CALLER_LEFT = 499 };
/* In the use of a connection, in the place of an action: the call met none. */
#define USAGE_NO_ACTION "-"

typedef enum { TOKEN_NOT_NEEDED, TOKEN_HIT, TOKEN_MISS, TOKEN_USE_COUNT } token_use_t;

/* How a call ended. */
typedef struct call_outcome {
    int status;      /* of the answer; STATUS_CALLER_LEFT */
    err_code_t code; /* of an error of Tenon's own; else ERR_none */
    bool by_service; /* a 429 that the service itself answered */
    bool broken;     /* the caller did not get all of it */
    token_use_t token;
    int64_t began_us; /* clock_boot_us */
} call_outcome_t;

/* What a loop counts with. */
typedef struct tally_place {
    metrics_shard_t *shard;
    usage_book_t *book;
} tally_place_t;

/* An outcome that it has met, and where it is counted; NULL: nowhere. */
typedef struct tally_met {
    int status;
    err_code_t code;
    bool by_service;
    counter_t *calls, *errors, *throttled;
} tally_met_t;

enum { TALLY_MET_MAX = 4 };
typedef struct tally {
    const tally_place_t *place;
    char connection[64], action[96], key[16]; /* "": none */
    metrics_group_t *of_connector, *of_action;
    histogram_t *duration; /* NULL: of no action */
    counter_t *lookups[TOKEN_USE_COUNT];
    tally_met_t met[TALLY_MET_MAX];
    unsigned met_count;
    usage_cell_t *cell; /* NULL: of no connection */
    unsigned page;      /* of the book, that the cell stands on */
} tally_t;

/* Each may be NULL: not known. Of all it keeps the names; place must outlive it. */
void tally_init(tally_t *t, const tally_place_t *place, const connection_t *connection,
                const action_t *action, const caller_key_t *caller);
void tally_fini(tally_t *t);
/* Counts a call that is about to be answered. Answers when that was (clock_boot_us). */
int64_t tally_count(tally_t *t, const call_outcome_t *outcome);

#endif
