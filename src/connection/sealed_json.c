/* SPDX-License-Identifier: MIT */
#include "connection/sealed_json.h"

#include "base/clock.h"
#include "base/log.h"
#include "codec/base64.h"
#include "codec/json.h"
#include "connection/sealed_place.h"

static void seal_in(arena_t *arena, const store_record_t *record, keyring_t *keyring, str_t text,
                    store_change_t *change)
{
    enum { SEAL_BYTES_MAX = 1024 };
    buf_t sealed;
    seal_place_t place = sealed_place(record);
    buf_init(&sealed, SEALED_JSON_BYTES_MAX + SEAL_BYTES_MAX);
    keyring_seal(keyring, &place, text, &sealed);
    *change = (store_change_t){.verb = STORE_PUT, .record = *record};
    change->record.id = arena_str(arena, record->id);
    change->record.changed_at_ms = clock_wall_ms();
    change->record.plain = STR("{}");
    change->record.sealed = arena_str(arena, buf_view(&sealed));
    buf_fini(&sealed);
}

size_t sealed_json_write(const store_record_t *record, const json_t *all, keyring_t *keyring,
                         arena_t *arena, store_change_t *change)
{
    buf_t text;
    buf_init_wiping(&text, SEALED_JSON_BYTES_MAX);
    json_write(&text, all);
    bool fits = buf_ok(&text);
    if (fits) {
        seal_in(arena, record, keyring, buf_view(&text), change);
    } else {
        log_event(LOG_ERROR, "store.record_too_large", LOG_S("kind", record->kind),
                  LOG_S("id", record->id));
    }
    buf_fini(&text);
    return fits ? 1 : 0;
}

json_t *sealed_json_read(const store_record_t *record, keyring_t *keyring)
{
    buf_t text;
    err_t err = ERR_INIT;
    seal_place_t place = sealed_place(record);
    buf_init_wiping(&text, SEALED_JSON_BYTES_MAX);
    json_t *all = keyring_unseal(keyring, &place, record->sealed, &text, &err)
                      ? json_read(buf_view(&text), NULL, &err)
                      : NULL;
    buf_fini(&text);
    if (!all) {
        log_event(LOG_ERROR, "store.record_corrupt", LOG_S("kind", record->kind),
                  LOG_S("id", record->id));
    }
    return all;
}

/* --- fingerprints --- */

static void write_digest(json_t *to, const char *name, const unsigned char digest[32])
{
    buf_t hex;
    buf_init(&hex, 128);
    hex_write(&hex, str_at((const char *)digest, 32));
    json_object_set_new(to, name, json_str(buf_view(&hex)));
    buf_fini(&hex);
}

static bool read_digest(const json_t *from, const char *name, unsigned char out[32])
{
    buf_t digest;
    buf_init(&digest, 64);
    bool ok = hex_read(&digest, json_member(from, name)) && digest.n == 32;
    if (ok) {
        memcpy(out, digest.p, 32);
    }
    buf_fini(&digest);
    return ok;
}

void fingerprints_write(json_t *to, const fingerprints_t *f)
{
    write_digest(to, "purpose", f->purpose);
    write_digest(to, "family", f->family);
}

bool fingerprints_read(const json_t *from, fingerprints_t *out)
{
    return read_digest(from, "purpose", out->purpose) && read_digest(from, "family", out->family);
}
