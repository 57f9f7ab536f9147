/* SPDX-License-Identifier: MIT */
/* Records of which nothing can be read without the data key: a JSON object under seal. Its times and what it is for are
 * inside, too: a digest over a password in the clear could be guessed at. */
#ifndef TENON_CONNECTION_SEALED_JSON_H
#define TENON_CONNECTION_SEALED_JSON_H

#include <jansson.h>

#include "base/arena.h"
#include "connection/holding.h"

/* Of its text. Whoever writes one has a ceiling below that for what strangers say. */
enum { SEALED_JSON_BYTES_MAX = 1024 * 1024 };
/* A put of the record (kind, id, generation), which the seal binds; texts live in the arena. Answers how many changes that
 * is: 0, and a line in the log, where there is no room for all of it, since a part of it would be worth nothing. */
CHECKED size_t sealed_json_write(const store_record_t *record, const json_t *all, keyring_t *keyring, arena_t *arena,
                                 store_change_t *change);
/* NULL, and a line in the log, where it does not open. A new reference. */
json_t *sealed_json_read(const store_record_t *record, keyring_t *keyring);

/* As members of such an object. */
void fingerprints_write(json_t *to, const fingerprints_t *f);
bool fingerprints_read(const json_t *from, fingerprints_t *out);

#endif
