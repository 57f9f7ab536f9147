/* SPDX-License-Identifier: MIT */
/* A landed token: kept, then used. What else may land is source_failure.c's. */
#include "connection/source_internal.h"

static void answer_token(token_waiter_t *w, token_t *token)
{
    const err_t none = ERR_INIT;
    for (token_waiter_t *next; w; w = next) {
        next = w->next;
        w->on_token(w->context, token, true, &none);
    }
}

static void on_told(void *context, const err_t *err)
{
    source_flight_t *f = context;
    (void)err;
    if (!source_turn_back(f)) {
        token_t *token = token_ref(f->token);
        answer_token(source_end_flight(f), token);
        token_unref(token);
    }
}

/* It is safe; now it may be used. */
static void use(source_flight_t *f)
{
    source_t *s = f->source;
    if (source_turn_back(f)) {
        return;
    }
    source_take_holding(s, &f->holding);
    s->lost = s->cut_short = 0;
    if (s->of_connection) {
        durable_accept_connection(s->manager, f->ask.connection);
    }
    if (f->replaces) { /* no loop goes on with the one that was not wanted */
        f->phase = KEEPING;
        manager_tell(s->manager, CHANGE_CONNECTION, f->ask.connection->name, on_told, f);
    } else {
        on_told(f, NULL);
    }
}

static void forget_pause(source_t *s)
{
    if (s->failures) {
        durable_forget_pause(s->manager, s->key);
    }
    s->failures = 0;
    s->backoff_until_ms = 0;
}

/* A token without a life serves those who wait for it, and nobody else. */
static void set_aside_short_lived(source_flight_t *f, const landing_t *l)
{
    source_t *s = f->source;
    f->token = token_ref(f->holding.token);
    if (f->token->reuse_until_ms == 0) {
        s->short_lived_at_ms[0] = s->short_lived_at_ms[1];
        s->short_lived_at_ms[1] = l->sent_at_ms;
        holding_drop_token(&f->holding);
    }
}

static void keep_lazily(const source_flight_t *f)
{
    store_change_t change;
    arena_t *arena = arena_new(0);
    size_t count =
        holding_write(&f->holding, f->ask.connection, f->source->manager->keyring, arena, &change);
    manager_store_write(f->source->manager, &change, count, false, NULL, NULL);
    arena_free(arena);
}

static void on_success(source_flight_t *f, const landing_t *l)
{
    source_t *s = f->source;
    if (s->of_connection) {
        holding_follow(&s->holding, &f->errand, l, &f->holding);
        f->holding.made_for = f->made_for;
        f->holding.restores = s->manager->restores;
    } else {
        f->holding.token = landing_token(l, landing_members(l, false, NULL), false);
    }
    set_aside_short_lived(f, l);
    forget_pause(s);
    if (f->is_careful) {
        source_commit(f, use);
        return;
    }
    if (s->of_connection) {
        keep_lazily(f);
    }
    use(f);
}

/* Its refresh token replaces the one that was sent, whatever else is wrong with the answer. */
static void use_refresh_token(source_flight_t *f)
{
    source_take_holding(f->source, &f->holding);
    f->source->lost = 0;
    f->is_careful = false; /* nothing is under way any more */
    landing_t l = {.failure = f->failure};
    source_on_failure(f, &l);
}

static void on_half_failure(source_flight_t *f, const landing_t *l)
{
    source_t *s = f->source;
    holding_follow(&s->holding, &f->errand, l, &f->holding);
    f->holding.made_for = f->made_for;
    f->holding.restores = s->manager->restores;
    f->holding.token = s->holding.token ? token_ref(s->holding.token) : NULL;
    f->failure = l->failure;
    source_commit(f, use_refresh_token);
}

void source_on_landing(void *context, const landing_t *l)
{
    source_flight_t *f = context;
    if (f->is_void) {
        revocation_add_landing(f->gives_back, l);
        source_send_back(source_end_flight(f));
        return;
    }
    f->source->cut_short = 0;
    f->err = l->err;
    if (l->ok) {
        on_success(f, l);
    } else if (l->refresh_token && f->is_careful) {
        on_half_failure(f, l);
    } else {
        source_on_failure(f, l);
    }
}
