/* SPDX-License-Identifier: MIT */
/* The control loop's thread, the questions it takes, and changes told to every loop. */
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

/* --- changes --- */

typedef struct news {
    struct news *next, **at;
    manager_t *manager; /* NULL: it has ended, and only memory is left to give back */
    change_kind_t kind;
    char *id;
    unsigned missing; /* listeners that have not taken note yet */
    then_t *then;
    void *context;
} news_t;

typedef struct news_copy {
    exchange_t exchange;
    news_t *news;
    listener_t listener;
} news_copy_t;

static void free_news(news_t *news)
{
    free(news->id);
    free(news);
}

/* Whoever waited for it goes on. */
static void end_news(news_t *news)
{
    const err_t none = ERR_INIT;
    *news->at = news->next;
    if (news->next) {
        news->next->at = news->at;
    }
    if (news->then) {
        news->then(news->context, &none);
    }
}

static void noted(exchange_t *e)
{
    news_t *news = STRUCT_OF(e, news_copy_t, exchange)->news;
    if (--news->missing == 0) {
        if (news->manager) {
            end_news(news);
        }
        free_news(news);
    }
}

static void free_copy(exchange_t *e)
{
    free(STRUCT_OF(e, news_copy_t, exchange));
}

static void take_note(exchange_t *e)
{
    news_copy_t *copy = STRUCT_OF(e, news_copy_t, exchange);
    copy->listener.on_change(copy->listener.context, copy->news->kind, str_of(copy->news->id));
    if (copy->news->manager) {
        exchange_answer(e);
        return;
    }
    if (--copy->news->missing == 0) { /* a loop that turns once more after its thread and the manager have ended */
        free_news(copy->news);
    }
    free_copy(e);
}

/* Its listeners have stopped for good: nobody will take note, so nobody waits for that. */
static void abandon_news(manager_t *m)
{
    while (m->news) {
        news_t *news = m->news;
        end_news(news);
        news->manager = NULL;
    }
}

static void enlist(manager_t *m, news_t *news)
{
    news->next = m->news;
    news->at = &m->news;
    if (news->next) {
        news->next->at = &news->next;
    }
    m->news = news;
}

void manager_tell(manager_t *m, change_kind_t kind, str_t id, then_t *then, void *context)
{
    news_t *news = mem_new(news_t);
    *news = (news_t){.manager = m, .kind = kind, .id = str_dup(id), .then = then, .context = context};
    enlist(m, news);
    pthread_mutex_lock(&m->listener_lock);
    news->missing = m->listener_count;
    for (unsigned i = 0; i < m->listener_count; i++) {
        news_copy_t *copy = mem_new(news_copy_t);
        copy->news = news;
        copy->listener = m->listeners[i];
        copy->exchange = (exchange_t){.work = take_note, .answer = noted, .release = free_copy};
        exchange_ask(&copy->exchange, copy->listener.loop);
    }
    bool nobody = m->listener_count == 0;
    pthread_mutex_unlock(&m->listener_lock);
    if (nobody) {
        end_news(news);
        free_news(news);
    }
}

void manager_listen(manager_t *m, loop_t *loop, manager_on_change_t *on_change, void *context)
{
    pthread_mutex_lock(&m->listener_lock);
    if (m->listener_count < LISTENERS_MAX) {
        m->listeners[m->listener_count++] = (listener_t){loop, on_change, context};
    } else {
        fatal_abort("too many listeners of the control loop");
    }
    pthread_mutex_unlock(&m->listener_lock);
}

/* The catalogue swapped its snapshot: what was resolved against the old one is stale everywhere. */
static void on_snapshot(void *context, snapshot_t *snapshot)
{
    manager_t *m = context;
    snapshot_unref(m->snapshot);
    m->snapshot = snapshot;
    entries_forget_resolved(m);
    manager_tell(m, CHANGE_ALL, STR_NONE, NULL, NULL);
}

/* --- questions --- */

typedef struct find_question {
    exchange_t exchange;
    manager_t *manager;
    char *name;
    manager_on_connection_t *on_connection;
    manager_on_key_t *on_key;
    void *context;
    connection_t *connection;
    caller_key_t *key;
    err_t err;
} find_question_t;

static void release_question(exchange_t *e)
{
    find_question_t *q = STRUCT_OF(e, find_question_t, exchange);
    connection_unref(q->connection);
    caller_key_unref(q->key);
    free(q->name);
    free(q);
}

static find_question_t *new_question(manager_t *m, str_t name, void *context)
{
    find_question_t *q = mem_new(find_question_t);
    q->manager = m;
    q->name = str_dup(name);
    q->context = context;
    q->err = ERR_INIT;
    q->exchange.release = release_question;
    return q;
}

