/* SPDX-License-Identifier: MIT */
/* A token request whose answer must not be lost, since what it was asked with is spent by it
 * (RFC 6749 6: rotation), or must not be sent again and again, since it is a password.
 *
 *   intent, durable       dies behind it: it may have been sent. The same refresh token is tried
 * once more when the access token has run out; a code never send answer, durable       dies behind
 * it: the next start reads the answer that is sealed there steps, one by one:    the same for each,
 * where something is spent by them send, answer, durable read holding, durable      dies behind it:
 * nothing is left to do. In the same batch the request under way is taken out of the store use
 */
#include "base/clock.h"
#include "base/log.h"
#include "connection/source_internal.h"

enum { CHANGES_MAX = 3 };

static void on_answer(void *context, flight_t *flight, const answers_t *answers, bool more);

const flight_watch_t source_watch = {.on_landing = source_on_landing};
const flight_watch_t source_careful_watch = {.on_landing = source_on_landing,
                                             .on_answer = on_answer};
const flight_watch_t source_spending_watch = {
    .on_landing = source_on_landing, .on_answer = on_answer, .outlives_host = true};

/* --- changes of the store --- */

typedef struct batch {
    arena_t *arena;
    store_change_t changes[CHANGES_MAX];
    size_t count;
} batch_t;

static void add_under_way(batch_t *b, const source_flight_t *f, const under_way_t *u)
{
    const source_t *s = f->source;
    b->count += under_way_write(u, s->key, f->ask.connection->credential_generation,
                                s->manager->keyring, b->arena, &b->changes[b->count]);
}

static void add_no_under_way(batch_t *b, const source_flight_t *f)
{
    under_way_delete(f->source->key, &b->changes[b->count++]);
}

static void add_holding(batch_t *b, const source_flight_t *f, const holding_t *h)
{
    b->count += holding_write(h, f->ask.connection, f->source->manager->keyring, b->arena,
                              &b->changes[b->count]);
}

static under_way_t describe(const source_flight_t *f, unsigned tries)
{
    return (under_way_t){.kind = f->kind,
                         .follows = f->source->holding.rotation,
                         .tries = tries,
                         .oauth = f->errand.oauth,
                         .callback = f->errand.callback,
                         .made_for = f->made_for,
                         .answers = f->behind.count ? f->behind
                                                    : (answers_t){.sent_at_ms = clock_boot_ms()}};
}

static void write_batch(const source_flight_t *f, batch_t *b, bool durable, store_on_done_t *then,
                        void *context)
{
    manager_store_write(f->source->manager, b->changes, b->count, durable, then, context);
    arena_free(b->arena);
}

static void insist_on(source_flight_t *f, batch_t *b, const insist_watch_t *watch)
{
    f->insisting = insist(f->source->manager, b->changes, b->count, watch, f);
    arena_free(b->arena);
}

/* An earlier attempt without an answer stays one; sign-ins count only those that nothing came of.
 */
void source_restore(source_flight_t *f)
{
    batch_t b = {.arena = arena_new(0)};
    if (f->tries > 1 && f->kind != ERRAND_SIGN_IN) {
        const under_way_t u = describe(f, f->tries - 1);
        add_under_way(&b, f, &u);
    } else {
        add_no_under_way(&b, f);
    }
    write_batch(f, &b, false, NULL, NULL);
}

/* --- intent --- */

/* Of one that is void the store says nothing any more, or already what is asked for instead. */
static void end_unsent(source_flight_t *f)
{
    if (!f->is_void) {
        source_restore(f);
    }
    source_turn_back(f);
}

/* A password need not wait for a store that fails; what is spent by sending must. */
static void on_intent(void *context, const store_result_t *result)
{
    source_flight_t *f = context;
    if (f->is_void || (f->is_outdated && !f->behind.count)) {
        end_unsent(f);
    } else if (result->ok) {
        source_send(f);
    } else if (f->kind == ERRAND_SIGN_IN) {
        f->is_careful = false;
        source_send(f);
    } else {
        f->err = result->err;
        if (f->behind.count) {
            source_unload(f->source); /* the store still has the answers before */
        }
        source_end_failed(f, NULL);
    }
}

/* A sign-in is made where there is nothing to refresh with: the store is not to hold anything
 * either. */
void source_send_carefully(source_flight_t *f)
{
    batch_t b = {.arena = arena_new(0)};
    const under_way_t u = describe(f, f->tries);
    add_under_way(&b, f, &u);
    if (f->kind == ERRAND_SIGN_IN && f->source->holding.rotation) {
        add_holding(&b, f, &f->source->holding);
    }
    write_batch(f, &b, true, on_intent, f);
}

