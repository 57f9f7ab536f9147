/* SPDX-License-Identifier: MIT */
/* What the files of the control loop share. Everything here belongs to its thread. */
#ifndef TENON_CONNECTION_MANAGER_INTERNAL_H
#define TENON_CONNECTION_MANAGER_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/map.h"
#include "connection/connect_session.h"
#include "connection/device_flow.h"
#include "connection/flight.h"
#include "connection/insist.h"
#include "connection/issuer.h"
#include "connection/manager.h"
#include "connection/nonces.h"
#include "connection/record.h"
#include "connection/registration.h"
#include "connection/revocation.h"
#include "connection/setup_link.h"
#include "connection/sign_in.h"
#include "connection/source.h"
#include "event/webhooks.h"

typedef void then_t(void *context, const err_t *err);

/* --- questions to the store (storing.c); answered in the loop --- */
void manager_store_get(manager_t *m, str_t kind, str_t id, store_on_done_t *then, void *context);
void manager_store_list(manager_t *m, str_t kind, str_t after, unsigned limit,
                        store_on_done_t *then, void *context);
void manager_store_walk(manager_t *m, str_t kind, str_t id, unsigned limit, store_on_done_t *then,
                        void *context);
void manager_store_write(manager_t *m, const store_change_t *changes, size_t n, bool durable,
                         store_on_done_t *then, void *context);

/* --- turns: one writer of a record at a time (turn.c) --- */
/* Runs now, or when those before have passed. */
void turn_take(manager_t *m, str_t name, void (*run)(void *context), void *context);
void turn_pass(manager_t *m, str_t name);

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
    bool reading;
    entry_waiter_t *waiters; /* while it is being read */
    int64_t used_at_ms;
    int64_t last_used_wall_ms; /* by a call; 0: never */
};
/* Calls on_entry now, or when the store has answered; entry is NULL with err on failure
 * (not_found). The entry lasts as long as the call. */
void entry_get(manager_t *m, str_t name, on_entry_t *on_entry, void *context);
/* Its connection under the present definitions; borrowed. */
connection_t *entry_connection(entry_t *e);
/* Puts a record in place (new or changed; taken over) and forgets what was made of the old one. */
void entry_replace(manager_t *m, connection_record_t *record);
/* Of what entry_get answers: that connection is not there any more, though another one may have its name. */
bool entry_has_lost(const entry_t *e, const err_t *err, const connection_t *c);
void entry_remove(manager_t *m, str_t name);
/* Every connection is resolved anew: definitions or host-wide values changed. */
void entries_forget_resolved(manager_t *m);
/* Drops what was not used for some minutes. */
void entries_sweep(manager_t *m, int64_t now_ms);
void entries_free(manager_t *m);

/* --- durable state --- */
/* What must be known before the first question (opening.c). */
CHECKED bool durable_open(manager_t *m, err_t *err);
/* A connection (as it was tried) was refused: keep it, tell everyone, then go on (durable.c). */
void durable_refuse_connection(manager_t *m, const connection_t *tried, const err_t *why,
                               then_t *then, void *context);
/* It works again. */
void durable_accept_connection(manager_t *m, const connection_t *tried);
/* A source was refused (FAILURE_REJECTED or LOCKED, of calls only) or must pause. version: of a
 * connection. */
void durable_refuse_source(manager_t *m, const source_t *s, const refusal_t *refusal, then_t *then,
                           void *context);
/* Its pause is over. */
void durable_forget_pause(manager_t *m, str_t key);
void durable_keep_gate(manager_t *m, const connection_t *c, int64_t until_wall_ms);
/* Deletes what has run out, now and then (tidy.c). */
void tidy(manager_t *m, int64_t now_ms);

/* --- hosts that issuers name (discovered.c) --- */
/* Whether a connection may go where its issuer's metadata leads: where it did when it was first asked. Else it is in review
 * from now on. Error: definition_changed. */
CHECKED bool discovered_check(manager_t *m, const connection_t *c, grant_build_t *build,
                              const grant_metadata_t *metadata, err_t *err);
