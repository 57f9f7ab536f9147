/* SPDX-License-Identifier: MIT */
/* The control loop (DESIGN 9): one thread that owns the state of every connection - records, token flights,
 * backoff, rejections, keys. Data loops ask by exchange and get one answer; what they may read without asking is
 * the token cache. Every change is told to all listeners, and acknowledged by them, before the one who changed it
 * gets an answer: nobody serves a revoked key or an old secret after that. */
#ifndef TENON_CONNECTION_MANAGER_H
#define TENON_CONNECTION_MANAGER_H

#include "audit/audit.h"
#include "base/actor.h"
#include "base/exchange.h"
#include "base/secret.h"
#include "connection/connection.h"
#include "connection/key.h"
#include "connection/token.h"
#include "connection/usage_book.h"
#include "definition/catalogue/catalogue.h"
#include "event/events.h"
#include "metrics/metrics.h"
#include "seal/keyring.h"
#include "store/store.h"
#include "throttle/throttle.h"
#include "upstream/upstream.h"

typedef struct manager manager_t;
typedef struct manager_options {
    store_t *store;
    secret_t *master_key; /* for the start; who holds it may let go of it then */
    catalogue_t *catalogue;
    throttle_t *throttle;
    metrics_t *metrics;
    upstream_options_t upstream;
    int64_t token_timeout_ms;      /* of one token request */
    unsigned token_requests_per_host;
    size_t token_answer_bytes_max, token_bytes_max; /* at most those of grant/grant.h */
    size_t call_tokens_max;        /* tokens whose credentials came with the call */
    str_t public_url;              /* without trailing `/`: where browsers come back to */
    bool callback_per_connector;   /* to /oauth/callback/{connector}, not to /oauth/callback */
    str_t connect_return_urls;     /* comma-separated; where a connect page may lead in the end; absent: nowhere */
    size_t events_kept;            /* 0: the usual number */
    unsigned event_listeners;      /* live streams of events at a time */
    trail_options_t audit;         /* but for store and key ring */
    str_t setup_code;              /* of the set-up link (setup_link.h); absent: none. Only its digest is kept */
    const char *setup_file;        /* that shows the link, and is removed with it; NULL: none */
    str_t admin_key;               /* TENON_ADMIN_KEY; absent: none. Only its digest is kept */
} manager_options_t;

/* Opens the key ring, loads what must be in memory (rejections, gates) and starts the thread. Errors: those of
 * the key ring and the store. */
manager_t *manager_start(const manager_options_t *options, err_t *err);
/* Answers who waits (draining), finishes what is being written, ends the thread. The threads of askers and listeners have
 * ended, the catalogue is closed; their loops are still there (what was posted to them may be run or dropped), and so is
 * the store, which is closed afterwards. */
void manager_stop(manager_t *m);
/* Its own, for whoever wants to see it turn. */
loop_t *manager_loop(const manager_t *m);
token_cache_t *manager_tokens(manager_t *m);
/* Belongs to the control loop (event/events.h). */
events_t *manager_events(const manager_t *m);
audit_t *manager_audit(const manager_t *m);
/* For what it tells of itself; from any thread. */
store_t *manager_store(const manager_t *m);
/* HMAC key for the token keys of credentials that come with a call. Borrowed, 32 bytes, the same over restarts. */
str_t manager_call_token_secret(manager_t *m);

/* What changed: a listener drops what it remembers of it. CHANGE_USAGE: nothing did, but what the listener has counted
 * is wanted (manager_hand_usage); so once more at the end, in the control loop's thread. */
typedef enum { CHANGE_CONNECTION, CHANGE_KEY, CHANGE_ALL, CHANGE_USAGE } change_kind_t;
typedef void manager_on_change_t(void *context, change_kind_t kind, str_t id);
/* Before requests are served; runs in loop's thread. */
void manager_listen(manager_t *m, loop_t *loop, manager_on_change_t *on_change, void *context);

/* --- questions of a data loop; the answer comes in its thread; exchange_cancel on what is returned --- */

/* on_found: a reference of its own, or NULL with err (not_found, store_unavailable). */
typedef void manager_on_connection_t(void *context, connection_t *connection, const err_t *err);
exchange_t *manager_find_connection(manager_t *m, str_t name, manager_on_connection_t *on_found, void *context);
/* By id, of a key whose checksum held. NULL: there is none, or it is revoked. */
typedef void manager_on_key_t(void *context, caller_key_t *key, const err_t *err);
exchange_t *manager_find_key(manager_t *m, str_t id, manager_on_key_t *on_found, void *context);
/* The key of TENON_ADMIN_KEY, or NULL. Borrowed, immutable. */
const caller_key_t *manager_admin_key(const manager_t *m);

/* A token for a call. One flight a token key, whoever asks. */
typedef struct token_ask {
    const connection_t *connection; /* whose URLs, values and definition; kept by reference */
    /* Credentials from the call: the action's grant and its checked input (kept by reference), and the token key that
     * token_key_of_call made; else NULL, NULL and absent. */
    const grant_definition_t *grant;
    json_t *input;
    str_t key;
    bool force;          /* Cache-Control: no-cache: a new token, at most once in 60 s a token */
    uint64_t not_this;   /* an API refused the token of this generation: give another; 0: any */
} token_ask_t;
/* on_token: a reference of its own, or NULL with err. fresh: it was fetched for those who waited. */
typedef void manager_on_token_t(void *context, token_t *token, bool fresh, const err_t *err);
exchange_t *manager_get_token(manager_t *m, const token_ask_t *ask, manager_on_token_t *on_token, void *context);

