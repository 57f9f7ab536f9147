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
    uint64_t resets; /* how often it was reset */
    json_t *plain;   /* connector, auth, title, parameters, destinations, refusal, created_at_ms, uid, … */
    json_t *secrets; /* name -> text */
    json_t *proof_key; /* that its tokens are bound to (seal/proof_key.h); NULL: none. Sealed with the secrets */
    json_t *client; /* that was registered for it (grant/registration.h); NULL: none. Sealed with the secrets */
} connection_record_t;

connection_record_t *connection_record_new(str_t name);
void connection_record_free(connection_record_t *r);
/* connection_t.uid */
uint64_t connection_record_uid(const connection_record_t *r);
connection_record_t *connection_record_copy(const connection_record_t *r);
/* Errors: store_record_corrupt. NULL on error. */
connection_record_t *connection_record_read(const store_record_t *record, keyring_t *keyring, err_t *err);
/* Fills *change with a put of the next generation that expects the present one; the record counts itself up. Texts
 * live in the arena. Error: param_too_long (all values together). */
CHECKED bool connection_record_write(connection_record_t *r, keyring_t *keyring, int64_t wall_ms, arena_t *arena,
                                     store_change_t *change, err_t *err);

/* A refusal: why, what it was met under (connection_write_version; absent: anything), and until when (0: until a change;
 * wall time). failures: transient ones in a row. */
typedef struct refusal {
    err_t why;
    str_t version; /* read: borrowed from the JSON */
    int64_t until_wall_ms;
    unsigned failures;
} refusal_t;
void refusal_keep(json_t *plain, const refusal_t *refusal);
/* False where there is none. */
bool refusal_read(const json_t *plain, refusal_t *out);

/* A connector's `ask: admin` parameters as an admin set them once for the host. */
typedef struct host_values {
    json_t *values; /* name -> value, secrets included */
    uint64_t generation;
} host_values_t;

/* The connection of a record under a connector (NULL: gone) with the host-wide values (NULL: none). */
connection_t *connection_resolve(const connection_record_t *r, const connector_t *connector,
                                 const host_values_t *host);
/* Every parameter of a connector under an auth, shared ones first. In the arena. */
fields_t connection_fields_in(arena_t *arena, const connector_t *connector, const auth_t *auth);
/* Fills in base_url and destinations, and holds them against the connector's `hosts`. Errors: param_host, those of URLs. */
CHECKED bool connection_find_destinations(connection_t *c, value_scope_t *scope, err_t *err);
/* Fills in the identity that its `tls` gives, checked: certificate and key belong together. Errors: param_value,
 * parameter_missing. */
CHECKED bool connection_find_identity(connection_t *c, value_scope_t *scope, err_t *err);
/* Destinations as JSON, for the record. New reference. */
json_t *connection_destinations(const connection_t *c);
/* {added: [..], removed: [..]}: against those that were accepted. New reference. */
json_t *connection_destination_changes(const connection_record_t *r, const connection_t *c);
/* A time as the API shows it: "2026-11-22T03:31:07Z". New reference. */
json_t *shown_time(int64_t wall_ms);
/* What is told of a connection beside what it is. */
typedef struct connection_circumstances {
    int64_t last_used_wall_ms; /* 0: never */
    int64_t since_wall_ms;     /* in its state; 0: not known */
    err_t pause;               /* of one that is ready: why nothing is sent for it now; none: something is */
    int64_t pause_until_wall_ms;
    int64_t token_ends_wall_ms; /* of the token at hand; 0: none is */
} connection_circumstances_t;
/* As the API shows it. New reference. */
json_t *connection_show(const connection_record_t *r, const connection_t *c, const connection_circumstances_t *now);

#endif
