/* SPDX-License-Identifier: MIT */
/* What must be known of the trail to judge its files, sealed in the store: the key of the chain, where the chain begins (the
 * link before its first line) and how far it goes. Without the master key nobody can make another one. */
#ifndef TENON_AUDIT_STATE_H
#define TENON_AUDIT_STATE_H

#include "audit/chain.h"
#include "base/arena.h"
#include "seal/keyring.h"
#include "store/store.h"

typedef struct audit_state {
    unsigned char key[CHAIN_KEY_BYTES];
    chain_link_t start, head;
    uint64_t generation; /* of the record; 0: there is none */
} audit_state_t;

typedef enum { STATE_READ, STATE_MISSING, STATE_UNREADABLE } state_outcome_t;

/* Waits for the store. Error: store_failed, where the store itself fails; the outcome says the rest. */
CHECKED bool state_read(store_t *store, keyring_t *keyring, audit_state_t *out, state_outcome_t *outcome, err_t *err);
/* The next generation of the record as a change; its texts live in the arena. */
void state_change(const audit_state_t *s, keyring_t *keyring, arena_t *arena, store_change_t *change);

#endif
