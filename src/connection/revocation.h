/* SPDX-License-Identifier: MIT */
/* Tokens that are given back to their service (RFC 7009) when their connection is removed or gets other credentials: the
 * refresh token first, then the access token. What is to be given back stands sealed in the store from the moment the
 * connection has lost it; it is tried a few times within an hour, over restarts too, and holds up nobody. The control loop's. */
#ifndef TENON_CONNECTION_REVOCATION_H
#define TENON_CONNECTION_REVOCATION_H

#include "connection/holding.h"
#include "connection/manager.h"
#include "connection/record.h"

typedef struct revocation {
    manager_t *manager;
    char id[24];
    connection_record_t *record; /* as it was: how the client proves itself */
    const connection_t *connection; /* what that made; a reference, NULL behind a restart */
    json_t *tokens; /* [{token, token_type_hint}], the next to be sent first */
    bool is_stale;  /* the store does not hold all of them */
    unsigned tries;
    int64_t until_ms; /* clock_boot_ms */
    loop_timer_t timer;
} revocation_t;

struct entry;
struct flight;
/* An empty one for what is still being asked for in a connection's name. A grant whose tokens nobody takes back has one, too:
 * then it is told that they live on. */
revocation_t *revocation_new(manager_t *m, const connection_record_t *record, const connection_t *connection);
/* What the connection holds by now, which may be nothing; NULL: there is nowhere to give it back. then comes now or later. */
typedef void on_revocation_t(void *context, revocation_t *revocation);
void revocation_gather(manager_t *m, struct entry *entry, on_revocation_t *then, void *context);
/* An empty one by the same client, for what is still being asked for. NULL for NULL. */
revocation_t *revocation_beside(const revocation_t *r);
/* What came up since: each token once. NULL: it is let go. */
void revocation_add_holding(revocation_t *r, const holding_t *h);
void revocation_add_landing(revocation_t *r, const landing_t *l);
/* A flight whose answer is there (flight.h) is read to its end, and what it brings goes back. r is taken. */
void revocation_take_flight(revocation_t *r, struct flight *answered);
/* A put of it, for the batch by which the connection loses its tokens; texts live in the arena. How many changes that is: 0
 * where there is nothing to give back. */
size_t revocation_write(revocation_t *r, arena_t *arena, store_change_t *change);
/* The connection has lost them. What the batch did not hold is written now. NULL is allowed, here and below. */
void revocation_begin(revocation_t *r);
/* It has not. */
void revocation_free(revocation_t *r);

/* Goes on with one of the process before; the loop does not turn yet. */
void revocation_restore(manager_t *m, const store_record_t *record);
/* The host ends: what is left stays in the store. */
void revocations_end(manager_t *m);
void revocations_free(manager_t *m);

/* What it takes out of the store again, when it is over (revocation_gather.c). */
void revocation_delete(const revocation_t *r);

#endif
