/* SPDX-License-Identifier: MIT */
/* The control loop's thread: what it starts with, what it does now and then, how it ends. */
#include "connection/manager.h"

#include <signal.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "base/mem.h"
#include "connection/key_record.h"
#include "connection/manager_internal.h"
#include "seal/hash.h"

enum { SWEEP_MS = 60 * 1000 };

typedef struct swap {
    manager_t *manager;
    snapshot_t *before, *now; /* references */
} swap_t;

/* Whoever hears of it may ask any loop at once. */
static void on_swapped(void *context, const err_t *err)
{
    swap_t *s = context;
    (void)err;
    tell_definitions(s->manager, s->before, s->now);
    snapshot_unref(s->before);
    snapshot_unref(s->now);
    free(s);
}

/* The catalogue swapped its snapshot: what was resolved against the old one is stale everywhere.
 * The other loops were told before this one (catalogue.h). */
static void on_snapshot(void *context, snapshot_t *snapshot)
{
    manager_t *m = context;
    swap_t *swap = mem_new(swap_t);
    *swap = (swap_t){m, m->snapshot, snapshot_ref(snapshot)};
    definition_lines(m, m->snapshot, snapshot);
    m->snapshot = snapshot;
    metrics_shard_keep(m->shard, snapshot_knows, snapshot);
    entries_forget_resolved(m);
    manager_tell(m, CHANGE_ALL, STR_NONE, on_swapped, swap);
}

/* --- the thread --- */

static void sweep(void *context)
{
    manager_t *m = context;
    int64_t now = clock_boot_ms();
    entries_sweep(m, now);
    sources_sweep(m, now);
    connect_sessions_sweep(m->sessions, now);
    setup_link_sweep(&m->setup, now);
    sign_ins_sweep(m->sign_ins, now);
    issuers_sweep(m->issuers, now);
    device_flows_sweep(m, now);
    throttle_sweep(m->options.throttle, now);
    ring_sweep(m);
    reseal_sweep(m);
    tidy(m, now);
    usage_sweep(m);
    census_sweep(m);
    loop_timer_set(&m->sweep, now + SWEEP_MS);
}

/* Comes behind everything that was asked. Whoever waits is answered, whatever is to be written is
 * written at once. */
static void begin_to_stop(loop_message_t *message)
{
    manager_t *m = STRUCT_OF(message, manager_t, stop_message);
    m->stopping = true;
    loop_timer_clear(&m->sweep);
    census_close(m);
    reseal_close(m);
    webhooks_stop(m->webhooks);
    device_flows_end(m);
    revocations_end(m);
    sources_end(m);
    flights_end(m);
    issuers_end(m->issuers);
    sign_in_begins_end(m);
    registrations_end(m);
    insist_end(m);
    manager_abandon_news(m);
    usage_close(m);
    manager_store_write(m, NULL, 0, true, NULL,
                        NULL); /* what waits for company in the store goes with it */
}

static void *run(void *context)
{
    manager_t *m = context;
    while (!m->stopping || m->pending || m->flights || m->insisting) {
        loop_turn(m->loop, -1);
        if (m->stopping) {
            manager_abandon_news(m);
        }
    }
    return NULL;
}

static void keep_admin_key(manager_t *m)
{
    if (!m->options.admin_key.n) {
        return;
    }
    unsigned char digest[HASH_BYTES_MAX];
    hash_bytes(HASH_SHA256, m->options.admin_key, digest);
    m->admin_key = caller_key_new();
    memcpy(m->admin_key->id, "env", 4);
    m->admin_key->is_admin = true;
    memcpy(m->admin_key->digest, digest, sizeof m->admin_key->digest);
    m->options.admin_key = STR_NONE;
}

static void keep_setup_code(manager_t *m)
{
    if (m->options.setup_code.n) {
        setup_link_open(&m->setup, m->options.setup_code, m->options.setup_file, clock_boot_ms());
        m->options.setup_code = STR_NONE;
    }
}

static void free_host_values(void *value)
{
    host_values_t *host = value;
    json_decref(host->values);
    free(host);
}

