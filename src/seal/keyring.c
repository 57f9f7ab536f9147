/* SPDX-License-Identifier: MIT */
#include "seal/keyring.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/secret_peek.h"
#include "seal/aead.h"
#include "seal/hash.h"
#include "seal/must.h"

enum {
    FORMAT = 1,
    HEADER = 1 + 4, /* format, data key id */
    ADDITIONAL_MAX = 1024 * 1024,
};
_Static_assert(sizeof((keyring_entry_t *)0)->wrapped == AEAD_KEY + AEAD_MORE, "a wrapped key");
_Static_assert((int)AEAD_KEY == (int)MASTER_KEY_BYTES, "both are keys of AES-256");

/* Nodes are only ever put in front, so that readers need no lock. */
typedef struct data_key {
    struct data_key *next;
    secret_t *key;
    uint32_t id;
    _Atomic uint64_t uses;
} data_key_t;

struct keyring {
    secret_t *master;
    data_key_t *_Atomic keys;
    data_key_t *_Atomic active;
};

/* --- Additional data: every member with its length, so that no two places have one encoding --- */

static void add_number(buf_t *to, uint64_t value, int bytes)
{
    while (bytes-- > 0) {
        buf_char(to, (char)(unsigned char)(value >> (8 * bytes)));
    }
}

static void add_member(buf_t *to, str_t s)
{
    add_number(to, s.n, 8);
    buf_str(to, s);
}

static void additional_of_record(buf_t *to, const seal_place_t *place, uint32_t key_id)
{
    buf_init(to, ADDITIONAL_MAX);
    add_number(to, FORMAT, 1);
    add_member(to, place->type);
    add_member(to, place->id);
    add_member(to, place->field);
    add_number(to, place->generation, 8);
    add_number(to, key_id, 4);
    must(buf_ok(to), "a record's name is too long");
}

static void additional_of_key(buf_t *to, uint32_t key_id)
{
    buf_init(to, ADDITIONAL_MAX);
    add_number(to, FORMAT, 1);
    add_member(to, STR("data key"));
    add_number(to, key_id, 4);
}

/* --- The ring --- */

static data_key_t *find(const keyring_t *k, uint32_t id)
{
    data_key_t *at = atomic_load(&k->keys);
    while (at && at->id != id) {
        at = at->next;
    }
    return at;
}

static data_key_t *put(keyring_t *k, uint32_t id, const unsigned char key[AEAD_KEY])
{
    data_key_t *node = mem_new(data_key_t);
    node->id = id;
    node->key = secret_new(str_at(key, AEAD_KEY));
    node->next = atomic_load(&k->keys);
    atomic_store(&k->keys, node);
    return node;
}

static bool unwrap(keyring_t *k, const keyring_entry_t *entry)
{
    unsigned char key[AEAD_KEY];
    buf_t additional;
    additional_of_key(&additional, entry->id);
    bool ok = aead_open(k->master, buf_view(&additional),
                        str_at(entry->wrapped, sizeof entry->wrapped), key);
    if (ok) {
        atomic_init(&put(k, entry->id, key)->uses, entry->uses);
    }
    secret_wipe(key, sizeof key);
    buf_fini(&additional);
    return ok;
}

/* The newest of those marked: a store may show two where a crash kept it from unmarking the older
 * one. */
static data_key_t *newest_active(const keyring_t *k, const keyring_entry_t *entries, size_t count)
{
    uint32_t id = 0;
    for (size_t i = 0; i < count; i++) {
        if (entries[i].active && entries[i].id > id) {
            id = entries[i].id;
        }
    }
    return find(k, id);
}

static bool open_entries(keyring_t *k, const keyring_entry_t *entries, size_t count, err_t *err)
{
    for (size_t i = 0; i < count; i++) {
        if (entries[i].id == 0 || find(k, entries[i].id)) {
            return err_set(err, ERR_store_record_corrupt,
                           "data key %u stands in the store twice or has no number",
                           (unsigned)entries[i].id);
        }
        if (!unwrap(k, &entries[i])) {
            return err_set(err, ERR_master_key_mismatch,
                           "data key %u does not open with this master key; nothing was "
                           "changed. Start with the master key that this store was made with",
                           (unsigned)entries[i].id);
        }
    }
    atomic_store(&k->active, newest_active(k, entries, count));
    if (count > 0 && !atomic_load(&k->active)) {
        return err_set(err, ERR_store_record_corrupt, "none of the store's %zu data keys is active",
                       count);
    }
    return true;
}

