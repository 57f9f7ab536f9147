/* SPDX-License-Identifier: MIT */
/* A person's sign-in by a code that they type in elsewhere (RFC 8628): one a connection at most, so that never two ask for the
 * same token. It stands sealed in the store until its tokens do, and goes on after a restart. The control loop's. */
#ifndef TENON_CONNECTION_DEVICE_FLOW_H
#define TENON_CONNECTION_DEVICE_FLOW_H

#include "connection/browser_secret.h"
#include "connection/manager.h"
#include "grant/grant.h"

/* X(enum, name in the API) */
#define DEVICE_STATES(X)                                                                                    \
    X(PENDING, "pending")                                                                                   \
    X(READY, "ready")                                                                                       \
    X(DENIED, "denied")   /* by the person */                                                               \
    X(EXPIRED, "expired") /* nobody came in time */                                                         \
    X(FAILED, "failed")
typedef enum {
#define DEVICE_STATE_ENUM(id, name) DEVICE_##id,
    DEVICE_STATES(DEVICE_STATE_ENUM)
#undef DEVICE_STATE_ENUM
} device_state_t;

typedef struct device_flow {
    manager_t *manager;
    char name[64]; /* the connection's */
    actor_t actor; /* who began it */
    char session[BROWSER_ID_ROOM]; /* whose page shows it; "": none's */
    char user_code[65];
    char *uri, *uri_complete; /* the second may be NULL */
    char *version;            /* of the connection when it began */
    json_t *oauth;            /* {device_code}; NULL once it is over */
    int64_t interval_ms, expires_at_ms; /* clock_boot_ms */
    loop_timer_t timer;       /* of the next poll */
    unsigned unanswered;      /* polls in a row */
    connection_t *polled;     /* while a poll is on its way; a reference */
    struct revocation *gives_back; /* what that brings where nobody wants it any more */
    bool is_busy;             /* something comes back to it, */
    bool is_handed_over;      /* namely what became of its tokens */
    bool is_dropped;          /* it is not the connection's any more; goes when it is not busy */
    device_state_t state;
    int64_t ended_at_ms;
    err_t err; /* of DENIED and what follows */
} device_flow_t;

/* --- life (device_flow.c) --- */
/* Not in its place yet. */
device_flow_t *device_flow_new(const connection_t *c, manager_t *m, const grant_device_codes_t *codes, str_t session, const actor_t *actor);
/* In place of the connection's flow before. Error: over_capacity, and it is gone. */
CHECKED bool device_flow_enter(device_flow_t *f, err_t *err);
/* Frees it, if it was dropped; else goes on. Called whenever it is not busy any more. */
bool device_flow_let_go(device_flow_t *f);
/* The connection's; NULL: none. */
device_flow_t *device_flow_of(const manager_t *m, str_t connection);
void device_flow_drop(manager_t *m, str_t connection);
/* Its connection was removed: whoever waits is told. */
void device_flow_remove(manager_t *m, str_t connection);
/* {status, interval, …} as /v1 shows it. A new reference. */
json_t *device_flow_show(const device_flow_t *f);
void device_flows_sweep(manager_t *m, int64_t now_ms);
/* The host ends: no further poll. */
void device_flows_end(manager_t *m);
void device_flows_free(manager_t *m);

/* --- asking for its tokens (device_poll.c) --- */
/* After its interval, or when it ends. */
void device_poll_later(device_flow_t *f);

/* --- in the store (device_stored.c) --- */
/* A put of it, sealed; texts live in the arena. As sealed_json_write. */
CHECKED size_t device_flow_write(const device_flow_t *f, keyring_t *keyring, arena_t *arena, store_change_t *change);
void device_flow_delete(str_t connection, store_change_t *change);
/* Goes on with one of the process before; the loop does not turn yet. */
void device_flow_restore(manager_t *m, const store_record_t *record);

#endif