/* The same by a record alone, whose connection may be gone: only where it has been before. Error: definition_changed. */
CHECKED bool discovered_before(const connection_t *c, const json_t *plain, const grant_metadata_t *metadata, err_t *err);
/* An admin accepts whatever is named next; plain: of its record. */
void discovered_accept(json_t *plain);

/* --- the data keys (ring.c), and the master keys that they stand under (handover.c) --- */
enum { HANDOVERS_MAX = 8, MASTER_KEY_ID = 17 };
typedef struct ring {
    keyring_entry_t active;   /* with the count that the store holds */
    keyring_entry_t *retired; /* records may still stand under their seal */
    size_t retired_count;
    secret_t *master;                            /* under which the data keys stand in the store */
    char handovers[HANDOVERS_MAX][MASTER_KEY_ID]; /* master keys that the store opens with, too */
    size_t handover_count;
    bool writing;
    void (*when_idle)(void *context); /* whoever waits until nothing is written; NULL: nobody does */
    void *idle_context;
} ring_t;
/* Opened first, since a wrong master key must change nothing. */
CHECKED bool ring_open(manager_t *m, err_t *err);
/* Counts on, and makes a new data key when one is due. */
void ring_sweep(manager_t *m);
/* As soon as none of these is being written; one waits at a time (whoever has the turn `keyring`). */
void ring_when_idle(manager_t *m, void (*run)(void *context), void *context);
/* Makes a new data key now, together with one more change (an audit line); errors: store_unavailable, param_limit. */
void ring_rotate(manager_t *m, const store_change_t *with, then_t *then, void *context);
/* These data keys seal no record any more: durable, then they are wiped. */
void ring_drop_before(manager_t *m, uint32_t id, then_t *then, void *context);
/* At the end: the exact count. */
void ring_close(manager_t *m);
void ring_free(manager_t *m);
/* A put of an entry; texts live in the arena. */
void ring_describe(arena_t *arena, const keyring_entry_t *entry, store_change_t *change);

/* The store opens with the next master key, too, from then on. */
void handover_begin(manager_t *m, const secret_t *next, const store_change_t *with, then_t *then,
                    void *context);
/* The next master key is in its place: the store opens with no other from then on. */
void handover_end(manager_t *m, secret_t *next, const store_change_t *with, then_t *then,
                  void *context);
/* At the start: looks for handovers, and for the master key before under the one that was given (NULL: none). */
CHECKED bool handover_look(manager_t *m, secret_t **before, err_t *err);
/* At the start, with entries that were opened under the one before. */
CHECKED bool handover_settle(manager_t *m, err_t *err);

/* --- records under retired data keys are sealed anew, a few at a time (reseal.c) --- */
typedef struct reseal {
    loop_timer_t timer;
    bool running;
    uint32_t under; /* the data key that was active when the pass began */
    char *kind, *id; /* of the last record seen */
    uint64_t seen, resealed, left; /* of this pass, or the last; left: they do not open */
    int64_t pause_ms;
} reseal_t;
void reseal_init(manager_t *m);
/* There are retired data keys: begins a pass, soon; one under way begins anew. */
void reseal_renew(manager_t *m);
/* What failed is tried again. */
void reseal_sweep(manager_t *m);
void reseal_close(manager_t *m);

/* What a new snapshot means for the audit trail (definition_lines.c). */
void definition_lines(manager_t *m, const snapshot_t *before, const snapshot_t *after);

/* --- changes told to every loop (news.c) --- */
/* then runs when every listener has taken note. */
void manager_tell(manager_t *m, change_kind_t kind, str_t id, then_t *then, void *context);
/* The listeners have stopped for good: nobody will take note, so nobody waits for that. */
void manager_abandon_news(manager_t *m);

