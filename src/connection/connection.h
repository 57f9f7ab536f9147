/* SPDX-License-Identifier: MIT */
/* A connection as calls use it: one connector filled in for one tenant, resolved against the present definition.
 * Immutable, shared by reference count among threads; the manager makes a new one when anything changes. */
#ifndef TENON_CONNECTION_CONNECTION_H
#define TENON_CONNECTION_CONNECTION_H

#include "codec/url.h"
#include "grant/grant.h"
#include "seal/proof_key.h"
#include "upstream/upstream.h"

/* X(enum, name in the API) */
#define CONNECTION_STATES(X)                                                                                \
    X(READY, "ready")           /* calls go through */                                                      \
    X(SIGN_IN, "sign_in")       /* a person must sign in */                                                 \
    X(REJECTED, "rejected")     /* the service refused the credentials; until they or the definition change */ \
    X(REVIEW, "review")         /* the definition's destinations changed; until an admin accepts */         \
    X(INCOMPLETE, "incomplete") /* a required parameter is missing, or the connector is not there */
typedef enum {
#define CONNECTION_STATE_ENUM(id, name) CONNECTION_##id,
    CONNECTION_STATES(CONNECTION_STATE_ENUM)
#undef CONNECTION_STATE_ENUM
        CONNECTION_STATE_COUNT
} connection_state_t;
const char *connection_state_name(connection_state_t state);

typedef struct connection {
    arena_t *arena;
    str_t name, title;
    uint64_t uid; /* tells it from every other that had or will have its name: drawn when it was made */
    const connector_t *connector; /* a reference; NULL where the connector is gone (INCOMPLETE) */
    str_t connector_id;
    const auth_t *auth; /* of the connector; NULL where it is gone (INCOMPLETE) */
    connection_state_t state;
    err_t why;          /* of every state but READY: what a call is answered with */
    int64_t changed_wall_ms; /* when its record was written last; 0: not yet */
    int64_t until_wall_ms; /* of a lock or pause: when an attempt is allowed again; 0: never by itself */
    uint64_t credential_generation; /* another one when a parameter or secret changes */
    uint64_t resets; /* counts resets: tokens and refusals of before one do not count */
    uint64_t host_generation; /* of the connector's `ask: admin` values; 0: none were ever set */
    json_t *values;     /* all parameters, secrets and host-wide ones included, defaults filled in */
    str_t base_url;     /* evaluated, without trailing `/`; absent where it needs a token or is not given */
    const str_t *destinations; /* host:port of every URL template that the values decide, sorted */
    size_t destination_count;
    bool takes_role;       /* its calls are signed with keys of a role (aws_sigv4) */
    const upstream_identity_t *identity; /* of its `tls`; NULL: none */
    const grant_client_t *client; /* that was registered for it; NULL: none */
    const proof_key_t *proof_key; /* that its tokens are bound to; NULL: none */
    int64_t certificate_ends_at_ms; /* wall time; 0: it has none */
} connection_t;

connection_t *connection_ref(const connection_t *c);
void connection_unref(const connection_t *c);
/* Appends what a token or a refusal of this connection was made under: credentials, host-wide values, definition.
 * Where it changes, neither counts any more. */
void connection_write_version(const connection_t *c, buf_t *to);
/* Only a person can bring it to life (grant.h); that nobody has yet, holds under whatever version. */
bool connection_begins_by_person(const connection_t *c);
/* Its calls need a token, or what stands for one. */
bool connection_needs_token(const connection_t *c);
/* It shows a certificate where it calls. */
bool connection_has_certificate(const connection_t *c);
/* A scope over its values. */
void connection_scope(const connection_t *c, value_scope_t *scope, int64_t wall_ms);
/* FORMAT 9: the connector may reach the URL's host, at its port. egress: as below. */
bool connection_allows_host(const connection_t *c, const egress_t *egress, const url_t *url);
/* FORMAT 9, before each request: a URL whose host the connector may reach. egress: what the operator opens (NULL: https on
 * the ports of `hosts` only). Error: egress_denied. */
CHECKED bool connection_check_host(const connection_t *c, const egress_t *egress, str_t url, err_t *err);
/* base_url of the auth or connector, evaluated in scope (which may hold a token). Errors: param_host, … */
template_outcome_t connection_base_url(const connector_t *connector, const auth_t *auth, value_scope_t *scope,
                                       buf_t *to, err_t *err);

#endif
