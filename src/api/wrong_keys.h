/* SPDX-License-Identifier: MIT */
/* Wrong keys at the sign-in, by the address they came from: after a few, each asks for a longer pause than the one before. Keys are
 * far too long to be guessed; this keeps the noise down and tells whoever mistyped to wait. The right key is never kept out, since
 * one client must not be able to lock out those who share its address. Shared by all data loops; any thread. */
#ifndef TENON_API_WRONG_KEYS_H
#define TENON_API_WRONG_KEYS_H

#include "base/err.h"
#include "base/str.h"

enum {
    WRONG_KEYS_FREE = 5,                       /* without a pause */
    WRONG_KEYS_PAUSE_MAX_MS = 5 * 60 * 1000,
    WRONG_KEYS_FORGOTTEN_AFTER_MS = 15 * 60 * 1000, /* without another one */
    WRONG_KEYS_ADDRESSES_MAX = 10000
};

typedef struct wrong_keys wrong_keys_t;
wrong_keys_t *wrong_keys_new(void);
/* NULL is allowed. */
void wrong_keys_free(wrong_keys_t *all);
/* One more from there. peer: as http_request_peer answers it; its port does not count, and of IPv6 the network of 64 bits does.
 * Answers the pause that it asks for: 0: none. now_ms: clock_boot_ms. */
CHECKED int64_t wrong_keys_add(wrong_keys_t *all, str_t peer, int64_t now_ms);
/* The right one came from there. */
void wrong_keys_forget(wrong_keys_t *all, str_t peer);

#endif