/* --- usage: what loops have counted (usage_pending.c), on its way into the store (usage_keep.c) --- */
/* Everything that loops have counted by now is here when then runs. */
void usage_collect(manager_t *m, then_t *then, void *context);
void usage_count_token_request(manager_t *m, str_t connection);
/* Drops what is pending of a connection that was removed. */
void usage_forget(manager_t *m, str_t connection);
/* Collects and writes. */
void usage_sweep(manager_t *m);
/* The loops have stopped: writes what they have counted. */
void usage_close(manager_t *m);
void usage_free(manager_t *m);
void key_used_free(manager_t *m);

/* --- connections by state (census.c) --- */
typedef struct census {
    loop_timer_t timer;
    bool running, stale; /* stale: something has changed since it began */
    char after[64];
    int64_t pause_ms;
    unsigned counting[CONNECTION_STATE_COUNT];
    atomic_uint states[CONNECTION_STATE_COUNT]; /* of the last count */
    atomic_bool known;
} census_t;
void census_init(manager_t *m);
/* Something changed: counts anew, soon. */
void census_renew(manager_t *m);
void census_sweep(manager_t *m);
void census_close(manager_t *m);

/* --- the state that each connection was told to be in (states.c) --- */
/* It was resolved: tells, where it is in another state than before. */
void states_note(manager_t *m, const connection_t *c);
/* It is about to be made. */
void states_begin(manager_t *m, str_t name);
void states_forget(manager_t *m, str_t name);
/* 0: it is ready, or nobody has looked yet. Wall time. */
int64_t states_since(const manager_t *m, str_t name);
/* One that the store holds. */
void states_take(manager_t *m, const store_record_t *record);
/* circumstances.c */
void circumstances_find(manager_t *m, const connection_t *c, int64_t last_used_wall_ms,
                        connection_circumstances_t *out);

/* --- gates that are closed, told (gates.c) --- */
void gates_open(manager_t *m);
void gates_close(manager_t *m);
void gates_note(manager_t *m, const connection_t *c, int64_t until_wall_ms);

/* --- administration (admin_*.c): one function a verb --- */
typedef struct admin_call {
    exchange_t exchange;
    manager_t *manager;
    admin_verb_t verb;
    json_t *input;
    actor_t actor;
    manager_on_admin_t *on_done;
    void *context;
    json_t *output;
    err_t err;
    char turn[80]; /* whose turn it has; "": none */
    bool has_line; /* of the audit trail, in the store */
    bool is_told;  /* that it was refused, too */
    /* admin_used.c */
    json_t *used; /* id -> time of its latest use; NULL: not asked for */
    str_t used_kind;
    void (*on_used)(struct admin_call *call);
} admin_call_t;
/* Ends the call and its turn: output is stolen (NULL where err is set), as are err's details. */
void admin_answer(admin_call_t *call, json_t *output, const err_t *err);
/* The same for a change that was told as an event: that is durable by the answer, too. */
void admin_answer_told(admin_call_t *call, json_t *output);
/* Takes the turn of a name, until the answer. */
void admin_take_turn(admin_call_t *call, str_t name, void (*run)(void *context), void *context);
/* The line that the audit trail gets of a verb; AUDIT_NONE: it changes nothing. */
audit_what_t admin_what(admin_verb_t verb);
/* False where it would leave no line. Error: audit_unavailable. */
CHECKED bool admin_may_change(admin_call_t *call, err_t *err);
/* That a change was refused. */
void admin_line_refused(admin_call_t *call, const err_t *err);
/* Webhooks that the store holds (admin_webhooks.c), and how far they had got. */
void webhooks_take(manager_t *m, const store_record_t *record);
void webhooks_take_progress(manager_t *m, const store_record_t *record);

/* --- events (tell.c) --- */
void tell_connection(const admin_call_t *call, const connection_record_t *r);
void tell_removed(const admin_call_t *call, str_t name);
void tell_key_created(const admin_call_t *call, const json_t *shown);
void tell_key_revoked(const admin_call_t *call, str_t id);
void tell_definitions(manager_t *m, const snapshot_t *before, const snapshot_t *now);

