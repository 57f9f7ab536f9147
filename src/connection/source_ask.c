/* SPDX-License-Identifier: MIT */
/* Asking a source: the token at hand, the flight under way, or the wait that a failure imposes on
 * everybody. One flight a key, whoever asks. */
#include "base/clock.h"
#include "connection/source_internal.h"

static const int64_t FORCE_PAUSE_MS = 60 * 1000;
static const int64_t SHORT_LIVED_PAUSE_MS = 60 * 1000;

/* True where a state of the connection itself answers, whatever its tokens are: to be reviewed,
 * incomplete. */
static bool is_closed(const connection_t *c)
{
    return c->state != CONNECTION_READY && c->state != CONNECTION_REJECTED;
}

/* True where it was refused and may not try again yet, or has no tokens. */
static bool is_held_back(const token_ask_t *ask, err_t *err)
{
    const connection_t *c = ask->connection;
    int64_t left = c->until_wall_ms ? c->until_wall_ms - clock_wall_ms() : INT64_MAX;
    if (c->state == CONNECTION_REJECTED && !ask->grant && left > 0) {
        *err = c->why;
        err->retry_after_ms = c->until_wall_ms ? left : 0;
    } else if (!ask->grant && !connection_needs_token(c)) {
        err_set(err, ERR_not_supported, "this way to sign in has no token");
    }
    return err_is_set(err);
}

/* An API refused it, or the caller wants another: both at most once in a while, and where another
 * can be had. Of many calls whose token was refused at the same time the first one starts the
 * flight, and the others wait for it. */
static bool is_unwanted(const source_t *s, const token_ask_t *ask, int64_t now_ms)
{
    const token_t *t = s->holding.token;
    bool may_renew = s->flight || now_ms - s->renewed_at_ms >= FORCE_PAUSE_MS;
    bool is_refused = ask->not_this == t->generation && may_renew;
    bool is_old = ask->force && now_ms - t->obtained_at_ms >= FORCE_PAUSE_MS;
    return (is_refused && source_may_renew(s, ask, false)) ||
           (is_old && source_may_renew(s, ask, true));
}

/* It is to be renewed, but will live long enough to serve meanwhile. */
static bool is_comfortable(const token_t *t, int64_t now_ms)
{
    return t->expires_at_ms - now_ms >= token_margin_ms(t->expires_at_ms - t->obtained_at_ms) / 2;
}

/* Until when nothing is fetched, and why; 0: it may be. Tokens that live no longer than one call:
 * at most two in 60 s. */
static int64_t paused_until(const source_t *s, int64_t now_ms, err_t *err)
{
    int64_t until = s->short_lived_at_ms[0] + SHORT_LIVED_PAUSE_MS;
    if (now_ms < s->backoff_until_ms) {
        *err = s->last_failure;
        until = s->backoff_until_ms;
    } else if (now_ms < until) {
        err_set(err, ERR_token_endpoint_throttled,
                "the service issues tokens without a lifetime; at most two are fetched in 60 s");
    } else {
        return 0;
    }
    err->retry_after_ms = until - now_ms;
    return until;
}

/* The token of a call may stand in the cache alone, and so does its refusal. */
static void look_into_cache(source_t *s, int64_t now_ms, err_t *refusal)
{
    token_t *cached =
        s->of_connection ? NULL : token_cache_get(s->manager->tokens, s->key, now_ms, refusal);
    if (cached && !source_is_alive(s, now_ms)) {
        holding_drop_token(&s->holding);
        s->holding.token = cached;
    } else {
        token_unref(cached);
    }
}

/* The token at hand is none, or not the one that is wanted. */
static void ask_for_new(source_t *s, token_waiter_t *waiter, int64_t now_ms, bool unwanted)
{
    err_t err = ERR_INIT;
    if (s->flight && s->flight->phase == STUCK) {
        source_answer_failure(s, waiter, &s->flight->err, now_ms);
    } else if (s->flight) {
        s->flight->replaces |= unwanted;
        source_join(s->flight, waiter);
    } else if (paused_until(s, now_ms, &err)) {
        source_answer_failure(s, waiter, &err, now_ms);
    } else {
        source_fly(s, waiter->ask, waiter, unwanted);
    }
}

/* It is due to be renewed: behind the back of those whom it still serves. */
static void renew(source_t *s, const token_ask_t *ask, int64_t now_ms)
{
    err_t ignored = ERR_INIT;
    if (s->flight) {
        return;
    }
    int64_t until = source_may_renew(s, ask, true) ? paused_until(s, now_ms, &ignored) : INT64_MAX;
    if (until) {
        source_stretch_token(s, until);
    } else {
        source_fly(s, ask, NULL, false);
    }
}

/* Near its end, where another one can be had before that. */
static bool is_waited_for(const source_t *s, const token_ask_t *ask, int64_t now_ms)
{
    const token_t *t = s->holding.token;
    return now_ms >= t->reuse_until_ms && !is_comfortable(t, now_ms) &&
           source_may_renew(s, ask, true);
}

static void ask_here(source_t *s, token_waiter_t *waiter)
{
    const token_ask_t *ask = waiter->ask;
    int64_t now = clock_boot_ms();
    err_t err = ERR_INIT;
    look_into_cache(s, now, &err);
    if (err_is_set(&err)) {
        waiter->on_token(waiter->context, NULL, false, &err);
        return;
    }
    bool alive = source_is_alive(s, now);
    bool unwanted = alive && is_unwanted(s, ask, now);
    if (!alive || unwanted || is_waited_for(s, ask, now)) {
        ask_for_new(s, waiter, now, unwanted);
        return;
    }
    if (now >= s->holding.token->reuse_until_ms) {
        renew(s, ask, now); /* before the answer, with which the question may go */
    }
    waiter->on_token(waiter->context, s->holding.token, false, &err);
}

/* Something has to be settled before anything can be said. */
static bool is_busy(const source_flight_t *f)
{
    return f &&
           (f->phase == LOADING || f->phase == KEEPING || (f->is_outdated && f->phase != STUCK));
}

void source_ask(source_t *s, token_waiter_t *waiter)
{
    const token_ask_t *ask = waiter->ask;
    err_t err = ERR_INIT;
    if (is_closed(ask->connection)) {
        waiter->on_token(waiter->context, NULL, false, &ask->connection->why);
        return;
    }
    source_follow(s, ask->connection);
    if (is_busy(s->flight)) {
        source_join(s->flight, waiter);
    } else if (is_held_back(ask, &err)) {
        waiter->on_token(waiter->context, NULL, false, &err);
    } else if (!s->loaded) {
        source_load(s, ask, waiter);
    } else {
        ask_here(s, waiter);
    }
}