/* The token key of a connection under its present definition: appends to `to`. */
void token_key_of_connection(const connection_t *c, buf_t *to);
/* Of a call that carries its credentials: HMAC over the token request's URL, headers and parameters, secrets included, and
 * the connection's name and version; now() and uuid() stand still. Appends to `to`. Errors: those of grant_build_request. */
CHECKED bool token_key_of_call(const connection_t *c, const grant_definition_t *grant, const json_t *input,
                               str_t secret, int64_t wall_ms, buf_t *to, err_t *err);

/* --- administration: JSON in, JSON out; actor: who asks for it --- */
typedef enum {
    ADMIN_CONNECTION_CREATE, /* {name, connector, auth?, title?, parameters} -> the connection */
    ADMIN_CONNECTION_LIST,   /* {limit?, after?, connector?, names?: [..]} -> {connections: [..], next?} */
    ADMIN_CONNECTION_SHOW,   /* {name} */
    ADMIN_CONNECTION_CHANGE, /* {name, title?, auth?, parameters?, accept?: true} */
    ADMIN_CONNECTION_REMOVE, /* {name} -> null */
    ADMIN_CONNECTION_RESET,  /* {name}: forget token, rejection, backoff */
    ADMIN_CONNECTION_USAGE,  /* {name, resolution: "minute" | "hour"} */
    ADMIN_KEY_ADD,           /* {role, connections?, rights?, expires_in?} -> {id, key, …} */
    ADMIN_SETUP,             /* {setup: the code} -> the same: the first admin key */
    ADMIN_KEY_LIST,          /* {limit?, after?} -> {keys: [..], next?} */
    ADMIN_KEY_SHOW,          /* {id} */
    ADMIN_KEY_REVOKE,        /* {id} -> null */
    ADMIN_PARAMETERS_SHOW,   /* {connector} -> its `ask: admin` parameters, secrets as {set} */
    ADMIN_PARAMETERS_SET,    /* {connector, parameters} */
    ADMIN_KEYRING_SHOW,   /* {} -> {data_keys: [..], resealing, master_key} */
    ADMIN_KEYRING_ROTATE, /* {} -> the same: a new data key, and the records of before are sealed anew at leisure */
    ADMIN_KEYRING_REWRAP, /* {new_master_key, in_place?: true} -> the same: the store opens with that one, too; in_place:
                           * it stands where the host finds it, so with no other */
    ADMIN_BACKUP_MAKE,    /* {} -> {file, bytes}: in the data folder, for the asker to take away */
    ADMIN_WEBHOOK_ADD,       /* {url, types?, connections?, title?} -> {id, secret, …}: the secret this once */
    ADMIN_WEBHOOK_LIST,      /* {} -> {webhooks: [..]} */
    ADMIN_WEBHOOK_SHOW,      /* {id} */
    ADMIN_WEBHOOK_REMOVE,    /* {id} -> null */
    ADMIN_WEBHOOK_ROTATE,    /* {id} -> {id, secret, …}: another secret; the one before holds for another day */
    ADMIN_WEBHOOK_ENABLE,    /* {id}: one that was switched off is sent what it missed */
    ADMIN_WEBHOOK_TEST,      /* {id} -> {ok, status?, detail?} */
    /* Connect pages. A session's cookie stands for its link. */
    ADMIN_SESSION_CREATE, /* {connector | connection, auths?, name?, title?, parameters?, requester?, return_url?} ->
                           * {link, connection, expires_in} */
    ADMIN_SESSION_TRADE,  /* {link, cookies: {id: value}} -> {id, cookie?}: a cookie once */
    ADMIN_SESSION_SHOW,   /* {id, cookie} -> what it was made with, and {id, csrf, made_by, is_made, device?, outcome?} */
    ADMIN_SESSION_NOTE,   /* {id, cookie, is_made?, outcome?} -> null */
    ADMIN_SIGN_IN_BEGIN,  /* {name, session} -> {url, state, binding}: where the browser goes, what it is to hold */
    ADMIN_SIGN_IN_END,    /* {state, binding, path, callback} -> {name, session}; how it went is the session's outcome */
    ADMIN_DEVICE_BEGIN,   /* {name, session?} -> as below: a code for a person to type in elsewhere */
    ADMIN_DEVICE_SHOW,    /* {name} -> {status, user_code, verification_uri, …}, or why it failed */
    ADMIN_VERB_COUNT
} admin_verb_t;
typedef void manager_on_admin_t(void *context, json_t *output, const err_t *err);
/* input is stolen, actor is copied. output: borrowed for the call; NULL with err set, or where there is nothing to say. */
exchange_t *manager_admin(manager_t *m, admin_verb_t verb, json_t *input, const actor_t *actor,
                          manager_on_admin_t *on_done, void *context);

/* Where a service sends people back to who sign in to this connector. In the arena; any thread. */
str_t manager_redirect_uri_in(const manager_t *m, arena_t *arena, str_t connector);

/* From any loop: an API asked for a pause until then (clock_boot_ms): closes the gate, over a restart too. */
void manager_close_gate(manager_t *m, const connection_t *connection, int64_t until_ms);
/* From any listener, asked for or not: takes the pages over. */
void manager_hand_usage(manager_t *m, usage_page_t *pages);

/* --- for readiness and metrics; from any thread --- */
bool manager_is_ready(manager_t *m);
typedef struct manager_figures {
    bool counted; /* the connections were */
    unsigned connections[CONNECTION_STATE_COUNT];
    unsigned in_memory;
} manager_figures_t;
void manager_read_figures(manager_t *m, manager_figures_t *out);

#endif
