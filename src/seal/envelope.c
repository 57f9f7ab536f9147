/* SPDX-License-Identifier: MIT */
#include "seal/envelope.h"

#include <stdlib.h>

#include "base/mem.h"
#include "seal/aead.h"
#include "seal/armor.h"
#include "seal/hash.h"

/* One key for each purpose, so that a text of one is nothing for another. */
static secret_t *key_of(const envelope_for_t *use)
{
    unsigned char key[HASH_BYTES_MAX];
    size_t n = hash_hmac(HASH_SHA256, use->secret, use->purpose, key);
    secret_t *secret = secret_new(str_at(key, n));
    secret_wipe(key, sizeof key);
    return secret;
}

void envelope_seal(const envelope_for_t *use, str_t plain, buf_t *to)
{
    size_t n = plain.n + AEAD_MORE;
    unsigned char *bytes = mem_alloc(n);
    secret_t *key = key_of(use);
    aead_seal(key, use->place, plain, bytes);
    armor_write(to, str_at(bytes, n));
    secret_unref(key);
    free(bytes);
}

static bool open_bytes(const envelope_for_t *use, str_t bytes, buf_t *to)
{
    if (bytes.n < AEAD_MORE) {
        return false;
    }
    size_t n = bytes.n - AEAD_MORE;
    unsigned char *plain = mem_alloc(n + 1);
    secret_t *key = key_of(use);
    bool opened = aead_open(key, use->place, bytes, plain);
    if (opened) {
        buf_str(to, str_at(plain, n));
    }
    secret_unref(key);
    free(plain);
    return opened;
}

bool envelope_open(const envelope_for_t *use, str_t sealed, buf_t *to)
{
    buf_t bytes;
    buf_init(&bytes, sealed.n + 1);
    bool opened = armor_read(&bytes, sealed) && open_bytes(use, buf_view(&bytes), to);
    buf_fini(&bytes);
    return opened;
}
