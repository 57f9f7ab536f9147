/* SPDX-License-Identifier: MIT */
/* Where tokens come from: one source a token key (DESIGN 5), which serves the token at hand, lets askers join the request
 * under way, or starts one. The control loop's. */
#ifndef TENON_CONNECTION_SOURCE_H
#define TENON_CONNECTION_SOURCE_H

#include "connection/holding.h"
#include "connection/manager.h"
#include "connection/record.h"
#include "connection/revocation.h"
#include "connection/under_way.h"

typedef struct source_flight source_flight_t;
typedef struct token_waiter {
    struct token_waiter *next;
    const token_ask_t *ask; /* as long as it waits */
    /* token is borrowed. */
    void (*on_token)(void *context, token_t *token, bool fresh, const err_t *err);
    void (*ask_again)(void *context); /* instead: what it waited for says nothing any more */
    void *context;
} token_waiter_t;

typedef struct source {
    manager_t *manager;
    str_t key; /* "c/NAME" of a connection, or the token key of a call */
    bool of_connection;
    bool loaded;     /* what the store knows of it is here */
    char *cache_key; /* under which its token stands in the shared map; NULL: not known yet */
    holding_t holding;
    fingerprints_t present;  /* of the connection as it is now */
    unsigned lost;           /* how often the refresh token was sent and no answer came */
    unsigned cut_short;      /* sign-ins in a row that the end of the process cut short */
    source_flight_t *flight; /* the one that new askers join; NULL: none */
    unsigned flying;         /* with those whose outcome does not count any more */
    unsigned failures;       /* transient ones in a row */
    int64_t backoff_until_ms;
    err_t last_failure;
    int64_t short_lived_at_ms[2]; /* when tokens without a lifetime were fetched */
    int64_t renewed_at_ms;        /* the last time a token was replaced since an API refused it */
    int64_t used_at_ms;
} source_t;

source_t *source_get(manager_t *m, str_t key, bool of_connection);
/* Answers at once or when the flight lands. The asker's connection is the present one. */
void source_ask(source_t *s, token_waiter_t *waiter);
/* Forgets token, backoff and guards, here and in the store; a flight under way ends without effect. all: what a person
 * signed in for, too. gives_back (NULL: let go): of all, where what it holds by now is added, and by which client the service
 * gets back what a flight still brings. */
void source_reset(manager_t *m, str_t key, bool all, revocation_t *gives_back);
/* Puts what a landing brought in place for a connection that was tried out before it was stored. */
void source_keep_landing(manager_t *m, const connection_t *connection, const landing_t *landing);
void sources_sweep(manager_t *m, int64_t now_ms);
/* The host ends: who waits for what outlives it is told. */
void sources_end(manager_t *m);
void sources_free(manager_t *m);

/* --- a person's sign-in (source_person.c): what authorization_code and device_code end with --- */
typedef struct person_sign_in {
    json_t *oauth;    /* what the grant sends: {code, redirect_uri, code_verifier} or {device_code}; kept for refreshes */
    json_t *callback; /* what came back with the person; may be NULL */
    struct flight *answered; /* it was sent already, and this flight has its answer (taken over); NULL: it is sent now */
    revocation_t *gives_back; /* its tokens, where they come for a connection that is gone by then */
} person_sign_in_t;
/* Runs the connection's grant with it: the answer is safe before anybody uses it, and what it brings replaces the holding.
 * on_done: none where the connection has a token now; else why not (what it had before stays; connection_removed: the connection
 * does not). References are taken. */
void source_sign_in(manager_t *m, const connection_t *connection, const person_sign_in_t *person,
                    void (*on_done)(void *context, const err_t *err), void *context);

/* --- what the store knows of a source (stored.c) --- */
typedef struct stored_source {
    err_t err; /* the store could not tell */
    bool refused;
    refusal_t refusal;
    holding_t holding; /* its token only where it lives */
    bool is_under_way;
    bool is_unreadable; /* a request was under way; its record does not open */
    under_way_t under_way;
} stored_source_t;
typedef void on_stored_t(void *context, stored_source_t *stored);
/* on_stored comes later. What it takes out of stored it sets to zero there. */
void durable_load_source(manager_t *m, const source_t *s, uint64_t credential_generation, on_stored_t *on_stored,
                         void *context);

#endif
