/* SPDX-License-Identifier: MIT */
/* A token request as it stands in the store while it is under way: first the intent, then the answers as they came, its own
 * and those of its steps. It is taken away together with the writing of what the answer brought (holding.h). So whatever is found at a start tells how
 * far the one before came (source_rotation.c). */
#ifndef TENON_CONNECTION_UNDER_WAY_H
#define TENON_CONNECTION_UNDER_WAY_H

#include "connection/answers.h"
#include "connection/holding.h"

typedef enum {
    ERRAND_SIGN_IN, /* by what the connection stores and does not spend by it; also of a call */
    ERRAND_ONCE,    /* by what the connection stores and spends by it: a refresh token given by hand */
    ERRAND_REFRESH, /* by what the last answer left */
    ERRAND_PERSON   /* by what a person brought, which may be sent once */
} errand_kind_t;

typedef struct under_way {
    errand_kind_t kind;
    uint64_t follows; /* rotation of the holding it started from: another one there makes it void */
    unsigned tries;   /* how often the same was sent without an answer, this one included */
    json_t *oauth, *callback; /* of the errand, for reading the answer */
    fingerprints_t made_for;
    answers_t answers;
} under_way_t;

/* A put of it, sealed; texts live in the arena. As sealed_json_write. */
CHECKED size_t under_way_write(const under_way_t *u, str_t key, uint64_t credential_generation, keyring_t *keyring,
                               arena_t *arena, store_change_t *change);
void under_way_delete(str_t key, store_change_t *change);
/* Texts live in the arena, JSON belongs to *out: under_way_fini. False where it does not open. */
CHECKED bool under_way_read(under_way_t *out, const store_record_t *record, keyring_t *keyring, arena_t *arena);
void under_way_fini(under_way_t *u);
/* What it asked for, with references of its own. before: the members that a refresh sees; may be NULL. */
void under_way_errand(const under_way_t *u, const connection_t *c, json_t *before, errand_t *out);
/* Its answers are read as if they came just now. False where requests are still to be made: then it has not landed. */
CHECKED bool under_way_land(const under_way_t *u, errand_t *errand, landing_t *l);

#endif