keyring_t *keyring_open(secret_t *master, const keyring_entry_t *entries, size_t count, err_t *err)
{
    must(secret_peek(master).n == MASTER_KEY_BYTES, "a master key of another length");
    keyring_t *k = mem_new(keyring_t);
    k->master = secret_ref(master);
    if (open_entries(k, entries, count, err)) {
        return k;
    }
    keyring_free(k);
    return NULL;
}

void keyring_free(keyring_t *k)
{
    if (!k) {
        return;
    }
    for (data_key_t *at = atomic_load(&k->keys); at;) {
        data_key_t *next = at->next;
        secret_unref(at->key);
        free(at);
        at = next;
    }
    secret_unref(k->master);
    free(k);
}

static uint32_t next_id(const keyring_t *k)
{
    uint32_t id = 0;
    for (const data_key_t *at = atomic_load(&k->keys); at; at = at->next) {
        if (at->id > id) {
            id = at->id;
        }
    }
    must(id < UINT32_MAX, "no data key number is left");
    return id + 1;
}

void keyring_draw(const keyring_t *k, int64_t wall_ms, keyring_entry_t *entry)
{
    unsigned char key[AEAD_KEY];
    buf_t additional;
    random_bytes(key, sizeof key);
    *entry = (keyring_entry_t){.id = next_id(k), .created_at_ms = wall_ms, .active = true};
    additional_of_key(&additional, entry->id);
    aead_seal(k->master, buf_view(&additional), str_at(key, sizeof key), entry->wrapped);
    secret_wipe(key, sizeof key);
    buf_fini(&additional);
}

bool keyring_take(keyring_t *k, const keyring_entry_t *entry, err_t *err)
{
    if (entry->id == 0 || find(k, entry->id) || !unwrap(k, entry)) {
        return err_set(err, ERR_store_record_corrupt, "data key %u cannot be taken",
                       (unsigned)entry->id);
    }
    atomic_store(&k->active, find(k, entry->id));
    return true;
}

void keyring_add(keyring_t *k, int64_t wall_ms, keyring_entry_t *entry)
{
    err_t err = ERR_INIT;
    keyring_draw(k, wall_ms, entry);
    must(keyring_take(k, entry, &err), "a data key just drawn does not open");
}

uint64_t keyring_uses(const keyring_t *k, uint32_t *id)
{
    data_key_t *active = atomic_load(&k->active);
    if (id) {
        *id = active ? active->id : 0;
    }
    return active ? atomic_load(&active->uses) : 0;
}

/* --- Records: format, data key id, then nonce, ciphertext, tag --- */

void keyring_seal(keyring_t *k, const seal_place_t *place, str_t plain, buf_t *to)
{
    data_key_t *active = atomic_load(&k->active);
    must(active, "a key ring without a data key");
    if (!buf_reserve(to, HEADER + plain.n + AEAD_MORE)) {
        return;
    }
    buf_t additional;
    additional_of_record(&additional, place, active->id);
    add_number(to, FORMAT, 1);
    add_number(to, active->id, 4);
    aead_seal(active->key, buf_view(&additional), plain, (unsigned char *)to->p + to->n);
    to->n += plain.n + AEAD_MORE;
    atomic_fetch_add(&active->uses, 1);
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
    if (sealed.p[0] != FORMAT) {
        return corrupt(err, place,
                       "the sealed record has a format that this version does not know");
    }
    const data_key_t *key = find(k, key_id_of(sealed));
    if (!key) {
        return corrupt(err, place, "its data key is not in the key ring");
    }
    size_t length = sealed.n - HEADER - AEAD_MORE;
    if (!buf_reserve(to, length)) {
        return corrupt(err, place, "the sealed record is larger than its place");
    }
    buf_t additional;
    additional_of_record(&additional, place, key->id);
    bool ok = aead_open(key->key, buf_view(&additional), str_slice(sealed, HEADER, sealed.n),
                        (unsigned char *)to->p + to->n);
    buf_fini(&additional);
    if (!ok) {
        return corrupt(err, place, "the sealed record was altered, or belongs to another place");
    }
    to->n += length;
    return true;
}