void admin_connection_create(admin_call_t *call);
void admin_connection_list(admin_call_t *call);
void admin_connection_show(admin_call_t *call);
void admin_connection_change(admin_call_t *call);
void admin_connection_remove(admin_call_t *call);
void admin_connection_reset(admin_call_t *call);
void admin_connection_usage(admin_call_t *call);
void admin_key_add(admin_call_t *call);
void admin_setup(admin_call_t *call);
void admin_key_list(admin_call_t *call);
void admin_key_show(admin_call_t *call);
void admin_key_revoke(admin_call_t *call);
void admin_parameters_show(admin_call_t *call);
void admin_parameters_set(admin_call_t *call);
void admin_keyring_show(admin_call_t *call);
void admin_keyring_rotate(admin_call_t *call);
void admin_keyring_rewrap(admin_call_t *call);
void admin_backup_make(admin_call_t *call);
void admin_webhook_add(admin_call_t *call);
void admin_webhook_list(admin_call_t *call);
void admin_webhook_show(admin_call_t *call);
void admin_webhook_remove(admin_call_t *call);
void admin_webhook_rotate(admin_call_t *call);
void admin_webhook_enable(admin_call_t *call);
void admin_webhook_test(admin_call_t *call);
void admin_session_create(admin_call_t *call);
void admin_session_trade(admin_call_t *call);
void admin_session_show(admin_call_t *call);
void admin_session_note(admin_call_t *call);
void admin_sign_in_begin(admin_call_t *call);
void admin_sign_in_end(admin_call_t *call);
/* Sign-ins whose address is not known yet. */
typedef struct sign_in_begin sign_in_begin_t;
/* The host ends: who waits for one is told. */
void sign_in_begins_end(manager_t *m);
void admin_device_begin(admin_call_t *call);
void admin_device_show(admin_call_t *call);

enum { LISTENERS_MAX = 64 };
typedef struct listener {
    loop_t *loop;
    manager_on_change_t *on_change;
    void *context;
} listener_t;

struct news;
struct manager {
    manager_options_t options;
    pthread_t thread;
    loop_t *loop;
    loop_message_t stop_message;
    bool stopping;
    unsigned pending; /* questions to the store */
    upstream_t *upstream;
    keyring_t *keyring;
    audit_t *audit;
    ring_t ring;
    reseal_t reseal;
    uint64_t restores;      /* how often the store was restored from a backup */
    int64_t restored_at_ms; /* the last time; wall time */
    token_cache_t *tokens;
    unsigned char call_secret[32];
    snapshot_t *snapshot;
    map_t *entries;      /* name -> entry_t */
    map_t *turns;        /* name -> who waits for it */
    map_t *sources;      /* key -> source_t */
    size_t call_sources; /* of those, not of a connection */
    flight_t *flights;   /* list of all */
    insisting_t *insisting; /* list of all */
    connect_sessions_t *sessions;
    sign_ins_t *sign_ins;
    sign_in_begin_t *sign_in_begins; /* list of all */
    registration_t *registrations;   /* list of all */
    issuers_t *issuers;
    nonces_t *nonces; /* of token endpoints */
    map_t *device_flows; /* connection -> device_flow_t */
    map_t *revocations;  /* id -> revocation_t */
    map_t *token_hosts;  /* host -> token_host_t */
    map_t *host_values;  /* connector -> host_values_t */
    struct news *news;   /* not yet noted by all */
    listener_t listeners[LISTENERS_MAX];
    unsigned listener_count;
    pthread_mutex_t listener_lock;
    caller_key_t *admin_key;
    setup_link_t setup;
    loop_timer_t sweep;
    int64_t tidy_at_ms;
    bool tidying;
    metrics_shard_t *shard;
    census_t census;
    atomic_uint entry_count; /* for others to read */
    map_t *usage;            /* connection -> usage_pending_t */
    map_t *keys_used;        /* key -> time of its latest use, to be written */
    unsigned usage_round, usage_keeping; /* rounds of writing; connections that are being written */
    events_t *events;
    webhooks_t *webhooks;
    map_t *states; /* connection -> state_note_t */
    map_t *gates;  /* connection -> closed_gate_t */
    loop_timer_t gates_timer;
};

#endif
