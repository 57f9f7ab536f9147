/* SPDX-License-Identifier: MIT */
/* SipHash-2-4 (Aumasson, Bernstein 2012): a hash that a stranger who does not know the key cannot
 * steer. Pure; hash_keyed in map.h is the same under the process's key. */
#ifndef TENON_BASE_SIPHASH_H
#define TENON_BASE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

enum { SIPHASH_KEY_BYTES = 16 };

uint64_t siphash_2_4(const uint8_t key[SIPHASH_KEY_BYTES], const void *p, size_t n);

#endif
