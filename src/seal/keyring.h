/* SPDX-License-Identifier: MIT */
/* Sealing at rest. A master key (32 bytes, from the operator) wraps data keys; data keys seal records with
 * AES-256-GCM. A sealed record names its data key, and its additional data binds format, record type, record
 * id, field and generation, so that no ciphertext can be moved or rolled back unnoticed. Thread-safe: records of every
 * data key open until that key is dropped, whoever adds or drops one meanwhile (which is the control loop's business). */
#ifndef TENON_SEAL_KEYRING_H
#define TENON_SEAL_KEYRING_H

#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"

enum { MASTER_KEY_BYTES = 32 };
#define MASTER_KEY_FILE "master.key"

/* The master key from, in this order: value (TENON_MASTER_KEY: 64 hex digits or base64), file (…_FILE), or
 * data_folder/master.key, which is made with mode 0600 where the folder holds no store yet (may_make). The
 * file holds one of those forms or the 32 bytes themselves; it must be regular (no symbolic link), owned by
 * this user, and closed to others (master_key_permissions). Absent is "not given"; an empty value or path is
 * a wrong one. Other errors: master_key_invalid, configuration. NULL on error. */
secret_t *master_key_load(str_t value, str_t file, str_t data_folder, bool may_make, err_t *err);

/* The same from a text that is in one of those forms; NULL where it is none. */
secret_t *master_key_read(str_t text);
/* A new one. */
secret_t *master_key_draw(void);
/* Appends it in hexadecimal digits, to a wiping buffer. */
void master_key_write(const secret_t *key, buf_t *to);
/* Tells one master key from another, and nothing of either: 16 hexadecimal digits. */
void master_key_id(const secret_t *master, char to[17]);

typedef struct keyring keyring_t;

/* One data key as it stands in the store. */
typedef struct keyring_entry {
    uint32_t id;      /* from 1 */
    int64_t created_at_ms; /* wall time */
    uint64_t uses;    /* seals made with it, as last persisted */
    bool active;      /* new seals use it; one entry has this */
    unsigned char wrapped[12 + 32 + 16]; /* nonce, key, tag under the master key; AAD binds the id */
} keyring_entry_t;

/* Opens the entries; of several active ones the newest counts. Errors: master_key_mismatch where one does
 * not unwrap (nothing was written), store_record_corrupt where there are entries but none is active, or a
 * number is zero or stands there twice. Takes a reference to the master key. */
keyring_t *keyring_open(secret_t *master, const keyring_entry_t *entries, size_t count, err_t *err);
void keyring_free(keyring_t *k);
/* Draws a new data key, makes it the active one and fills *entry for the store, where it must be durable
 * before or together with the first record sealed with it. */
void keyring_add(keyring_t *k, int64_t wall_ms, keyring_entry_t *entry);
/* The two halves of it, for a host that runs: a key that is drawn is used by nobody until the store holds it and it is
 * taken. Error of taking: store_record_corrupt. */
void keyring_draw(const keyring_t *k, int64_t wall_ms, keyring_entry_t *entry);
CHECKED bool keyring_take(keyring_t *k, const keyring_entry_t *entry, err_t *err);
/* Seals of the active key since it was opened, plus those persisted before. A new key is due at 2^31.
 * id may be NULL; 0 where there is no key yet. */
uint64_t keyring_uses(const keyring_t *k, uint32_t *id);

/* Forgets a data key that no record uses any more; its bytes are wiped when the last reader has let go of it. The active
 * one stays. */
void keyring_drop(keyring_t *k, uint32_t id);
/* Another master key, 32 bytes, for what is drawn from now on; takes a reference. */
void keyring_set_master(keyring_t *k, secret_t *master);
/* Fills in how the entries' data keys, all of this ring, stand wrapped under any master key. */
void keyring_wrap(const keyring_t *k, const secret_t *master, keyring_entry_t *entries, size_t count);

/* What a record is; every member goes into the additional data. */
typedef struct seal_place {
    str_t type;  /* "connection", "token", ... */
    str_t id;    /* record id */
    str_t field; /* "secrets", ... */
    uint64_t generation;
} seal_place_t;

/* Appends version byte, data key id, nonce, ciphertext, tag. The ring has a key. */
void keyring_seal(keyring_t *k, const seal_place_t *place, str_t plain, buf_t *to);
/* Appends the plain bytes to a wiping buffer. Error: store_record_corrupt. */
CHECKED bool keyring_unseal(keyring_t *k, const seal_place_t *place, str_t sealed, buf_t *to, err_t *err);
/* Appends the same record under the active data key. Error: store_record_corrupt. */
CHECKED bool keyring_reseal(keyring_t *k, const seal_place_t *place, str_t sealed, buf_t *to, err_t *err);
/* The data key that a sealed record names; 0 where it names none. */
uint32_t keyring_id_of(str_t sealed);

#endif
