/* SPDX-License-Identifier: MIT */
/* What the outcome of a token request means for its source (DESIGN 5): a token that is kept, a
 * pause that all share, a refusal that lasts. */
#include <stdlib.h>

#include "base/clock.h"
#include "connection/source_internal.h"
#include "seal/hash.h"

enum { VERSION_MAX = 512 };
static const int64_t LIFETIME_DEFAULT_MS = 300 * 1000;
static const int64_t BACKOFF_FIRST_MS = 1000;
static const int64_t BACKOFF_MAX_MS = 60 * 1000;
static const int64_t CALL_REFUSAL_MS = 24LL * 60 * 60 * 1000;

/* --- a landed token --- */

/* Up to a tenth of the margin either way, so that a thousand connections do not ask in the same
 * second. */
static int64_t jittered(int64_t margin_ms)
{
    uint32_t r;
    random_bytes(&r, sizeof r);
    return margin_ms - margin_ms / 10 + (int64_t)((uint64_t)margin_ms / 5 * r >> 32);
}

static bool holds_text(const json_t *value, str_t text)
{
    const char *name;
    json_t *member;
    size_t i;
    json_object_foreach((json_t *)(uintptr_t)value, name, member)
    {
        if (holds_text(member, text)) {
            return true;
        }
    }
    json_array_foreach(value, i, member)
    {
        if (holds_text(member, text)) {
            return true;
        }
    }
    return json_is_string(value) &&
           str_eq(str_at(json_string_value(value), json_string_length(value)), text);
}

/* Tenon owns the refresh token of a connection; no caller sees it, wherever in the answer it
 * stands. */
static json_t *take_refresh_token(json_t *members)
{
    json_t *taken = json_incref(json_object_get(members, "refresh_token"));
    const char *name;
    json_t *member;
    void *next;
    json_object_del(members, "refresh_token");
    json_object_foreach_safe(members, next, name, member)
    {
        if (json_is_string(taken) && json_string_length(taken) &&
            strcmp(name, "access_token") != 0 &&
            holds_text(member, str_at(json_string_value(taken), json_string_length(taken)))) {
            json_object_del(members, name);
        }
    }
    return taken;
}

token_t *source_token_of(bool of_connection, const landing_t *l)
{
    int64_t lifetime = l->lifetime_ms < 0 ? LIFETIME_DEFAULT_MS : l->lifetime_ms;
    json_t *members = json_deep_copy(l->members), *kept = NULL;
    if (of_connection) {
        json_t *refresh = take_refresh_token(members);
        kept = l->refresh_kept ? json_pack("{s:O}", "refresh_token", refresh) : NULL;
        json_decref(refresh);
    }
    int64_t reuse_until =
        lifetime > 0 ? l->sent_at_ms + lifetime - jittered(source_margin_ms(lifetime)) : 0;
    return token_new(members, kept, l->sent_at_ms, lifetime, reuse_until);
}

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

static void on_success(source_flight_t *f, const landing_t *l)
{
    source_t *s = f->source;
    f->token = source_token_of(s->of_connection, l);
    if (s->failures) {
        durable_forget_source(s->manager, s->key);
    }
    s->failures = 0;
    s->backoff_until_ms = 0;
    if (f->token->reuse_until_ms > 0) {
        source_keep_token(s, f->ask.connection, f->token);
    } else {
        s->short_lived_at_ms[0] = s->short_lived_at_ms[1];
        s->short_lived_at_ms[1] = l->sent_at_ms;
    }
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

/* --- a landed failure --- */

static int64_t backoff_ms(const source_t *s)
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
    bool is_void = f->is_void;
    err_t err = f->err;
    token_waiter_t *waiters = source_end_flight(f);
    (void)ignored;
    if (is_void) {
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

static void on_transient(source_flight_t *f)
{
    source_t *s = f->source;
    int64_t wait = f->err.retry_after_ms > 0 ? f->err.retry_after_ms : backoff_ms(s);
    s->failures++;
    s->backoff_until_ms = clock_boot_ms() + wait;
    f->err.retry_after_ms = wait;
    s->last_failure = f->err;
    keep_failure(f, wait);
}

/* What was issued to the same credentials before goes, too: one answer to everybody. */
static void on_refused(source_flight_t *f, failure_class_t failure)
{
    source_t *s = f->source;
    bool paused = failure == FAILURE_LOCKED && f->err.retry_after_ms > 0;
    source_drop_token(s);
    s->failures = 0;
    if (s->of_connection) {
        f->phase = KEEPING;
        durable_refuse_connection(s->manager, f->ask.connection, &f->err, source_end_failed, f);
    } else {
        keep_failure(f, paused ? f->err.retry_after_ms : CALL_REFUSAL_MS);
    }
}

static void on_failure(source_flight_t *f, failure_class_t failure)
{
    switch (failure) {
    case FAILURE_SIGN_IN:
    case FAILURE_REJECTED:
    case FAILURE_LOCKED:
        on_refused(f, failure);
        break;
    case FAILURE_BACKOFF:
        on_transient(f);
        break;
    case FAILURE_LOCAL:
        source_end_failed(f, NULL);
        break;
    }
}

void source_on_landing(void *context, const landing_t *l)
{
    source_flight_t *f = context;
    if (f->is_void) {
        source_send_back(source_end_flight(f));
        return;
    }
    f->err = l->err;
    if (l->ok) {
        on_success(f, l);
    } else {
        on_failure(f, l->failure);
    }
}
