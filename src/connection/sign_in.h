/* SPDX-License-Identifier: MIT */
/* A person's way through their browser (RFC 6749 4.1): from the address they are sent to until they come back with a code.
 * What is under way lives in memory alone, at most ten minutes; after a restart a person begins again. Of state and
 * binding only hashes are kept. The control loop's. */
#ifndef TENON_CONNECTION_SIGN_IN_H
#define TENON_CONNECTION_SIGN_IN_H

#include "connection/browser_secret.h"
#include "connection/manager.h"

typedef struct sign_in {
    browser_digest_t state, binding;
    bool used;                /* then only told from one that never was */
    int64_t expires_at_ms;    /* clock_boot_ms */
    char session[BROWSER_ID_ROOM]; /* the connect session that it belongs to */
    connection_t *connection; /* a reference: as it was when it began */
    json_t *oauth;            /* what is sent with what they bring: redirect_uri, code_verifier…; NULL once it is used */
    bool must_name_issuer;    /* the server has promised `iss` in every answer (RFC 9207 2.4) */
} sign_in_t;

typedef struct sign_ins sign_ins_t;
sign_ins_t *sign_ins_new(void);
void sign_ins_free(sign_ins_t *all);
void sign_ins_sweep(sign_ins_t *all, int64_t now_ms);

/* A new one for a connection, with what its browser is to hold in base64url. The oldest of a session makes room for its
 * sixth. Error: over_capacity. */
typedef struct sign_in_secrets {
    char state[BROWSER_SECRET_ROOM], binding[BROWSER_SECRET_ROOM], verifier[BROWSER_SECRET_ROOM];
} sign_in_secrets_t;
sign_in_t *sign_in_new(sign_ins_t *all, const connection_t *connection, str_t session, sign_in_secrets_t *out,
                       err_t *err);
/* That one, if its state and binding are right and it is neither used nor too old; borrowed. Errors: callback_state,
 * callback_state_used, callback_state_expired, callback_session_mismatch. */
sign_in_t *sign_in_find(sign_ins_t *all, str_t state, str_t binding, err_t *err);
/* Its one use: what it sends (a reference); the rest is forgotten. */
json_t *sign_in_use(sign_in_t *s);

/* A person may sign in to it in this way: it can run, and is open. Errors: why it is not. */
CHECKED bool sign_in_is_possible(const connection_t *c, sign_in_way_t way, err_t *err);

/* Its connection was removed meanwhile. sent: for which one something was sent to the service by then; NULL: for none. */
void sign_in_is_lost(const connection_t *sent, err_t *err);

/* How a person's sign-in ended, in whatever way: told to all loops where it went well, then to the session's page, the
 * log and the audit trail (sign_in_outcome.c). Copied. */
typedef struct sign_in_outcome {
    manager_t *manager;
    char name[64];                 /* the connection's */
    char session[BROWSER_ID_ROOM]; /* "": none */
    actor_t actor;                 /* who began it */
    err_t err;                     /* none: it went well */
    const connection_t *connection; /* that it went well for; borrowed */
    void (*then)(void *context);   /* may be NULL */
    void *context;
} sign_in_outcome_t;
void sign_in_tell(const sign_in_outcome_t *outcome);

#endif
