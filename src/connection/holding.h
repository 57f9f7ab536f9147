/* SPDX-License-Identifier: MIT */
/* What a connection has from its sign-ins: an access token, and what it takes to refresh it. One record of the store,
 * which always holds what the last answer left (source_rotation.c). The control loop's. */
#ifndef TENON_CONNECTION_HOLDING_H
#define TENON_CONNECTION_HOLDING_H

#include "connection/landing.h"
#include "seal/keyring.h"
#include "store/store.h"

/* What tokens are for (token_key.c). */
typedef struct fingerprints {
    unsigned char purpose[32]; /* of an access token: all that its request says */
    /* Of what was signed in for: the same but headers and the client's own proof, which may change while a refresh token
     * stays what it is. */
    unsigned char family[32];
} fingerprints_t;
CHECKED bool connection_fingerprints(const connection_t *c, fingerprints_t *out, err_t *err);

typedef struct holding {
    token_t *token;    /* the last access token; NULL: none */
    json_t *refresh;   /* {refresh_token, members, oauth, callback}: what a refresh sends and sees; NULL: nothing to
                        * refresh with */
    uint64_t rotation; /* answers taken so far: tells which of two holdings is newer */
    fingerprints_t made_for;
    uint64_t resets;   /* of the connection, when it was made: a reset forgets the token */
    uint64_t restores; /* of the store from backups, when it was made: one from before may be spent (source_load.c) */
} holding_t;
void holding_fini(holding_t *h);
void holding_drop_token(holding_t *h);

/* What of an occasion is for later requests, too: not what counted once, such as state; the code only where the grant's
 * refresh has parameters of its own, which may name it. New reference. */
json_t *holding_occasion(const json_t *oauth, const grant_definition_t *grant);
/* What an answer makes of it, in *out: the landing's token (NULL where it is not ok) with the members before that it does
 * not name (FORMAT 5), and the answer's refresh token, or where it names none the one that was sent (RFC 6749 6). */
void holding_follow(const holding_t *before, const errand_t *errand, const landing_t *l, holding_t *out);

/* --- in the store (stored.c) --- */
/* A put of it for the connection; texts live in the arena. As sealed_json_write. */
CHECKED size_t holding_write(const holding_t *h, const connection_t *c, keyring_t *keyring, arena_t *arena, store_change_t *change);
/* What a record holds, moved to the present boot's clock; a token that has run out is left away. False where it does not
 * open. */
CHECKED bool holding_read(holding_t *h, const store_record_t *record, keyring_t *keyring);

#endif
