/* SPDX-License-Identifier: MIT */
#include "seal/handover.h"

#include "base/secret_peek.h"
#include "seal/aead.h"

_Static_assert((int)HANDOVER_BYTES == (int)AEAD_KEY + (int)AEAD_MORE, "a sealed key");

/* Binds what it is, so that a wrapped data key is no handover, and none is one. */
static const str_t PLACE = STR_INIT("tenon master key before");

void handover_seal(const secret_t *present, const secret_t *next, unsigned char to[HANDOVER_BYTES])
{
    aead_seal(next, PLACE, secret_peek(present), to);
}

secret_t *handover_open(const secret_t *next, str_t sealed)
{
    unsigned char key[AEAD_KEY];
    if (sealed.n != HANDOVER_BYTES || !aead_open(next, PLACE, sealed, key)) {
        return NULL;
    }
    secret_t *before = secret_new(str_at(key, sizeof key));
    secret_wipe(key, sizeof key);
    return before;
}
