/* SPDX-License-Identifier: MIT */
#include "call/seat.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"

enum { POLICY_MAX = 4096 };

static str_t window_key(arena_t *arena, const limit_t *limit, const connection_t *connection,
                        const char *of, str_t of_name, const caller_key_t *caller)
{
    switch (limit->scope) {
    case SCOPE_CONNECTION:
        return arena_printf(arena, "%s%.*s/connection/%.*s", of, STR_ARG(of_name),
                            STR_ARG(connection->name));
    case SCOPE_CALLER:
        return arena_printf(arena, "%s%.*s/caller/%s", of, STR_ARG(of_name), caller->id);
    case SCOPE_CONNECTOR:
        break;
    }
    return arena_printf(arena, "%s%.*s/connector", of, STR_ARG(of_name));
}

static void add_limits(seat_t *s, throttle_limit_t *to, arena_t *arena, const limits_t *limits,
                       const connection_t *connection, const char *of, str_t of_name,
                       const caller_key_t *caller)
{
    for (size_t i = 0; i < limits->count && s->count < THROTTLE_LIMITS_MAX; i++) {
        const limit_t *limit = &limits->list[i];
        to[s->count] = (throttle_limit_t){window_key(arena, limit, connection, of, of_name, caller),
                                          limit->calls, limit->per_ms};
        s->limits[s->count++] = limit;
    }
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
        buf_printf(&b, "%s\"%.*s\";q=%u;w=%lld", i ? ", " : "", STR_ARG(l->name), l->calls,
                   (long long)((l->per_ms + 999) / 1000));
    }
    return buf_take(&b, NULL);
}

seat_t *seat_new(throttle_t *t, const connection_t *connection, const action_t *action,
                 const caller_key_t *caller)
{
    seat_t *s = mem_new(seat_t);
    arena_t *arena = arena_new(0);
    throttle_limit_t limits[THROTTLE_LIMITS_MAX];
    s->connector = connector_ref(connection->connector);
    add_limits(s, limits, arena, &connection->connector->throttle, connection, "all", STR_NONE,
               caller);
    add_limits(s, limits, arena, &action->throttle, connection, "action/", action->name, caller);
    s->throttle =
        throttle_seat_take(t, connection->connector_id, connection->name, limits, s->count);
    s->policy = write_policy(s);
    arena_free(arena);
    return s;
}

void seat_free(seat_t *s)
{
    if (s) {
        throttle_seat_release(s->throttle);
        connector_unref(s->connector);
        free(s->policy);
        free(s);
    }
}

size_t seat_write_ratelimit(const seat_t *s, const throttle_verdict_t *v, char out[RATELIMIT_BYTES])
{
    if (s->count == 0) {
        return 0;
    }
    str_t name = s->limits[v->limit < s->count ? v->limit : 0]->name;
    int64_t seconds = (v->reset_ms + 999) / 1000;
    int n = snprintf(out, RATELIMIT_BYTES, "\"%.*s\";r=%u;t=%lld",
                     (int)(name.n < 100 ? name.n : 100), name.p, v->remaining, (long long)seconds);
    return n < 0 ? 0 : (size_t)n;
}

void seat_refuse(const seat_t *s, const throttle_verdict_t *v, err_t *err)
{
    err->retry_after_ms = v->retry_after_ms;
    if (v->by_gate || s->count == 0) {
        err_set(err, ERR_upstream_throttled, "the service asked for a pause; calls go on in %lld s",
                (long long)((v->retry_after_ms + 999) / 1000));
        return;
    }
    const limit_t *l = s->limits[v->limit];
    err_set(err, ERR_throttled,
            "`%.*s`: at most %u calls in %lld s; the next is let through in %lld s",
            STR_ARG(l->name), l->calls, (long long)(l->per_ms / 1000),
            (long long)((v->retry_after_ms + 999) / 1000));
}
