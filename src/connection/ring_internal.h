/* SPDX-License-Identifier: MIT */
/* What the files of the ring share: ring.c opens it and counts, ring_change.c makes, replaces and drops data keys,
 * handover.c changes the master key that they stand under. One change of the ring at a time. */
#ifndef TENON_CONNECTION_RING_INTERNAL_H
#define TENON_CONNECTION_RING_INTERNAL_H

#include "connection/manager_internal.h"

enum { RING_KEYS_MAX = 1000 };
/* Uses of a data key are reserved so many ahead. */
#define RING_USES_AHEAD (UINT64_C(1) << 20)

bool ring_is_due(const keyring_entry_t *key, uint64_t uses);
/* An entry of those that records may still stand under. */
void ring_retire(ring_t *ring, const keyring_entry_t *entry);

/* A change of the ring on its way into the store. */
typedef struct ring_writing {
    manager_t *manager;
    void (*take)(struct ring_writing *w); /* the store has it */
    then_t *then;                         /* NULL: nobody waits */
    void *context;
    keyring_entry_t next; /* of a new data key */
    uint32_t before;      /* of a drop */
    secret_t *master;     /* of a handover's end */
    char id[MASTER_KEY_ID]; /* of a handover's begin */
    bool is_told;         /* the audit trail has its line */
} ring_writing_t;
/* NULL, and then is told, where another change is on its way. */
ring_writing_t *ring_writing_new(manager_t *m, then_t *then, void *context);
/* Durably; frees. */
void ring_writing_send(ring_writing_t *w, const store_change_t *changes, size_t count);

#endif
