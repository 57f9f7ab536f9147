/* SPDX-License-Identifier: MIT */
/* What the files of the control loop share. Everything here belongs to its thread. */
#ifndef TENON_CONNECTION_MANAGER_INTERNAL_H
#define TENON_CONNECTION_MANAGER_INTERNAL_H

#include <pthread.h>

#include "base/map.h"
#include "connection/manager.h"
#include "connection/record.h"
#include "grant/grant.h"

/* --- entries: connections in use (entry.c) --- */
typedef struct entry entry_t;
typedef void on_entry_t(void *context, entry_t *entry, const err_t *err);
typedef struct entry_waiter {
    struct entry_waiter *next;
    on_entry_t *on_entry;
    void *context;
} entry_waiter_t;
struct entry {
    manager_t *manager;
    char name[64];
    connection_record_t *record; /* NULL while it is being read */
    connection_t *resolved;      /* NULL: resolve anew at the next look */
    entry_waiter_t *waiters;     /* while it is being read */
    int64_t used_at_ms;
};
/* Calls on_entry now, or when the store has answered; entry is NULL with err on failure (not_found). */
void entry_get(manager_t *m, str_t name, on_entry_t *on_entry, void *context);
/* Its connection under the present definitions; borrowed. */
connection_t *entry_connection(entry_t *e);
/* Puts a record in place (new or changed; taken over) and forgets what was made of the old one. */
void entry_replace(manager_t *m, connection_record_t *record);
void entry_remove(manager_t *m, str_t name);
/* Every connection is resolved anew: definitions or host-wide values changed. */
void entries_forget_resolved(manager_t *m);
/* Drops what was not used for some minutes. */
void entries_sweep(manager_t *m, int64_t now_ms);
void entries_free(manager_t *m);

/* --- sources: where tokens come from, one a token key (source.c) --- */
typedef struct flight flight_t;
typedef struct source_flight source_flight_t;
typedef struct token_waiter {
    struct token_waiter *next;
    void (*on_token)(void *context, token_t *token, bool fresh, const err_t *err); /* token borrowed */
    void *context;
} token_waiter_t;
typedef struct source {
    manager_t *manager;
    str_t key;             /* "c/NAME" of a connection, or the token key of a call */
    bool of_connection;
    char *cache_key;       /* under which the token stands in the shared map */
    token_t *token;        /* the last one; NULL: none */
    unsigned char fingerprint[32]; /* what it is for */
    source_flight_t *flight; /* the one that new askers join; NULL: none */
    unsigned flying;       /* with those that were reset meanwhile */
    unsigned failures;     /* transient ones in a row */
    int64_t backoff_until_ms;
    err_t last_failure;
    int64_t short_lived_at_ms[2]; /* when tokens without a lifetime were fetched */
    int64_t forced_at_ms;  /* the last time a living token was thrown away on demand */
    int64_t used_at_ms;
} source_t;
source_t *source_get(manager_t *m, str_t key, bool of_connection);
/* Forgets token, backoff and guards; a flight under way ends without effect. */
void source_reset(manager_t *m, str_t key);
void sources_sweep(manager_t *m, int64_t now_ms);
void sources_free(manager_t *m);
/* Answers at once or when the flight lands. */
void source_ask(source_t *s, const token_ask_t *ask, token_waiter_t *waiter);

/* --- flights: one token request (flight.c) --- */
/* What a flight brings. */
typedef struct landing {
    bool ok;
    json_t *members; /* borrowed; ok only */
    int64_t lifetime_ms;
    bool refresh_kept;
    int64_t sent_at_ms;
    failure_class_t failure;
    err_t err;
    unsigned char fingerprint[32];
} landing_t;
typedef void on_landing_t(void *context, const landing_t *landing);
/* Always lands, later, never from inside this call. */
flight_t *flight_start(manager_t *m, const connection_t *connection, const grant_definition_t *grant,
                       const json_t *input, on_landing_t *on_landing, void *context);
/* on_landing will not come. */
void flight_cancel(flight_t *f);
/* What a connection's token is for, under its present definition. */
CHECKED bool flight_fingerprint(const connection_t *connection, unsigned char out[32], err_t *err);

/* --- durable state (durable.c) --- */
CHECKED bool durable_open(manager_t *m, err_t *err);
/* A connection was refused: keep it, tell everyone, then go on. */
typedef void then_t(void *context, const err_t *err);
void durable_refuse_connection(manager_t *m, str_t name, const err_t *why, then_t *then, void *context);
void durable_accept_connection(manager_t *m, str_t name);
void durable_refuse_call(manager_t *m, str_t key, const err_t *why, then_t *then, void *context);
void durable_keep_token(manager_t *m, const source_t *s, str_t name, uint64_t credential_generation);
/* Reads a connection's token back (at most once an entry); on_done comes later. */
void durable_load_token(manager_t *m, source_t *s, str_t name, uint64_t credential_generation, then_t *then,
                        void *context);
void durable_forget_token(manager_t *m, str_t name);
void durable_keep_gate(manager_t *m, str_t connector, str_t gate, int64_t until_wall_ms);

/* --- changes told to every loop (manager.c) --- */
/* then runs when every listener has taken note. */
void manager_tell(manager_t *m, change_kind_t kind, str_t id, then_t *then, void *context);

/* --- administration (admin_*.c): one function a verb --- */
typedef struct admin_call {
    exchange_t exchange;
    manager_t *manager;
    admin_verb_t verb;
    json_t *input;
    char who[64];
    manager_on_admin_t *on_done;
    void *context;
    json_t *output;
    err_t err;
    void *work; /* of the verb's own, freed by it */
} admin_call_t;
/* Ends the call: output is stolen (NULL where err is set). */
void admin_answer(admin_call_t *call, json_t *output, const err_t *err);
/* Fills one change with an audit line; texts live in the arena. */
void audit_line(admin_call_t *call, arena_t *arena, const char *action, str_t object, store_change_t *change);
void admin_connection_create(admin_call_t *call);
void admin_connection_list(admin_call_t *call);
void admin_connection_show(admin_call_t *call);
void admin_connection_change(admin_call_t *call);
void admin_connection_remove(admin_call_t *call);
void admin_connection_reset(admin_call_t *call);
void admin_key_add(admin_call_t *call);
void admin_key_list(admin_call_t *call);
void admin_key_revoke(admin_call_t *call);
void admin_parameters_show(admin_call_t *call);
void admin_parameters_set(admin_call_t *call);

enum { LISTENERS_MAX = 64 };
typedef struct listener {
    loop_t *loop;
    manager_on_change_t *on_change;
    void *context;
} listener_t;

struct manager {
    manager_options_t options;
    pthread_t thread;
    loop_t *loop;
    upstream_t *upstream;
    keyring_t *keyring;
    token_cache_t *tokens;
    unsigned char call_secret[32];
    snapshot_t *snapshot;
    map_t *entries;      /* name -> entry_t */
    map_t *sources;      /* key -> source_t */
    source_flight_t *flying; /* list of all */
    map_t *token_hosts;  /* host -> token_host_t */
    map_t *host_values;  /* connector -> json_t: its `ask: admin` parameters, secrets included */
    map_t *host_generations; /* connector -> generation of that record, as uintptr_t */
    listener_t listeners[LISTENERS_MAX];
    unsigned listener_count;
    pthread_mutex_t listener_lock;
    caller_key_t *admin_key;
    loop_timer_t sweep;
    unsigned audit_count; /* to tell lines of one millisecond apart */
};

#endif
