/* SPDX-License-Identifier: MIT */
/* What a token request that brought no token means for its source (DESIGN 5): a pause that all
 * share, a refusal that lasts, a sign-in instead of a refresh, a person who is asked. */
#include <stdio.h>

#include "base/clock.h"
#include "connection/source_internal.h"
#include "seal/hash.h"

enum { VERSION_MAX = 512 };
static const int64_t BACKOFF_FIRST_MS = 1000;
static const int64_t BACKOFF_MAX_MS = 60 * 1000;
static const int64_t CALL_REFUSAL_MS = 24LL * 60 * 60 * 1000;

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
    (void)ignored;
    if (!source_turn_back(f)) {
        source_t *s = f->source;
        err_t err = f->err;
        answer_failures(s, source_end_flight(f), &err);
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
    if (!source_turn_back(f)) {
        source_refuse(f);
    }
}

/* What was sent may be spent: by an answer that was lost, or by the host that lived on since the
 * backup. */
static void tell_uncertain(source_flight_t *f)
{
    const holding_t *h = &f->source->holding;
    f->err.code = ERR_refresh_uncertain;
    if (h->restores < f->source->manager->restores) {
        char why[sizeof f->err.text];
        memcpy(why, f->err.text, sizeof why);
        snprintf(f->err.text, sizeof f->err.text,
                 "the refresh token came from a backup and is of no use any more: %.200s", why);
    }
}

/* Neither may anybody send it again. What the connection stores may sign it in anew; else a person
 * must, and is told whether an answer was lost on the way. */
static void give_up_refresh(source_flight_t *f)
{
    const grant_type_t *type = grant_type_of(&f->ask.connection->auth->grant);
    if (type->begins == BEGINS_ALONE && !f->is_outdated) {
        source_drop_refresh(f, source_sign_in_instead);
        return;
    }
    if (f->err.code != ERR_credentials_rejected && f->tries > 1) {
        tell_uncertain(f);
    } else if (f->err.code != ERR_credentials_rejected) {
        f->err.code = ERR_reauthorise;
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

void source_on_failure(source_flight_t *f, const landing_t *l)
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