static void on_entry_found(void *context, entry_t *entry, const err_t *err)
{
    find_question_t *q = context;
    if (entry) {
        q->connection = connection_ref(entry_connection(entry));
    } else {
        q->err = *err;
        q->err.details = NULL;
        q->err.detail_count = 0;
    }
    exchange_answer(&q->exchange);
}

static void find_connection(exchange_t *e)
{
    find_question_t *q = STRUCT_OF(e, find_question_t, exchange);
    entry_get(q->manager, str_of(q->name), on_entry_found, q);
}

static void answer_connection(exchange_t *e)
{
    find_question_t *q = STRUCT_OF(e, find_question_t, exchange);
    connection_t *connection = q->connection;
    q->connection = NULL;
    q->on_connection(q->context, connection, &q->err);
}

exchange_t *manager_find_connection(manager_t *m, str_t name, manager_on_connection_t *on_found, void *context)
{
    find_question_t *q = new_question(m, name, context);
    q->on_connection = on_found;
    q->exchange.work = find_connection;
    q->exchange.answer = answer_connection;
    exchange_ask(&q->exchange, m->loop);
    return &q->exchange;
}

static void on_key_record(void *context, const store_result_t *result)
{
    find_question_t *q = context;
    if (!result->ok) {
        q->err = result->err;
    } else if (result->count) {
        q->key = key_record_read(&result->records[0]);
    }
    exchange_answer(&q->exchange);
}

static void find_key(exchange_t *e)
{
    find_question_t *q = STRUCT_OF(e, find_question_t, exchange);
    manager_store_get(q->manager, STR("key"), str_of(q->name), on_key_record, q);
}

static void answer_key(exchange_t *e)
{
    find_question_t *q = STRUCT_OF(e, find_question_t, exchange);
    caller_key_t *key = q->key;
    q->key = NULL;
    q->on_key(q->context, key, &q->err);
}

exchange_t *manager_find_key(manager_t *m, str_t id, manager_on_key_t *on_found, void *context)
{
    find_question_t *q = new_question(m, id, context);
    q->on_key = on_found;
    q->exchange.work = find_key;
    q->exchange.answer = answer_key;
    exchange_ask(&q->exchange, m->loop);
    return &q->exchange;
}

/* --- tokens --- */

typedef struct token_question {
    exchange_t exchange;
    manager_t *manager;
    token_ask_t ask; /* with references of its own */
    char *key;
    token_waiter_t waiter;
    manager_on_token_t *on_token;
    void *context;
    token_t *token;
    bool fresh;
    err_t err;
} token_question_t;

static void release_token_question(exchange_t *e)
{
    token_question_t *q = STRUCT_OF(e, token_question_t, exchange);
    connection_unref(q->ask.connection);
    json_decref(q->ask.input);
    token_unref(q->token);
    free(q->key);
    free(q);
}

static void on_source_token(void *context, token_t *token, bool fresh, const err_t *err)
{
    token_question_t *q = context;
    q->token = token ? token_ref(token) : NULL;
    q->fresh = fresh;
    if (!token) {
        q->err = *err;
        q->err.details = NULL;
        q->err.detail_count = 0;
    }
    exchange_answer(&q->exchange);
}

/* The asker may hold an older connection. Where its credentials are the connection's, the present one decides; where they
 * came with the call, its grant belongs to the older definition, under which the call is then finished. */
static void on_token_entry(void *context, entry_t *entry, const err_t *err)
{
    token_question_t *q = context;
    if (!entry) {
        on_source_token(q, NULL, false, err);
        return;
    }
    const connection_t *present = entry_connection(entry);
    if (q->ask.grant) {
        if (present->state != CONNECTION_READY && present->state != CONNECTION_REJECTED) {
            on_source_token(q, NULL, false, &present->why);
        } else {
            source_ask(source_get(q->manager, q->ask.key, false), &q->waiter);
        }
        return;
    }
    connection_unref(q->ask.connection);
    q->ask.connection = connection_ref(present);
    char key[80] = "c/";
    memcpy(key + 2, entry->name, sizeof entry->name);
    source_ask(source_get(q->manager, str_of(key), true), &q->waiter);
}

static void ask_for_token(void *context)
{
    token_question_t *q = context;
    entry_get(q->manager, q->ask.connection->name, on_token_entry, q);
}

static void get_token(exchange_t *e)
{
    token_question_t *q = STRUCT_OF(e, token_question_t, exchange);
    q->waiter = (token_waiter_t){
        .ask = &q->ask, .on_token = on_source_token, .ask_again = ask_for_token, .context = q};
    ask_for_token(q);
}

