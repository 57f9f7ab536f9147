/* SPDX-License-Identifier: MIT */
/* What the outcome of a token request means for its source (DESIGN 5): a token that is kept, a
 * pause that all share, a refusal that lasts, a sign-in instead of a refresh. */
#include "base/clock.h"
#include "connection/source_internal.h"
#include "seal/hash.h"

enum { VERSION_MAX = 512 };
static const int64_t BACKOFF_FIRST_MS = 1000;
static const int64_t BACKOFF_MAX_MS = 60 * 1000;
static const int64_t CALL_REFUSAL_MS = 24LL * 60 * 60 * 1000;

/* --- a landed token --- */

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
    bool is_void = f->is_void;
    token_t *token = token_ref(f->token);
    token_waiter_t *waiters = source_end_flight(f);
    (void)err;
    if (is_void) {
        source_send_back(waiters);
    } else {
        answer_token(waiters, token);
    }
    token_unref(token);
}

/* It is safe; now it may be used. */
static void use(source_flight_t *f)
{
    source_t *s = f->source;
    if (f->is_void) {
        source_send_back(source_end_flight(f));
        return;
    }
    if (f->is_outdated) {
        source_unload(s);
        source_send_back(source_end_flight(f));
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
    holding_write(&f->holding, f->ask.connection, f->source->manager->keyring, arena, &change);
    manager_store_write(f->source->manager, &change, 1, false, NULL, NULL);
    arena_free(arena);
}

static void on_success(source_flight_t *f, const landing_t *l)
{
    source_t *s = f->source;
    if (s->of_connection) {
        holding_follow(&s->holding, &f->errand, l, &f->holding);
        f->holding.made_for = f->made_for;
    } else {
        f->holding.token = landing_token(l, landing_members(l, false, NULL));
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

/* --- a landed failure --- */

int64_t source_backoff_ms(const source_t *s)
{
    int64_t most = BACKOFF_FIRST_MS << (s->failures < 7 ? s->failures : 7);
    most = most < BACKOFF_MAX_MS ? most : BACKOFF_MAX_MS;
    uint32_t r;
    random_bytes(&r, sizeof r);
    /* Full jitter over the upper half: never at once, never all together. */
    return most / 2 + (int64_t)((uint64_t)(most / 2) * r >> 32);
}

static void answer_failures(source_t *s, token_waiter_t *w, const err_t *err)
{
    int64_t now = clock_boot_ms();
    for (token_waiter_t *next; w; w = next) {
        next = w->next;
        source_answer_failure(s, w, err, now);
    }
}

void source_end_failed(void *context, const err_t *ignored)
{
    source_flight_t *f = context;
    source_t *s = f->source;
    bool asks_again = f->is_void || f->is_outdated;
    err_t err = f->err;
    (void)ignored;
    if (f->is_outdated && !f->is_void) {
        source_unload(s);
    }
    token_waiter_t *waiters = source_end_flight(f);
    if (asks_again) {
        source_send_back(waiters);
    } else {
        answer_failures(s, waiters, &err);
    }
}

/* All loops know from now on, and not before the store does. */
static void on_kept(void *context, const err_t *err)
{
    source_flight_t *f = context;
    source_t *s = f->source;
    if (!f->is_void && !s->of_connection && !source_is_alive(s, clock_boot_ms())) {
        token_cache_refuse(s->manager->tokens, s->key, &f->err, f->until_ms);
    }
    source_end_failed(f, err);
}

/* Written before anyone is told: a crash loop must not try the same password again and again. */
static void keep_failure(source_flight_t *f, int64_t wait_ms)
{
    source_t *s = f->source;
    buf_t version;
    buf_init(&version, VERSION_MAX);
    connection_write_version(f->ask.connection, &version);
    const refusal_t refusal = {.why = f->err,
                               .version = buf_view(&version),
                               .until_wall_ms = clock_wall_ms() + wait_ms,
                               .failures = s->failures};
    f->phase = KEEPING;
    f->until_ms = clock_boot_ms() + wait_ms;
    durable_refuse_source(s->manager, s, &refusal, on_kept, f);
    buf_fini(&version);
}

static void pause_all(source_flight_t *f)
{
    source_t *s = f->source;
    int64_t wait = f->err.retry_after_ms > 0 ? f->err.retry_after_ms : source_backoff_ms(s);
    s->failures++;
    s->backoff_until_ms = clock_boot_ms() + wait;
    f->err.retry_after_ms = wait;
    s->last_failure = f->err;
    keep_failure(f, wait);
}

/* What was issued to the same credentials before goes, too: one answer to everybody. */
void source_refuse(source_flight_t *f)
{
    source_drop_token(f->source);
    f->source->failures = 0;
    f->phase = KEEPING;
    durable_refuse_connection(f->source->manager, f->ask.connection, &f->err, source_end_failed, f);
}

static void refuse(source_flight_t *f, failure_class_t failure)
{
    source_t *s = f->source;
    bool paused = failure == FAILURE_LOCKED && f->err.retry_after_ms > 0;
    if (s->of_connection) {
        source_refuse(f);
        return;
    }
    source_drop_token(s);
    s->failures = 0;
    keep_failure(f, paused ? f->err.retry_after_ms : CALL_REFUSAL_MS);
}

/* --- a refresh token that is worth nothing --- */

static void on_nothing_left(source_flight_t *f)
{
    if (f->is_void || f->is_outdated) {
        source_end_failed(f, NULL);
    } else {
        source_refuse(f);
    }
}

/* Neither may anybody send it again. What the connection stores may sign it in anew; else a person
 * must, and is told whether an answer was lost on the way. */
static void give_up_refresh(source_flight_t *f)
{
    const grant_type_t *type = grant_type_of(f->ask.connection->auth->type);
    if (type->begins == BEGINS_ALONE && !f->is_void && !f->is_outdated) {
        source_drop_refresh(f, source_sign_in_instead);
        return;
    }
    if (f->err.code != ERR_credentials_rejected) {
        f->err.code = f->tries > 1 ? ERR_refresh_uncertain : ERR_reauthorise;
    }
    source_drop_refresh(f, on_nothing_left);
}

/* --- what it is --- */

/* Whether the answer may have been lost: then what was sent may be spent, and the store goes on
 * saying that it is under way. */
static void settle_under_way(source_flight_t *f, const landing_t *l)
{
    if (!f->is_careful) {
        return;
    }
    if (l->may_be_lost && f->kind != ERRAND_SIGN_IN && f->kind != ERRAND_PERSON) {
        f->source->lost = f->tries;
    } else {
        source_restore(f);
    }
}

static void on_failure(source_flight_t *f, const landing_t *l)
{
    if (l->failure == FAILURE_SIGN_IN) {
        source_read_again(f, give_up_refresh);
        return;
    }
    settle_under_way(f, l);
    if (l->failure == FAILURE_LOCAL || f->is_outdated || f->kind == ERRAND_PERSON) {
        source_end_failed(f, NULL);
    } else if (l->failure == FAILURE_BACKOFF) {
        pause_all(f);
    } else {
        refuse(f, l->failure);
    }
}

/* Its refresh token replaces the one that was sent, whatever else is wrong with the answer. */
static void use_refresh_token(source_flight_t *f)
{
    if (f->is_void) {
        source_send_back(source_end_flight(f));
        return;
    }
    source_take_holding(f->source, &f->holding);
    f->source->lost = 0;
    f->is_careful = false; /* nothing is under way any more */
    landing_t l = {.failure = f->failure};
    on_failure(f, &l);
}

static void on_half_failure(source_flight_t *f, const landing_t *l)
{
    source_t *s = f->source;
    holding_follow(&s->holding, &f->errand, l, &f->holding);
    f->holding.made_for = f->made_for;
    f->holding.token = s->holding.token ? token_ref(s->holding.token) : NULL;
    f->failure = l->failure;
    source_commit(f, use_refresh_token);
}

void source_on_landing(void *context, const landing_t *l)
{
    source_flight_t *f = context;
    if (f->is_void) {
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
        on_failure(f, l);
    }
}
