/* SPDX-License-Identifier: MIT */
#include "call/seat.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"

enum { POLICY_MAX = 4096, NAME_MAX_BYTES = 64 };

throttle_limit_t seat_limit_in(arena_t *arena, const limit_t *limit, const limit_place_t *at)
{
    str_t action = at->action ? at->action->name : STR_NONE;
    const char *of = at->action ? "action/" : "all";
    str_t key = arena_printf(arena, "%s%.*s/connector", of, STR_ARG(action));
    if (limit->scope == SCOPE_CONNECTION) {
        key = arena_printf(arena, "%s%.*s/connection/%.*s", of, STR_ARG(action),
                           STR_ARG(at->connection));
    } else if (limit->scope == SCOPE_CALLER) {
        key = arena_printf(arena, "%s%.*s/caller/%.*s", of, STR_ARG(action), STR_ARG(at->key));
    }
    return (throttle_limit_t){key, limit->calls, limit->per_ms};
}

static void add_limits(seat_t *s, throttle_limit_t *to, arena_t *arena, const limits_t *limits,
                       const limit_place_t *at)
{
    for (size_t i = 0; i < limits->count && s->count < THROTTLE_LIMITS_MAX; i++) {
        to[s->count] = seat_limit_in(arena, &limits->list[i], at);
        s->limits[s->count++] = &limits->list[i];
    }
}

/* A name may be any text; a string of a header field is ASCII (RFC 9651 3.3.3). */
static char *quote(str_t name)
{
    buf_t b;
    buf_init(&b, 2 * NAME_MAX_BYTES + 2);
    buf_char(&b, '"');
    for (size_t i = 0; i < name.n && i < NAME_MAX_BYTES; i++) {
        char c = name.p[i];
        if (c == '"' || c == '\\') {
            buf_char(&b, '\\');
        }
        buf_char(&b, c >= ' ' && c <= '~' ? c : '?');
    }
    buf_char(&b, '"');
    return buf_take(&b, NULL);
}

int64_t seat_whole_seconds(int64_t ms)
{
    return (ms + 999) / 1000;
}

static char *write_policy(const seat_t *s)
{
    if (s->count == 0) {
        return NULL;
    }
    buf_t b;
    buf_init(&b, POLICY_MAX);
    for (size_t i = 0; i < s->count; i++) {
        const limit_t *l = s->limits[i];
        buf_printf(&b, "%s%s;q=%u;w=%lld", i ? ", " : "", s->names[i], l->calls,
                   (long long)seat_whole_seconds(l->per_ms));
    }
    return buf_take(&b, NULL);
}

seat_t *seat_new(throttle_t *t, const tally_place_t *place, const connection_t *connection,
                 const action_t *action, const caller_key_t *caller)
{
    seat_t *s = mem_new(seat_t);
    arena_t *arena = arena_new(0);
    throttle_limit_t limits[THROTTLE_LIMITS_MAX];
    s->connector = connector_ref(connection->connector);
    limit_place_t at = {.connection = connection->name, .key = str_of(caller->id)};
    add_limits(s, limits, arena, &connection->connector->throttle, &at);
    at.action = action;
    add_limits(s, limits, arena, &action->throttle, &at);
    s->throttle =
        throttle_seat_take(t, connection->connector_id, connection->name, limits, s->count);
    for (size_t i = 0; i < s->count; i++) {
        s->names[i] = quote(s->limits[i]->name);
    }
    s->policy = write_policy(s);
    tally_init(&s->tally, place, connection, action, caller);
    arena_free(arena);
    return s;
}

void seat_free(seat_t *s)
{
    if (s) {
        throttle_seat_release(s->throttle);
        tally_fini(&s->tally);
        connector_unref(s->connector);
        for (size_t i = 0; i < s->count; i++) {
            free(s->names[i]);
        }
        free(s->policy);
        http_problem_form_free(s->refusal.form);
        free(s);
    }
}

size_t seat_write_ratelimit(const seat_t *s, const throttle_verdict_t *v, char out[RATELIMIT_BYTES])
{
    if (s->count == 0) {
        return 0;
    }
    buf_t b = {.p = out, .capacity = RATELIMIT_BYTES, .ceiling = RATELIMIT_BYTES};
    buf_lit(&b, s->names[v->limit < s->count ? v->limit : 0]);
    buf_lit(&b, ";r=");
    buf_i64(&b, v->remaining);
    buf_lit(&b, ";t=");
    buf_i64(&b, seat_whole_seconds(v->reset_ms));
    return b.n;
}

void seat_refuse(const seat_t *s, const throttle_verdict_t *v, err_t *err)
{
    err->retry_after_ms = v->retry_after_ms;
    if (v->by_gate || s->count == 0) {
        err_set(err, ERR_upstream_throttled, "the service asked for a pause; calls go on in %lld s",
                (long long)seat_whole_seconds(v->retry_after_ms));
        return;
    }
    const limit_t *l = s->limits[v->limit];
    err_set(err, ERR_throttled,
            "`%.*s`: at most %u calls in %lld s; the next is let through in %lld s",
            STR_ARG(l->name), l->calls, (long long)seat_whole_seconds(l->per_ms),
            (long long)seat_whole_seconds(v->retry_after_ms));
}

static http_problem_form_t *write_refusal(const seat_t *s, const http_problem_t *names,
                                          const err_t *err)
{
    const http_header_t policy = {STR("ratelimit-policy"), str_of(s->policy ? s->policy : "")};
    http_problem_t problem = *names;
    problem.err = err;
    problem.headers = &policy;
    problem.header_count = s->policy ? 1 : 0;
    return http_problem_form_new(&problem);
}

const limit_refusal_t *seat_refusal(seat_t *s, const throttle_verdict_t *v,
                                    const http_problem_t *names)
{
    limit_refusal_t *last = &s->refusal;
    int64_t retry_after_s = seat_whole_seconds(v->retry_after_ms);
    if (last->form && last->by_gate == v->by_gate && last->limit == v->limit &&
        last->retry_after_s == retry_after_s) {
        return last;
    }
    err_t err = ERR_INIT;
    seat_refuse(s, v, &err);
    http_problem_form_free(last->form);
    *last = (limit_refusal_t){.form = write_refusal(s, names, &err),
                              .code = err.code,
                              .by_gate = v->by_gate,
                              .limit = v->limit,
                              .retry_after_s = retry_after_s};
    return last;
}
