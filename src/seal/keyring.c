/* SPDX-License-Identifier: MIT */
#include "seal/keyring.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/secret_peek.h"
#include "seal/aead.h"
#include "seal/hash.h"
#include "seal/keyring_internal.h"
#include "seal/must.h"

_Static_assert(sizeof((keyring_entry_t *)0)->wrapped == AEAD_KEY + AEAD_MORE, "a wrapped key");
_Static_assert((int)AEAD_KEY == (int)MASTER_KEY_BYTES, "both are keys of AES-256");

typedef struct data_key {
    struct data_key *next;
    secret_t *key;
    uint32_t id;
    uint64_t uses;
} data_key_t;

struct keyring {
    pthread_mutex_t lock; /* guards the rest; held to look up, never to seal */
    secret_t *master;
    data_key_t *keys; /* the newest first */
    data_key_t *active;
};

/* --- the keys --- */

/* Locking does not change what the ring is. */
static pthread_mutex_t *lock_of(const keyring_t *k)
{
    return &((keyring_t *)(uintptr_t)k)->lock;
}

/* Under the lock, as all that takes or answers nodes; NULL where there is none. */
static data_key_t *find(const keyring_t *k, uint32_t id)
{
    data_key_t *at = k->keys;
    while (at && at->id != id) {
        at = at->next;
    }
    return at;
}

bool keyring_hold(const keyring_t *k, uint32_t id, held_key_t *held)
{
    pthread_mutex_lock(lock_of(k));
    const data_key_t *found = find(k, id);
    *held = (held_key_t){id, found ? secret_ref(found->key) : NULL};
    pthread_mutex_unlock(lock_of(k));
    return found != NULL;
}

held_key_t keyring_hold_active(keyring_t *k)
{
    pthread_mutex_lock(&k->lock);
    must(k->active, "a key ring without a data key");
    held_key_t held = {k->active->id, secret_ref(k->active->key)};
    k->active->uses++;
    pthread_mutex_unlock(&k->lock);
    return held;
}

static data_key_t *put(keyring_t *k, uint32_t id, const unsigned char key[AEAD_KEY])
{
    data_key_t *node = mem_new(data_key_t);
    node->id = id;
    node->key = secret_new(str_at(key, AEAD_KEY));
    node->next = k->keys;
    k->keys = node;
    return node;
}

static void additional_of_key(buf_t *to, uint32_t key_id)
{
    buf_init(to, ADDITIONAL_MAX);
    additional_number(to, SEAL_FORMAT, 1);
    additional_member(to, STR("data key"));
    additional_number(to, key_id, 4);
}

static bool unwrap(keyring_t *k, const keyring_entry_t *entry)
{
    unsigned char key[AEAD_KEY];
    buf_t additional;
    additional_of_key(&additional, entry->id);
    bool ok = aead_open(k->master, buf_view(&additional),
                        str_at(entry->wrapped, sizeof entry->wrapped), key);
    if (ok) {
        put(k, entry->id, key)->uses = entry->uses;
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
    k->active = newest_active(k, entries, count);
    if (count > 0 && !k->active) {
        return err_set(err, ERR_store_record_corrupt, "none of the store's %zu data keys is active",
                       count);
    }
    return true;
}

keyring_t *keyring_open(secret_t *master, const keyring_entry_t *entries, size_t count, err_t *err)
{
    must(secret_peek(master).n == MASTER_KEY_BYTES, "a master key of another length");
    keyring_t *k = mem_new(keyring_t);
    pthread_mutex_init(&k->lock, NULL);
    k->master = secret_ref(master);
    if (open_entries(k, entries, count, err)) {
        return k;
    }
    keyring_free(k);
    return NULL;
}

static void free_key(data_key_t *key)
{
    secret_unref(key->key);
    free(key);
}

void keyring_free(keyring_t *k)
{
    if (!k) {
        return;
    }
    for (data_key_t *at = k->keys; at;) {
        data_key_t *next = at->next;
        free_key(at);
        at = next;
    }
    secret_unref(k->master);
    pthread_mutex_destroy(&k->lock);
    free(k);
}

static uint32_t next_id(const keyring_t *k)
{
    uint32_t id = 0;
    for (const data_key_t *at = k->keys; at; at = at->next) {
        if (at->id > id) {
            id = at->id;
        }
    }
    must(id < UINT32_MAX, "no data key number is left");
    return id + 1;
}

static void wrap(const secret_t *master, str_t key, keyring_entry_t *entry)
{
    buf_t additional;
    additional_of_key(&additional, entry->id);
    aead_seal(master, buf_view(&additional), key, entry->wrapped);
    buf_fini(&additional);
}

void keyring_draw(const keyring_t *k, int64_t wall_ms, keyring_entry_t *entry)
{
    unsigned char key[AEAD_KEY];
    random_bytes(key, sizeof key);
    pthread_mutex_lock(lock_of(k));
    *entry = (keyring_entry_t){.id = next_id(k), .created_at_ms = wall_ms, .active = true};
    wrap(k->master, str_at(key, sizeof key), entry);
    pthread_mutex_unlock(lock_of(k));
    secret_wipe(key, sizeof key);
}

bool keyring_take(keyring_t *k, const keyring_entry_t *entry, err_t *err)
{
    pthread_mutex_lock(&k->lock);
    bool ok = entry->id != 0 && !find(k, entry->id) && unwrap(k, entry);
    if (ok) {
        k->active = find(k, entry->id);
    }
    pthread_mutex_unlock(&k->lock);
    return ok || err_set(err, ERR_store_record_corrupt, "data key %u cannot be taken",
                         (unsigned)entry->id);
}

void keyring_add(keyring_t *k, int64_t wall_ms, keyring_entry_t *entry)
{
    err_t err = ERR_INIT;
    keyring_draw(k, wall_ms, entry);
    must(keyring_take(k, entry, &err), "a data key just drawn does not open");
}

uint64_t keyring_uses(const keyring_t *k, uint32_t *id)
{
    pthread_mutex_lock(lock_of(k));
    uint64_t uses = k->active ? k->active->uses : 0;
    if (id) {
        *id = k->active ? k->active->id : 0;
    }
    pthread_mutex_unlock(lock_of(k));
    return uses;
}

void keyring_drop(keyring_t *k, uint32_t id)
{
    pthread_mutex_lock(&k->lock);
    data_key_t **at = &k->keys;
    while (*at && (*at)->id != id) {
        at = &(*at)->next;
    }
    data_key_t *dropped = *at == k->active ? NULL : *at;
    if (dropped) {
        *at = dropped->next;
        free_key(dropped);
    }
    pthread_mutex_unlock(&k->lock);
}

void keyring_set_master(keyring_t *k, secret_t *master)
{
    must(secret_peek(master).n == MASTER_KEY_BYTES, "a master key of another length");
    pthread_mutex_lock(&k->lock);
    secret_t *old = k->master;
    k->master = secret_ref(master);
    secret_unref(old);
    pthread_mutex_unlock(&k->lock);
}

void keyring_wrap(const keyring_t *k, const secret_t *master, keyring_entry_t *entries,
                  size_t count)
{
    must(secret_peek(master).n == MASTER_KEY_BYTES, "a master key of another length");
    for (size_t i = 0; i < count; i++) {
        held_key_t held;
        must(keyring_hold(k, entries[i].id, &held), "a data key of another ring");
        wrap(master, secret_peek(held.key), &entries[i]);
        secret_unref(held.key);
    }
}
