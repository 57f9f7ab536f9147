/* SPDX-License-Identifier: MIT */
/* A connection as it stands in the store: readable members as JSON, secrets sealed. For this folder; owned by the
 * control loop. */
#ifndef TENON_CONNECTION_RECORD_H
#define TENON_CONNECTION_RECORD_H

#include "connection/connection.h"
#include "seal/keyring.h"
#include "store/store.h"

typedef struct connection_record {
    char name[64];
    uint64_t generation; /* of the stored record; 0: never stored */
    uint64_t credential_generation;
    json_t *plain;   /* connector, auth, title, parameters, destinations, refusal, created_at_ms, … */
    json_t *secrets; /* name -> text */
} connection_record_t;

connection_record_t *connection_record_new(str_t name);
void connection_record_free(connection_record_t *r);
connection_record_t *connection_record_copy(const connection_record_t *r);
/* Errors: store_record_corrupt. NULL on error. */
connection_record_t *connection_record_read(const store_record_t *record, keyring_t *keyring, err_t *err);
/* Fills *change with a put of the next generation that expects the present one; the record counts itself up. Texts
 * live in the arena. */
void connection_record_write(connection_record_t *r, keyring_t *keyring, int64_t wall_ms, arena_t *arena,
                             store_change_t *change);

/* A refusal of the credentials, kept until they or the definition change. */
void refusal_keep(json_t *plain, const err_t *why, str_t definition_digest, int64_t until_wall_ms);
/* False where there is none. */
bool refusal_read(const json_t *plain, err_t *why, str_t *definition_digest, int64_t *until_wall_ms);

/* The connection of a record under a connector (NULL: gone) with the host-wide values (NULL: none). */
connection_t *connection_resolve(const connection_record_t *r, const connector_t *connector,
                                 const json_t *host_values);
/* Every parameter of a connector under an auth, shared ones first. In the arena. */
fields_t connection_fields_in(arena_t *arena, const connector_t *connector, const auth_t *auth);
/* Destinations as JSON, for the record. New reference. */
json_t *connection_destinations(const connection_t *c);
/* As the API shows it. New reference. */
json_t *connection_show(const connection_record_t *r, const connection_t *c);

#endif
