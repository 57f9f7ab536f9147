/* SPDX-License-Identifier: MIT */
/* Caller keys as they stand in the store. For this folder. */
#ifndef TENON_CONNECTION_KEY_RECORD_H
#define TENON_CONNECTION_KEY_RECORD_H

#include "connection/key.h"
#include "store/store.h"

/* One reference, everything empty. */
caller_key_t *caller_key_new(void);
/* NULL where the record cannot be read. */
caller_key_t *key_record_read(const store_record_t *record);
/* As the API shows it: never the digest. New reference. plain: the readable members of its record. */
json_t *key_show(str_t id, const json_t *plain);
/* last_used_wall_ms 0: never. */
json_t *key_record_show(const store_record_t *record, int64_t last_used_wall_ms);

#endif