static void free_manager(manager_t *m)
{
    webhooks_free(m->webhooks);
    audit_close(m->audit);
    upstream_free(m->upstream);
    sources_free(m);
    entries_free(m);
    usage_free(m);
    key_used_free(m);
    sign_ins_free(m->sign_ins);
    issuers_free(m->issuers);
    nonces_free(m->nonces);
    device_flows_free(m);
    revocations_free(m);
    connect_sessions_free(m->sessions);
    setup_link_close(&m->setup);
    map_free_with(m->token_hosts, free);
    map_free_with(m->host_values, free_host_values);
    map_free_with(m->states, free);
    map_free(m->turns);
    token_cache_free(m->tokens);
    keyring_free(m->keyring);
    ring_free(m);
    snapshot_unref(m->snapshot);
    caller_key_unref(m->admin_key);
    pthread_mutex_destroy(&m->listener_lock);
    secret_wipe(m->call_secret, sizeof m->call_secret);
    loop_timer_clear(&m->sweep);
    census_close(m);
    reseal_close(m);
    gates_close(m);
    events_free(m->events);
    loop_free(m->loop);
    free(m);
}

static manager_t *new_manager(const manager_options_t *options)
{
    manager_t *m = mem_new(manager_t);
    m->options = *options;
    m->loop = loop_new();
    pthread_mutex_init(&m->listener_lock, NULL);
    m->entries = map_new();
    m->turns = map_new();
    m->sources = map_new();
    m->sessions = connect_sessions_new();
    m->sign_ins = sign_ins_new();
    m->issuers = issuers_new();
    m->nonces = nonces_new();
    m->device_flows = map_new();
    m->revocations = map_new();
    m->token_hosts = map_new();
    m->host_values = map_new();
    m->usage = map_new();
    m->keys_used = map_new();
    m->shard = metrics_shard_new(options->metrics);
    m->tokens = token_cache_new(options->call_tokens_max);
    m->stop_message.run = begin_to_stop;
    loop_timer_init(&m->sweep, m->loop, sweep, m);
    m->states = map_new();
    census_init(m);
    reseal_init(m);
    gates_open(m);
    keep_admin_key(m);
    keep_setup_code(m);
    return m;
}

/* Signals are for the threads that wait for them. */
static void start_thread(manager_t *m)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (pthread_create(&m->thread, NULL, run, m) != 0) {
        fatal_abort("no thread for the control loop");
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_setname_np(m->thread, "tenon-control");
}

manager_t *manager_start(const manager_options_t *options, err_t *err)
{
    manager_t *m = new_manager(options);
    const events_options_t events = {.store = options->store,
                                     .loop = m->loop,
                                     .kept_max = options->events_kept,
                                     .listeners_max = options->event_listeners};
    m->upstream = upstream_new(m->loop, &options->upstream, err);
    m->events = m->upstream ? events_new(&events, err) : NULL;
    if (m->events) {
        m->webhooks =
            webhooks_new(&(webhooks_options_t){m->events, options->store, m->loop, m->upstream});
    }
    if (!m->events || !durable_open(m, err)) {
        free_manager(m);
        return NULL;
    }
    m->options.master_key = NULL; /* the ring has it, and may get another */
    catalogue_listen(options->catalogue, m->loop, on_snapshot,
                     m); /* first, so that no change is missed */
    m->snapshot = catalogue_snapshot(options->catalogue);
    loop_timer_set(&m->sweep, clock_boot_ms() + SWEEP_MS);
    census_renew(m);
    reseal_renew(m);
    start_thread(m);
    return m;
}

void manager_stop(manager_t *m)
{
    if (!m) {
        return;
    }
    loop_post(m->loop, &m->stop_message);
    pthread_join(m->thread, NULL);
    audit_close(m->audit);
    m->audit = NULL;
    ring_close(m);
    free_manager(m);
}

audit_t *manager_audit(const manager_t *m)
{
    return m->audit;
}

store_t *manager_store(const manager_t *m)
{
    return m->options.store;
}

token_cache_t *manager_tokens(manager_t *m)
{
    return m->tokens;
}

str_t manager_call_token_secret(manager_t *m)
{
    return str_at(m->call_secret, sizeof m->call_secret);
}

const caller_key_t *manager_admin_key(const manager_t *m)
{
    return m->admin_key;
}

events_t *manager_events(const manager_t *m)
{
    return m->events;
}

loop_t *manager_loop(const manager_t *m)
{
    return m->loop;
}

bool manager_is_ready(manager_t *m)
{
    return store_is_healthy(m->options.store);
}

void manager_read_figures(manager_t *m, manager_figures_t *out)
{
    out->counted = atomic_load(&m->census.known);
    out->in_memory = atomic_load(&m->entry_count);
    for (int i = 0; i < CONNECTION_STATE_COUNT; i++) {
        out->connections[i] = atomic_load(&m->census.states[i]);
    }
}