static void answer_token(exchange_t *e)
{
    token_question_t *q = STRUCT_OF(e, token_question_t, exchange);
    token_t *token = q->token;
    q->token = NULL;
    q->on_token(q->context, token, q->fresh, &q->err);
}

exchange_t *manager_get_token(manager_t *m, const token_ask_t *ask, manager_on_token_t *on_token, void *context)
{
    token_question_t *q = mem_new(token_question_t);
    q->manager = m;
    q->ask = *ask;
    q->ask.connection = connection_ref(ask->connection);
    q->ask.input = json_incref(ask->input);
    q->key = str_dup(ask->key);
    q->ask.key = str_at(q->key, ask->key.n);
    q->on_token = on_token;
    q->context = context;
    q->err = ERR_INIT;
    q->exchange = (exchange_t){.work = get_token, .answer = answer_token, .release = release_token_question};
    exchange_ask(&q->exchange, m->loop);
    return &q->exchange;
}

/* --- gates --- */

typedef struct gate_message {
    loop_message_t message;
    manager_t *manager;
    connection_t *connection;
    int64_t until_wall_ms;
} gate_message_t;

static void keep_gate(loop_message_t *message)
{
    gate_message_t *g = STRUCT_OF(message, gate_message_t, message);
    durable_keep_gate(g->manager, g->connection, g->until_wall_ms);
    connection_unref(g->connection);
    free(g);
}

/* A hundred calls that are told to pause together need not be written down a hundred times. */
void manager_close_gate(manager_t *m, const connection_t *connection, int64_t until_ms)
{
    static const int64_t NEWS_MS = 1000;
    int64_t before = throttle_gate_until(m->options.throttle, connection->connector_id, connection->name);
    throttle_close_gate(m->options.throttle, connection->connector_id, connection->name, until_ms);
    if (until_ms < before + NEWS_MS) {
        return;
    }
    gate_message_t *g = mem_new(gate_message_t);
    g->manager = m;
    g->connection = connection_ref(connection);
    g->until_wall_ms = clock_wall_ms() + until_ms - clock_boot_ms();
    g->message.run = keep_gate;
    loop_post(m->loop, &g->message);
}

/* --- the thread --- */

static void sweep(void *context)
{
    manager_t *m = context;
    int64_t now = clock_boot_ms();
    entries_sweep(m, now);
    sources_sweep(m, now);
    throttle_sweep(m->options.throttle, now);
    ring_sweep(m);
    tidy(m, now);
    loop_timer_set(&m->sweep, now + SWEEP_MS);
}

/* Comes behind everything that was asked. Whoever waits is answered, whatever is to be written is written at once. */
static void begin_to_stop(loop_message_t *message)
{
    manager_t *m = STRUCT_OF(message, manager_t, stop_message);
    m->stopping = true;
    loop_timer_clear(&m->sweep);
    flights_end(m);
    abandon_news(m);
    manager_store_write(m, NULL, 0, true, NULL, NULL); /* what waits for company in the store goes with it */
}

static void *run(void *context)
{
    manager_t *m = context;
    while (!m->stopping || m->pending || m->flights) {
        loop_turn(m->loop, -1);
        if (m->stopping) {
            abandon_news(m);
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

static void free_host_values(void *value)
{
    host_values_t *host = value;
    json_decref(host->values);
    free(host);
}

static void free_manager(manager_t *m)
{
    upstream_free(m->upstream);
    sources_free(m);
    entries_free(m);
    map_free_with(m->token_hosts, free);
    map_free_with(m->host_values, free_host_values);
    map_free(m->turns);
    token_cache_free(m->tokens);
    keyring_free(m->keyring);
    snapshot_unref(m->snapshot);
    caller_key_unref(m->admin_key);
    pthread_mutex_destroy(&m->listener_lock);
    secret_wipe(m->call_secret, sizeof m->call_secret);
    loop_timer_clear(&m->sweep);
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
    m->token_hosts = map_new();
    m->host_values = map_new();
    m->tokens = token_cache_new(options->call_tokens_max);
    m->stop_message.run = begin_to_stop;
    loop_timer_init(&m->sweep, m->loop, sweep, m);
    keep_admin_key(m);
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
    m->upstream = upstream_new(m->loop, &options->upstream, err);
    if (!m->upstream || !durable_open(m, err)) {
        free_manager(m);
        return NULL;
    }
    catalogue_listen(options->catalogue, m->loop, on_snapshot, m); /* first, so that no change is missed */
    m->snapshot = catalogue_snapshot(options->catalogue);
    loop_timer_set(&m->sweep, clock_boot_ms() + SWEEP_MS);
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
    ring_close(m);
    free_manager(m);
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

bool manager_is_ready(manager_t *m)
{
    return store_is_healthy(m->options.store);
}
