/* SPDX-License-Identifier: MIT */
/* A client of one's own for a connection whose way to sign in registers (FORMAT 5, `register`): asked for when a person first
 * signs in, one registration of a connection at a time, and kept sealed with its record. It is registered anew when a person
 * signs in after its secret has run out, the server has forgotten it, or it would be another server's. The control loop's. */
#ifndef TENON_CONNECTION_REGISTRATION_H
#define TENON_CONNECTION_REGISTRATION_H

#include "connection/connection.h"
#include "connection/manager.h"

typedef struct registration registration_t;
/* Stands in who asks. */
typedef struct registration_ask {
    registration_t *of; /* while it waits; NULL: it does not */
    /* connection: as it is with its client, borrowed; NULL with err: authorization_incomplete (the service's words),
     * credentials_rejected, not_supported, token_*, egress_denied, metadata_unusable, draining, those of the store. */
    void (*on_registered)(struct registration_ask *ask, const connection_t *connection, const err_t *err);
} registration_ask_t;
/* metadata: of the server, NULL where all URLs are known. on_registered comes once, maybe from inside the call. */
void registration_begin(manager_t *m, const connection_t *c, grant_metadata_t *metadata, registration_ask_t *ask);
/* It does not want to know any more; harmless where it does not wait. What was sent goes on. */
void registration_leave(registration_ask_t *ask);
/* The host ends: nothing is asked any more. */
void registrations_end(manager_t *m);

/* The way to sign in has no client of its own. */
bool registration_is_wanted(const connection_t *c);
/* The secret of the client that was registered has run out. */
bool registration_is_over(const connection_t *c, int64_t wall_ms);
/* What people read where they consent. In the arena. */
str_t registration_self_name_in(arena_t *arena, str_t public_url);
/* Where a connector's client describes itself: its ID (`register: document`). In the arena. */
str_t registration_document_url_in(arena_t *arena, str_t public_url, str_t connector);

#endif
