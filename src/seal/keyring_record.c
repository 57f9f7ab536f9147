/* SPDX-License-Identifier: MIT */
/* Sealed records: format, data key id, then nonce, ciphertext, tag. */
#include "base/secret_peek.h"
#include "seal/aead.h"
#include "seal/keyring_internal.h"
#include "seal/must.h"

enum { HEADER = 1 + 4 }; /* format, data key id */

static void additional_of_record(buf_t *to, const seal_place_t *place, uint32_t key_id)
{
    buf_init(to, ADDITIONAL_MAX);
    additional_number(to, SEAL_FORMAT, 1);
    additional_member(to, place->type);
    additional_member(to, place->id);
    additional_member(to, place->field);
    additional_number(to, place->generation, 8);
    additional_number(to, key_id, 4);
    must(buf_ok(to), "a record's name is too long");
}

void keyring_seal(keyring_t *k, const seal_place_t *place, str_t plain, buf_t *to)
{
    if (!buf_reserve(to, HEADER + plain.n + AEAD_MORE)) {
        return;
    }
    held_key_t held = keyring_hold_active(k);
    buf_t additional;
    additional_of_record(&additional, place, held.id);
    additional_number(to, SEAL_FORMAT, 1);
    additional_number(to, held.id, 4);
    aead_seal(held.key, buf_view(&additional), plain, (unsigned char *)to->p + to->n);
    to->n += plain.n + AEAD_MORE;
    secret_unref(held.key);
    buf_fini(&additional);
}

static uint32_t key_id_of(str_t sealed)
{
    const unsigned char *p = (const unsigned char *)sealed.p + 1;
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static bool corrupt(err_t *err, const seal_place_t *place, const char *why)
{
    return err_set(err, ERR_store_record_corrupt, "%.*s %.*s, %.*s: %s", STR_ARG(place->type),
                   STR_ARG(place->id), STR_ARG(place->field), why);
}

bool keyring_unseal(keyring_t *k, const seal_place_t *place, str_t sealed, buf_t *to, err_t *err)
{
    if (sealed.n < HEADER + AEAD_MORE) {
        return corrupt(err, place, "the sealed record is cut short");
    }
    if (sealed.p[0] != SEAL_FORMAT) {
        return corrupt(err, place,
                       "the sealed record has a format that this version does not know");
    }
    size_t length = sealed.n - HEADER - AEAD_MORE;
    if (!buf_reserve(to, length)) {
        return corrupt(err, place, "the sealed record is larger than its place");
    }
    held_key_t held;
    if (!keyring_hold(k, key_id_of(sealed), &held)) {
        return corrupt(err, place, "its data key is not in the key ring");
    }
    buf_t additional;
    additional_of_record(&additional, place, held.id);
    bool ok = aead_open(held.key, buf_view(&additional), str_slice(sealed, HEADER, sealed.n),
                        (unsigned char *)to->p + to->n);
    secret_unref(held.key);
    buf_fini(&additional);
    if (!ok) {
        return corrupt(err, place, "the sealed record was altered, or belongs to another place");
    }
    to->n += length;
    return true;
}

uint32_t keyring_id_of(str_t sealed)
{
    return sealed.n < HEADER + AEAD_MORE || sealed.p[0] != SEAL_FORMAT ? 0 : key_id_of(sealed);
}

bool keyring_reseal(keyring_t *k, const seal_place_t *place, str_t sealed, buf_t *to, err_t *err)
{
    buf_t plain;
    buf_init_wiping(&plain, sealed.n + 1);
    bool ok = keyring_unseal(k, place, sealed, &plain, err);
    if (ok) {
        keyring_seal(k, place, buf_view(&plain), to);
    }
    buf_fini(&plain);
    return ok && (buf_ok(to) || corrupt(err, place, "the sealed record is larger than its place"));
}
