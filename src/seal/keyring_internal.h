/* SPDX-License-Identifier: MIT */
/* What the ring (keyring.c) gives to those who seal records with it (keyring_record.c). Inside the
 * folder only. */
#ifndef TENON_SEAL_KEYRING_INTERNAL_H
#define TENON_SEAL_KEYRING_INTERNAL_H

#include "seal/keyring.h"

enum { SEAL_FORMAT = 1, ADDITIONAL_MAX = 1024 * 1024 };

/* A data key as somebody works with it: it lives until it is let go, whatever the ring drops. */
typedef struct held_key {
    uint32_t id;
    secret_t *key;
} held_key_t;

/* secret_unref(held->key). False where the ring has none of that number. */
bool keyring_hold(const keyring_t *k, uint32_t id, held_key_t *held);
/* For one seal, which counts. */
held_key_t keyring_hold_active(keyring_t *k);

/* --- Additional data: every member with its length, so that no two places have one encoding --- */

static inline void additional_number(buf_t *to, uint64_t value, int bytes)
{
    while (bytes-- > 0) {
        buf_char(to, (char)(unsigned char)(value >> (8 * bytes)));
    }
}

static inline void additional_member(buf_t *to, str_t s)
{
    additional_number(to, s.n, 8);
    buf_str(to, s);
}

#endif
