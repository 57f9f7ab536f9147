/* SPDX-License-Identifier: MIT */
/* The trail as the audit thread keeps it. A line has one of two beginnings: it was written into the store together with the
 * change that it tells of, and is moved from there (trail_move); or nothing was changed, and it comes by itself
 * (trail_append). Either way it is in the file, synced, before the store's state says so:
 *
 *     line waits in the store -> line in the file -> state holds its link, the waiting line is gone
 *
 * Dying between two of these is told from tampering: behind the link that the state holds only we can have written, and what
 * still waits and stands there already is not written again. Belongs to one thread, and waits for the store. */
#ifndef TENON_AUDIT_TRAIL_H
#define TENON_AUDIT_TRAIL_H

#include "audit/entry.h"
#include "audit/segments.h"
#include "audit/state.h"
#include "base/map.h"

typedef struct trail_options {
    store_t *store;
    keyring_t *keyring;
    const char *folder;
    int64_t keep_ms;   /* how old a line may become; 0: any age */
    int64_t bytes_max; /* of all segments together */
} trail_options_t;

typedef struct trail {
    trail_options_t options;
    segments_t segments;
    audit_state_t state; /* head: of the file, which may be ahead of the store */
    map_t *ahead;        /* ids of waiting lines that stand in the file already */
    bool is_ahead;       /* the store's state has not all of the file */
    int64_t day;         /* of the segment that is written to */
} trail_t;

/* Reads the state, or begins a trail, and takes over what the process before left. What is not as it was left is told in the
 * log and in the trail, and is left as it is. Errors: store_failed. */
CHECKED bool trail_open(trail_t *t, const trail_options_t *options, err_t *err);
void trail_close(trail_t *t);

/* A waiting line for the store, under an id of its own. In the arena. */
void trail_wait(keyring_t *keyring, arena_t *arena, str_t id, str_t entry, store_change_t *change);
/* Moves what waits. Errors: audit_unavailable where the file cannot be written; store_unavailable. */
CHECKED bool trail_move(trail_t *t, err_t *err);
/* Appends entries. Errors: the same; where the store alone failed, they are in the file all the same. */
CHECKED bool trail_append(trail_t *t, const str_t *entries, size_t count, err_t *err);
/* Removes what is too old or too much. */
void trail_tidy(trail_t *t);

#endif
