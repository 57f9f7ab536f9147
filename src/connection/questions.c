/* SPDX-License-Identifier: MIT */
/* The questions that data loops ask: for a connection, a key, a token; and what they tell: a gate
 * that closes. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "connection/key_record.h"
#include "connection/manager_internal.h"

/* --- connections and keys --- */

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

exchange_t *manager_find_connection(manager_t *m, str_t name, manager_on_connection_t *on_found,
                                    void *context)
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

/* The asker may hold an older connection. Where its credentials are the connection's, the present
 * one decides; where they came with the call, its grant belongs to the older definition, under
 * which the call is then finished. */
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

exchange_t *manager_get_token(manager_t *m, const token_ask_t *ask, manager_on_token_t *on_token,
                              void *context)
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
    q->exchange =
        (exchange_t){.work = get_token, .answer = answer_token, .release = release_token_question};
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
    gates_note(g->manager, g->connection, g->until_wall_ms);
    connection_unref(g->connection);
    free(g);
}

/* A hundred calls that are told to pause together need not be written down a hundred times. */
void manager_close_gate(manager_t *m, const connection_t *connection, int64_t until_ms)
{
    static const int64_t NEWS_MS = 1000;
    int64_t before =
        throttle_gate_until(m->options.throttle, connection->connector_id, connection->name);
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
