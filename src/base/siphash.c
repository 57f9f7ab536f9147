/* SPDX-License-Identifier: MIT */
#include "base/siphash.h"

#include <endian.h>
#include <string.h>

typedef struct sip_state {
    uint64_t v0, v1, v2, v3;
} sip_state_t;

static uint64_t load_le64(const uint8_t *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
    return le64toh(word);
}

static uint64_t rotate_left(uint64_t word, unsigned bits)
{
    return (word << bits) | (word >> (64 - bits));
}

static void sip_round(sip_state_t *s)
{
    s->v0 += s->v1;
    s->v1 = rotate_left(s->v1, 13) ^ s->v0;
    s->v0 = rotate_left(s->v0, 32);
    s->v2 += s->v3;
    s->v3 = rotate_left(s->v3, 16) ^ s->v2;
    s->v0 += s->v3;
    s->v3 = rotate_left(s->v3, 21) ^ s->v0;
    s->v2 += s->v1;
    s->v1 = rotate_left(s->v1, 17) ^ s->v2;
    s->v2 = rotate_left(s->v2, 32);
}

static void mix_word(sip_state_t *s, uint64_t word)
{
    s->v3 ^= word;
    sip_round(s);
    sip_round(s);
    s->v0 ^= word;
}

/* The bytes after the last whole word, the length's low byte on top. */
static uint64_t last_word(const uint8_t *p, size_t n)
{
    uint64_t word = (uint64_t)(n & 0xff) << 56;
    for (size_t i = 0; i < n % 8; i++) {
        word |= (uint64_t)p[n - n % 8 + i] << (8 * i);
    }
    return word;
}

uint64_t siphash_2_4(const uint8_t key[SIPHASH_KEY_BYTES], const void *p, size_t n)
{
    const uint8_t *bytes = p;
    uint64_t k0 = load_le64(key);
    uint64_t k1 = load_le64(key + 8);
    sip_state_t s = {k0 ^ UINT64_C(0x736f6d6570736575), k1 ^ UINT64_C(0x646f72616e646f6d),
                     k0 ^ UINT64_C(0x6c7967656e657261), k1 ^ UINT64_C(0x7465646279746573)};
    for (size_t at = 0; n - at >= 8; at += 8) {
        mix_word(&s, load_le64(bytes + at));
    }
    mix_word(&s, last_word(bytes, n));
    s.v2 ^= 0xff;
    for (int i = 0; i < 4; i++) {
        sip_round(&s);
    }
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
