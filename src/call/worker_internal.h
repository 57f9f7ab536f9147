/* SPDX-License-Identifier: MIT */
/* What the files of the call folder share of a worker. */
#ifndef TENON_CALL_WORKER_INTERNAL_H
#define TENON_CALL_WORKER_INTERNAL_H

#include "base/map.h"
#include "call/hot.h"
#include "call/tally.h"
#include "call/worker.h"
#include "connection/nonces.h"
#include "event/pace.h"

struct worker {
    worker_options_t options;
    http_server_t *server;
    loop_t *loop;
    upstream_t *upstream;
    nonces_t *nonces; /* of the services' APIs */
    snapshot_t *snapshot;
    map_t *connections; /* name -> connection_t */
    map_t *keys;        /* id -> caller_key_t */
    map_t *seats;       /* connection, action, caller -> seat_t */
    map_t *busy;        /* connection -> calls in flight, as uintptr_t */
    map_t *refusals;    /* connection -> 429s in a row without a time, as uintptr_t */
    hot_t *hot;
    token_cache_t *tokens;
    caller_key_t *local;
    tally_place_t tally;
    journal_t *journal; /* NULL: none is kept */
    event_pace_t failed_pace, done_pace; /* of what is told of calls */
    unsigned
        changes; /* counts the changes that were told: what was found before one may be stale */
};

/* Borrowed until anything changes (calls that outlive a turn copy what they need). */
seat_t *worker_seat(worker_t *w, const connection_t *connection, const action_t *action,
                    const caller_key_t *caller);
/* Counts a call of a connection in; false at the limit. */
bool worker_enter(worker_t *w, str_t connection);
void worker_leave(worker_t *w, str_t connection);
bool worker_has_room(const worker_t *w, str_t connection);
/* Counts one more 429 that named no time; answers how many were before it. */
unsigned worker_count_refusal(worker_t *w, str_t connection);
void worker_forget_refusals(worker_t *w, str_t connection);

#endif
