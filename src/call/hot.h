/* SPDX-License-Identifier: MIT */
/* Calls of token actions that came before with the same bytes: a call is recognised by a keyed hash
 * of key, target and body, and what its checks found then holds as long as nothing changes (any
 * change empties the table). Belongs to one loop. */
#ifndef TENON_CALL_HOT_H
#define TENON_CALL_HOT_H

#include "call/seat.h"
#include "http/http.h"

typedef struct hot hot_t;
typedef struct hot_id {
    uint64_t a, b; /* two keyed hashes: 128 bits that no caller can steer */
} hot_id_t;
typedef struct hot_entry {
    hot_id_t id;
    str_t token_key; /* of the entry: the token itself is the cache's, which has the latest */
    seat_t *seat;    /* borrowed: of the worker */
    connection_t *connection; /* a reference; its connector's action: */
    const action_t *action;
    int64_t key_expires_wall_ms; /* 0: never */
} hot_entry_t;

hot_t *hot_new(void);
void hot_free(hot_t *h);
void hot_clear(hot_t *h);
hot_id_t hot_identify(const http_view_t *view);
/* NULL: not seen. Borrowed until the next put or clear. */
const hot_entry_t *hot_get(hot_t *h, hot_id_t id);
/* Takes a reference of its own to the connection and a copy of the token key; e->id is set here. */
void hot_put(hot_t *h, hot_id_t id, const hot_entry_t *e);

#endif
