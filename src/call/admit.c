/* SPDX-License-Identifier: MIT */
/* May the call go on, and with which token: a token at hand, the limits, a token that is fetched.
 */
#include "base/clock.h"
#include "call/call_internal.h"

/* --- look_for_token --- */

static bool needs_token(const call_t *c)
{
    return c->action->kind != ACTION_REQUEST ||
           (!c->action->no_auth && connection_needs_token(c->connection));
}

static bool make_token_key(call_t *c, err_t *err)
{
    buf_t key;
    buf_init(&key, 512);
    bool ok = true;
    if (c->action->kind == ACTION_TOKEN_GRANT) {
        ok = token_key_of_call(c->connection, c->action->grant, c->input.values,
                               manager_call_token_secret(c->worker->options.manager),
                               clock_wall_ms(), &key, err);
    } else {
        token_key_of_connection(c->connection, &key);
    }
    c->token_key = arena_str(c->arena, buf_view(&key));
    buf_fini(&key);
    return ok;
}

bool call_wants_fresh(const call_t *c)
{
    str_t rest = http_request_view(c->request)->cache_control;
    while (rest.n && c->action->kind != ACTION_REQUEST) {
        if (str_eq_nocase(str_trim(str_cut(&rest, ',')), STR("no-cache"))) {
            return true;
        }
    }
    return false;
}

static void drop_token(call_t *c)
{
    token_unref(c->token);
    c->token = NULL;
}

step_outcome_t call_look_for_token(call_t *c)
{
    err_t err = ERR_INIT;
    if (!needs_token(c)) {
        return STEP_NEXT;
    }
    if (!make_token_key(c, &err)) {
        return call_fail(c, &err);
    }
    c->token = token_cache_get(c->worker->tokens, c->token_key, clock_boot_ms(), &err);
    if (err_is_set(&err)) {
        return call_fail(c, &err);
    }
    if (call_wants_fresh(c)) {
        drop_token(c);
    } else {
        c->token_use = c->token ? TOKEN_HIT : TOKEN_MISS;
    }
    c->token_hit = c->token != NULL;
    return STEP_NEXT;
}

/* --- admit --- */

static bool may_wait(call_t *c, const seat_t *seat, const throttle_verdict_t *v, int64_t now)
{
    const limit_t *limit = seat->limits[v->limit];
    if (v->by_gate || seat->count == 0 || !limit->wait) {
        return false;
    }
    if (!c->wait_until_ms) {
        c->wait_until_ms = now + (limit->max_wait_ms ? limit->max_wait_ms : c->action->timeout_ms);
    }
    return now + v->retry_after_ms <= c->wait_until_ms && now + v->retry_after_ms < c->deadline_ms;
}

/* What would be refused behind the limits must not take a slot of them. */
static bool has_room(const call_t *c)
{
    return c->entered || c->action->kind != ACTION_REQUEST ||
           worker_has_room(c->worker, c->connection->name);
}

step_outcome_t call_admit(call_t *c)
{
    if (!has_room(c)) {
        return call_refuse_over_capacity(c);
    }
    seat_t *seat = worker_seat(c->worker, c->connection, c->action, c->caller);
    int64_t now = clock_boot_ms();
    throttle_verdict_t v;
    throttle_admit(seat->throttle, now, &v);
    c->ratelimit_length = seat_write_ratelimit(seat, &v, c->ratelimit);
    c->policy = c->ratelimit_length ? arena_str(c->arena, str_of(seat->policy)) : STR_NONE;
    if (v.admitted) {
        return STEP_NEXT;
    }
    if (may_wait(c, seat, &v, now)) {
        loop_timer_set(&c->timer, now + v.retry_after_ms);
        return STEP_PARKED; /* and tries again */
    }
    err_t err = ERR_INIT;
    seat_refuse(seat, &v, &err);
    return call_fail(c, &err);
}

/* --- authorise --- */

static void on_token(void *context, token_t *token, bool fresh, const err_t *err)
{
    call_t *c = context;
    c->exchange = NULL;
    loop_timer_clear(&c->timer);
    if (!token) {
        call_fail(c, err);
        return;
    }
    c->token = token;
    c->token_hit = !fresh;
    way_take_token(c, fresh);
    if (c->refused_token == token->generation) { /* there is no better one */
        err_t refused = ERR_INIT;
        judge_set_unauthorized(401, &refused);
        call_fail(c, &refused);
        return;
    }
    c->step++;
    call_drive(c);
}

void call_on_timer(void *context)
{
    call_t *c = context;
    if (c->exchange) {
        call_refuse(c, ERR_token_endpoint_timeout, "the token endpoint did not answer in time");
    } else { /* a slot is due, or a repeat */
        if (c->retry_at_ms) {
            c->retry_at_ms = 0;
            way_pause(c);
        }
        call_drive(c);
    }
}

static step_outcome_t ask_for_token(call_t *c)
{
    token_ask_t ask = {
        .connection = c->connection, .force = call_wants_fresh(c), .not_this = c->refused_token};
    if (c->action->kind == ACTION_TOKEN_GRANT) {
        ask.grant = c->action->grant;
        ask.input = c->input.values;
        ask.key = c->token_key;
    }
    loop_timer_set(&c->timer, c->deadline_ms);
    c->exchange = manager_get_token(c->worker->options.manager, &ask, on_token, c);
    return STEP_PARKED;
}

step_outcome_t call_authorise(call_t *c)
{
    if (!needs_token(c)) {
        return STEP_NEXT;
    }
    if (c->token && (c->wait_until_ms || c->retries) && clock_boot_ms() >= c->token->reuse_until_ms) {
        drop_token(c); /* it grew old while the call waited for its slot */
    }
    return c->token ? STEP_NEXT : ask_for_token(c);
}

void call_renew_token(call_t *c)
{
    c->refused_token = c->token->generation;
    drop_token(c);
    json_decref(c->steps);
    c->steps = NULL;
    c->step_index = 0;
    c->step = CALL_STEP_admit; /* the repeat takes a slot of its own */
    call_drive(c);
}
