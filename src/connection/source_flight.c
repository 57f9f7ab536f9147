/* SPDX-License-Identifier: MIT */
/* What a source waits for: a token request, or what the store knows of it. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "connection/source_internal.h"

enum { VERSION_MAX = 512 };

/* --- flights of a source --- */

static source_flight_t *new_flight(source_t *s, const token_ask_t *ask)
{
    source_flight_t *f = mem_new(source_flight_t);
    f->source = s;
    f->ask = *ask;
    f->ask.connection = connection_ref(ask->connection);
    f->ask.input =
        json_deep_copy(ask->input); /* the asker's own thread counts the references of its */
    f->err = ERR_INIT;
    s->flying++;
    s->flight = f;
    return f;
}

void source_join(source_flight_t *f, token_waiter_t *waiter)
{
    waiter->next = f->waiters;
    f->waiters = waiter;
}

token_waiter_t *source_end_flight(source_flight_t *f)
{
    token_waiter_t *waiters = f->waiters;
    if (f->source->flight == f) {
        f->source->flight = NULL;
    }
    f->source->flying--;
    connection_unref(f->ask.connection);
    json_decref(f->ask.input);
    token_unref(f->token);
    free(f);
    return waiters;
}

void source_send_back(token_waiter_t *w)
{
    for (token_waiter_t *next; w; w = next) {
        next = w->next;
        w->ask_again(w->context);
    }
}

void source_void_flight(source_t *s)
{
    if (s->flight) {
        s->flight->is_void = true;
        s->flight = NULL;
    }
}

void source_fly(source_t *s, const token_ask_t *ask, token_waiter_t *waiter, bool replaces)
{
    const grant_definition_t *grant = ask->grant ? ask->grant : &ask->connection->auth->grant;
    source_flight_t *f = new_flight(s, ask);
    f->phase = FLYING;
    f->replaces = replaces;
    if (waiter) {
        source_join(f, waiter);
    }
    if (s->token && ask->not_this == s->token->generation) {
        s->renewed_at_ms = clock_boot_ms();
    }
    flight_start(s->manager, f->ask.connection, grant, f->ask.input, source_on_landing, f);
}

/* --- what the store knows --- */

static bool is_of(const source_t *s, const token_ask_t *ask, const refusal_t *refusal)
{
    buf_t version;
    buf_init(&version, VERSION_MAX);
    connection_write_version(ask->connection, &version);
    bool same = !s->of_connection || str_eq(buf_view(&version), refusal->version);
    buf_fini(&version);
    return same;
}

static void take_refusal(source_t *s, const refusal_t *refusal)
{
    int64_t left = refusal->until_wall_ms - clock_wall_ms();
    err_t why = refusal->why;
    s->failures = refusal->failures ? refusal->failures : 1;
    if (refusal->failures) { /* a pause, not a refusal */
        why.retry_after_ms = left;
        s->backoff_until_ms = clock_boot_ms() + left;
        s->last_failure = why;
    }
    if (!s->of_connection) {
        token_cache_refuse(s->manager->tokens, s->key, &why, clock_boot_ms() + left);
    }
}

/* A stored token serves where it is for what the connection is now. */
static void take_stored_token(source_t *s, const connection_t *connection,
                              const stored_source_t *stored)
{
    unsigned char present[32];
    err_t ignored = ERR_INIT;
    if (connection_fingerprint(connection, present, &ignored) &&
        memcmp(present, stored->fingerprint, sizeof present) == 0) {
        memcpy(s->fingerprint, present, sizeof present);
        source_put_token(s, stored->token);
    }
}

static void on_stored(void *context, const stored_source_t *stored)
{
    source_flight_t *f = context;
    source_t *s = f->source;
    if (!f->is_void && err_is_set(&stored->err)) {
        f->err = stored->err;
        source_end_failed(f, NULL); /* who cannot know whether it was refused does not try */
        return;
    }
    if (!f->is_void) {
        s->loaded = true;
        if (stored->refused && is_of(s, &f->ask, &stored->refusal)) {
            take_refusal(s, &stored->refusal);
        }
        if (stored->token) {
            take_stored_token(s, f->ask.connection, stored);
        }
    }
    source_send_back(source_end_flight(f));
}

void source_load(source_t *s, const token_ask_t *ask, token_waiter_t *waiter)
{
    source_flight_t *f = new_flight(s, ask);
    f->phase = LOADING;
    source_join(f, waiter);
    durable_load_source(s->manager, s, ask->connection->credential_generation, on_stored, f);
}