/* --- answer --- */

static void on_seal_trouble(void *context, const err_t *err);
static void on_sealed(void *context, bool durable);
static const insist_watch_t SEALING = {.on_trouble = on_seal_trouble, .on_done = on_sealed};

/* Who waits is told, and whom the living token serves is served. Of a sign-in the answer is not
 * worth the wait. */
static void on_trouble(source_flight_t *f, const err_t *err)
{
    int64_t now = clock_boot_ms();
    if (f->kind == ERRAND_SIGN_IN) {
        insist_stop(f->insisting);
        return;
    }
    log_event(LOG_ERROR, "token.not_durable", LOG_S("connection", f->ask.connection->name));
    f->err = *err;
    f->phase = STUCK;
    token_waiter_t *w = f->waiters;
    f->waiters = NULL;
    for (token_waiter_t *next; w; w = next) {
        next = w->next;
        source_answer_failure(f->source, w, err, now);
    }
}

static void on_seal_trouble(void *context, const err_t *err)
{
    on_trouble(context, err);
}

static void on_sealed(void *context, bool durable)
{
    source_flight_t *f = context;
    flight_t *flight = f->flight;
    f->insisting = NULL;
    f->flight = NULL;
    f->phase = FLYING;
    if (durable || f->kind == ERRAND_SIGN_IN || f->is_void) {
        f->is_careful = durable;
        flight_read(flight);
        return;
    }
    err_t err = ERR_INIT;
    err_set(&err, ERR_draining, "the host is shutting down");
    flight_give_up(flight, &err);
}

/* What a sign-in spends nothing for is safe when all of it is there: half of it is worth nothing.
 * What goes back to the service is read to its end: before that nobody knows its tokens. */
static void on_answer(void *context, flight_t *flight, const answers_t *answers, bool more)
{
    source_flight_t *f = context;
    if (f->is_void && !f->gives_back) {
        err_t err = ERR_INIT;
        err_set(&err, ERR_draining, "what it was asked for does not count any more");
        flight_give_up(flight, &err);
        return;
    }
    if (f->is_void || (f->kind == ERRAND_SIGN_IN && more)) {
        flight_read(flight);
        return;
    }
    batch_t b = {.arena = arena_new(0)};
    under_way_t u = describe(f, f->tries);
    u.answers = *answers;
    f->flight = flight;
    add_under_way(&b, f, &u);
    if (f->kind == ERRAND_PERSON) { /* its code is spent */
        device_flow_delete(f->ask.connection->name, &b.changes[b.count++]);
    }
    insist_on(f, &b, &SEALING);
}

/* --- holding --- */

static void on_commit_trouble(void *context, const err_t *err);
static void on_committed(void *context, bool durable);
static const insist_watch_t COMMITTING = {.on_trouble = on_commit_trouble, .on_done = on_committed};

static void on_commit_trouble(void *context, const err_t *err)
{
    on_trouble(context, err);
}

/* What the host's end kept from being written stands in the store as an answer. */
static void on_committed(void *context, bool durable)
{
    source_flight_t *f = context;
    f->insisting = NULL;
    f->phase = KEEPING;
    if (durable || f->kind == ERRAND_SIGN_IN || f->is_void) {
        source_go_on(f);
        return;
    }
    f->err = ERR_INIT;
    err_set(&f->err, ERR_draining, "the host is shutting down");
    source_end_failed(f, NULL);
}

void source_commit(source_flight_t *f, void (*then)(source_flight_t *f))
{
    batch_t b = {.arena = arena_new(0)};
    f->phase = KEEPING;
    f->then = then;
    add_holding(&b, f, &f->holding);
    add_no_under_way(&b, f);
    insist_on(f, &b, &COMMITTING);
}

static void on_dropped(void *context, const store_result_t *result)
{
    (void)result; /* the store has told the log; as long as the host runs, it is dropped */
    source_go_on(context);
}

void source_drop_refresh(source_flight_t *f, void (*then)(source_flight_t *f))
{
    source_t *s = f->source;
    batch_t b = {.arena = arena_new(0)};
    json_decref(s->holding.refresh);
    s->holding.refresh = NULL;
    s->lost = 0;
    f->then = then;
    add_holding(&b, f, &s->holding);
    add_no_under_way(&b, f);
    write_batch(f, &b, true, on_dropped, f);
}
