/* SPDX-License-Identifier: MIT */
/* A person's sign-in: what they brought is sent once, and its answer is safe before it is used. It
 * waits its turn behind a refresh under way, whose refresh token it is going to replace. */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "connection/source_internal.h"

typedef struct person {
    source_t *source;
    token_ask_t ask; /* its connection is a reference */
    token_waiter_t waiter;
    person_sign_in_t brought;
    bool is_sent;
    void (*on_done)(void *context, const err_t *err);
    void *context;
} person_t;

static void finish(person_t *p, const err_t *err)
{
    if (p->brought.answered) {
        flight_give_up(p->brought.answered, err);
    }
    p->on_done(p->context, err);
    connection_unref(p->ask.connection);
    json_decref(p->brought.oauth);
    json_decref(p->brought.callback);
    revocation_free(p->brought.gives_back);
    free(p);
}

/* What it brought before goes back; what it still brings does, too (source_flight_t.gives_back). */
static void finish_lost(person_t *p)
{
    err_t err = ERR_INIT;
    flight_t *answered = p->brought.answered;
    sign_in_is_lost(answered || p->is_sent ? p->ask.connection : NULL, &err);
    if (answered) {
        revocation_take_flight(p->brought.gives_back, answered);
        p->brought.gives_back = NULL;
        p->brought.answered = NULL;
    }
    finish(p, &err);
}

/* --- sent --- */

static void on_signed_in(void *context, token_t *token, bool fresh, const err_t *err)
{
    (void)token;
    (void)fresh;
    finish(context, err);
}

static void on_entry_changed(void *context, entry_t *entry, const err_t *err)
{
    person_t *p = context;
    if (entry_has_lost(entry, err, p->ask.connection)) {
        finish_lost(p);
    } else {
        source_ask(p->source, &p->waiter);
    }
}

/* The connection has become another one meanwhile: whether the token serves it, the source tells.
 */
static void on_changed(void *context)
{
    const person_t *p = context;
    entry_get(p->source->manager, p->ask.connection->name, on_entry_changed, context);
}

/* Where it fails, the token at hand is no answer: it is not what was asked for. */
static void send_it(person_t *p)
{
    const connection_t *c = p->ask.connection;
    const token_t *at_hand = p->source->holding.token;
    p->ask.not_this = at_hand ? at_hand->generation : 0;
    source_flight_t *f = source_new_flight(p->source, &p->ask);
    p->waiter.on_token = on_signed_in;
    p->waiter.ask_again = on_changed;
    source_join(f, &p->waiter);
    f->kind = ERRAND_PERSON;
    f->tries = 1;
    f->is_careful = grant_keeps_refresh_token(&c->auth->grant);
    f->gives_back = p->brought.gives_back;
    p->brought.gives_back = NULL;
    p->is_sent = true;
    errand_copy(&f->errand, &(errand_t){.connection = c,
                                        .grant = &c->auth->grant,
                                        .oauth = p->brought.oauth,
                                        .callback = p->brought.callback});
    flight_t *answered = p->brought.answered;
    p->brought.answered = NULL;
    if (answered) {
        source_take_over(f, answered);
    } else {
        source_begin(f);
    }
}

/* --- its turn --- */

static void on_turn(void *context, entry_t *entry, const err_t *err)
{
    person_t *p = context;
    source_t *s = p->source;
    if (entry_has_lost(entry, err, p->ask.connection)) {
        finish_lost(p);
        return;
    }
    source_follow(s, p->ask.connection);
    if (s->flight && s->flight->phase == STUCK) {
        finish(p, &s->flight->err);
    } else if (s->flight) {
        source_join(s->flight, &p->waiter);
    } else if (!s->loaded) {
        source_load(s, &p->ask, &p->waiter);
    } else {
        send_it(p);
    }
}

static void take_turn(void *context)
{
    const person_t *p = context;
    entry_get(p->source->manager, p->ask.connection->name, on_turn, context);
}

/* The host ends: a code that is still to be sent is kept for another time, one that is spent waits
 * for its turn to be safe. */
static bool ends_with_host(const person_t *p, const err_t *err)
{
    return err->code == ERR_draining && !p->brought.answered;
}

/* What was waited for is over, whatever came of it; but a store that cannot be read ends it. */
static void on_over(void *context, token_t *token, bool fresh, const err_t *err)
{
    person_t *p = context;
    (void)token;
    (void)fresh;
    if (err->code == ERR_store_unavailable || ends_with_host(p, err)) {
        finish(p, err);
    } else {
        take_turn(p);
    }
}

void source_sign_in(manager_t *m, const connection_t *connection, const person_sign_in_t *brought,
                    void (*on_done)(void *context, const err_t *err), void *context)
{
    char key[80];
    person_t *p = mem_new(person_t);
    snprintf(key, sizeof key, "c/%.*s", STR_ARG(connection->name));
    p->source = source_get(m, str_of(key), true);
    p->ask.connection = connection_ref(connection);
    p->waiter =
        (token_waiter_t){.ask = &p->ask, .on_token = on_over, .ask_again = take_turn, .context = p};
    p->brought = *brought;
    p->on_done = on_done;
    p->context = context;
    take_turn(p);
}
