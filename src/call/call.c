/* SPDX-License-Identifier: MIT */
/* The way of a call: a list of steps, each going on, parking the call, or ending it. */
#include "call/call.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "call/call_internal.h"

static step_outcome_t identify(call_t *c);
static step_outcome_t find_connection(call_t *c);
static step_outcome_t match_action(call_t *c);
static step_outcome_t bind_body(call_t *c);
static step_outcome_t look_for_token(call_t *c);
static step_outcome_t admit(call_t *c);
static step_outcome_t authorise(call_t *c);
static step_outcome_t answer_token(call_t *c);

static step_outcome_t (*const STEPS[])(call_t *c) = {
    identify,       /* whose key is it? */
    find_connection, /* which connection, and may the key call it? */
    match_action,   /* which action has this method and path? */
    bind_body,      /* the input, checked */
    look_for_token, /* a token at hand, or a refusal that is known: refusals take no slot */
    admit,          /* the limits */
    authorise,      /* a token, if there was none at hand */
    answer_token,   /* token actions end here */
    call_prepare,   /* the action's own preparing calls */
    call_send,      /* the request, and its answer back */
};
enum { STEP_COUNT = sizeof STEPS / sizeof *STEPS, STEP_ADMIT = 5 };

void call_drive(call_t *c)
{
    if (c->driving) { /* a step's answer came at once: the loop below goes on */
        return;
    }
    c->driving = true;
    while (c->step < STEP_COUNT) {
        size_t step = c->step;
        step_outcome_t outcome = STEPS[step](c);
        if (outcome == STEP_DONE) {
            return;
        }
        if (outcome == STEP_PARKED) {
            break;
        }
        if (c->step == step) {
            c->step++;
        }
    }
    c->driving = false;
}

/* What a question answered; the step that asked is over. */
static void go_on(call_t *c)
{
    c->exchange = NULL;
    c->step++;
    call_drive(c);
}

/* --- ending --- */

void call_end(call_t *c)
{
    loop_timer_clear(&c->timer);
    if (c->exchange) {
        exchange_cancel(c->exchange);
    }
    if (c->upstream) {
        upstream_cancel(c->upstream);
    }
    if (c->entered) {
        worker_leave(c->worker, c->connection->name);
    }
    buf_fini(&c->small);
    json_decref(c->steps);
    err_fini(&c->failure);
    token_unref(c->token);
    caller_key_unref(c->caller);
    connection_unref(c->connection);
    free(c);
}

static size_t limit_headers(const call_t *c, http_header_t out[2])
{
    if (!c->ratelimit_length) {
        return 0;
    }
    out[0] = (http_header_t){STR("ratelimit"), str_at(c->ratelimit, c->ratelimit_length)};
    out[1] = (http_header_t){STR("ratelimit-policy"), c->policy};
    return 2;
}

step_outcome_t call_fail(call_t *c, const err_t *err)
{
    http_header_t headers[2];
    http_problem_t problem = {.err = err, .headers = headers, .header_count = limit_headers(c, headers)};
    if (c->action) {
        problem.connector = c->connection->connector_id;
        problem.connection = c->connection->name;
        problem.action = c->action->name;
    }
    if (err_code_status(err->code) >= 500) {
        log_event(LOG_WARN, "call.failed", LOG_S("request", http_request_id(c->request)),
                  LOG_S("connection", c->connection_name), LOG_S("code", str_of(err_code_name(err->code))),
                  LOG_S("detail", str_of(err->text)));
    }
    http_reply_problem(c->request, &problem);
    call_end(c);
    return STEP_DONE;
}

static step_outcome_t refuse(call_t *c, err_code_t code, const char *text)
{
    err_t err = ERR_INIT;
    err_set(&err, code, "%s", text);
    return call_fail(c, &err);
}

static void on_client_gone(void *context)
{
    call_t *c = context;
    if (c->streaming) {
        http_stream_abort(c->request);
    } else {
        http_reply_drop(c->request);
    }
    call_end(c);
}

/* --- identify --- */

static void on_caller(void *context, caller_key_t *caller)
{
    call_t *c = context;
    c->caller = caller;
    c->refused = caller == NULL; /* the request is answered */
    if (!c->driving) {
        call_drive(c);
    }
}

static step_outcome_t identify(call_t *c)
{
    if (!c->caller && !c->refused) {
        worker_identify(c->worker, c->request, on_caller, c);
    }
    if (c->refused) {
        call_end(c);
        return STEP_DONE;
    }
    return c->caller ? STEP_NEXT : STEP_PARKED;
}

/* --- find_connection --- */

/* One text for what is not there and what this key may not see. */
static step_outcome_t not_found(call_t *c)
{
    return refuse(c, ERR_not_found, "there is no such connector, connection or action");
}

static void on_connection(void *context, connection_t *connection, const err_t *err)
{
    call_t *c = context;
    c->connection = connection;
    if (!connection) {
        c->failure = *err;
    }
    if (!c->driving) {
        call_drive(c);
    }
}

static step_outcome_t name_connection(call_t *c)
{
    if (!str_is(c->connection_name, "-")) {
        return STEP_NEXT;
    }
    if (c->caller->connection_count != 1) {
        return refuse(c, ERR_connection_ambiguous,
                      "`-` stands for the one connection of the key, but this key is bound to none or several: name "
                      "the connection in the address");
    }
    c->connection_name = arena_str(c->arena, str_of(c->caller->connections[0]));
    return STEP_NEXT;
}

static bool is_found(const call_t *c)
{
    return c->connection || err_is_set(&c->failure);
}

static step_outcome_t find_connection(call_t *c)
{
    if (is_found(c)) {
        return STEP_NEXT;
    }
    if (name_connection(c) == STEP_DONE) {
        return STEP_DONE;
    }
    if (!caller_key_may_call(c->caller, c->connection_name)) {
        return not_found(c);
    }
    worker_find_connection(c->worker, c->connection_name, on_connection, c);
    return is_found(c) ? STEP_NEXT : STEP_PARKED;
}

/* --- match_action --- */

static step_outcome_t refuse_method(call_t *c)
{
    static const char *const METHODS[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
    buf_t allow;
    buf_init(&allow, 256);
    for (size_t i = 0; i < sizeof METHODS / sizeof *METHODS; i++) {
        bool known;
        if (connector_match(c->connection->connector, str_of(METHODS[i]), c->path, c->arena, c->path_values,
                            &c->path_value_count, &known)) {
            buf_printf(&allow, "%s%s", allow.n ? ", " : "", METHODS[i]);
        }
    }
    err_t err = ERR_INIT;
    err_set(&err, ERR_method_not_allowed, "this action is called with %s", buf_c(&allow));
    http_header_t header = {STR("allow"), buf_view(&allow)};
    http_reply_problem(c->request, &(http_problem_t){.err = &err, .headers = &header, .header_count = 1});
    buf_fini(&allow);
    call_end(c);
    return STEP_DONE;
}

static bool allows_auth(const action_t *action, const auth_t *auth)
{
    bool allowed = !action->auths || action->no_auth;
    for (size_t i = 0; i < action->auth_count; i++) {
        allowed = allowed || action->auths[i] == auth;
    }
    return allowed;
}

/* A state that only a person can end answers at once; a lock that is over deserves its attempt. */
static step_outcome_t check_state(call_t *c)
{
    const connection_t *connection = c->connection;
    if (connection->state == CONNECTION_READY ||
        (connection->state == CONNECTION_REJECTED &&
         (c->action->kind == ACTION_TOKEN_GRANT || c->action->no_auth ||
          (connection->until_wall_ms && clock_wall_ms() >= connection->until_wall_ms)))) {
        return STEP_NEXT;
    }
    return call_fail(c, &connection->why);
}

static step_outcome_t match_action(call_t *c)
{
    if (err_is_set(&c->failure) && c->failure.code != ERR_not_found) {
        err_t err = c->failure;
        return call_fail(c, &err);
    }
    if (!c->connection || !str_eq(c->connection->connector_id, c->connector_id)) {
        return not_found(c);
    }
    if (!c->connection->connector) { /* its file is gone */
        return call_fail(c, &c->connection->why);
    }
    bool path_known = false;
    const http_view_t *view = http_request_view(c->request);
    const action_t *action = connector_match(c->connection->connector, view->method, c->path, c->arena, c->path_values,
                                             &c->path_value_count, &path_known);
    if (!action) {
        return path_known ? refuse_method(c) : not_found(c);
    }
    c->action = action;
    http_request_watch_client(c->request, on_client_gone, c); /* not before: look-ups cannot be called off */
    c->deadline_ms = clock_boot_ms() + action->timeout_ms;
    if (!allows_auth(action, c->connection->auth)) {
        return refuse(c, ERR_reauthorise, "this action needs another way to sign in than the connection has");
    }
    return check_state(c);
}

/* --- bind_body --- */

static size_t copy_headers(call_t *c, message_header_t **out)
{
    http_header_t h;
    size_t count = 0;
    for (size_t at = 0; http_request_next_header(c->request, &at, &h);) {
        count++;
    }
    *out = arena_array_of(c->arena, message_header_t, count + 1);
    count = 0;
    for (size_t at = 0; http_request_next_header(c->request, &at, &h);) {
        (*out)[count++] = (message_header_t){h.name, h.value};
    }
    return count;
}

static step_outcome_t bind_body(call_t *c)
{
    const http_view_t *view = http_request_view(c->request);
    message_header_t *headers;
    size_t count = copy_headers(c, &headers);
    call_request_t request = {.query = view->query,
                              .body = view->body,
                              .content_type = view->content_type,
                              .content_encoding = view->content_encoding,
                              .headers = headers,
                              .header_count = count,
                              .path_values = c->path_values,
                              .path_value_count = c->path_value_count};
    bind_limits_t limits = {.json_depth = c->worker->options.json_depth,
                            .array_items = c->worker->options.array_items,
                            .form_parts = c->worker->options.array_items};
    err_t err = ERR_INIT;
    if (!bind_input(c->arena, c->action, &request, &limits, &c->input, &err)) {
        step_outcome_t outcome = call_fail(c, &err);
        err_fini(&err);
        return outcome;
    }
    return STEP_NEXT;
}

/* --- look_for_token --- */

static bool needs_token(const call_t *c)
{
    return c->action->kind != ACTION_REQUEST ||
           (!c->action->no_auth && auth_type_gets_tokens(c->connection->auth->type));
}

static bool make_token_key(call_t *c, err_t *err)
{
    buf_t key;
    buf_init(&key, 512);
    bool ok = true;
    if (c->action->kind == ACTION_TOKEN_GRANT) {
        ok = token_key_of_call(c->connection, c->action->grant, c->input.values,
                               manager_call_token_secret(c->worker->options.manager), clock_wall_ms(), &key, err);
    } else {
        token_key_of_connection(c->connection, &key);
    }
    c->token_key = arena_str(c->arena, buf_view(&key));
    buf_fini(&key);
    return ok;
}

static bool wants_fresh(const call_t *c)
{
    return str_find(http_request_view(c->request)->cache_control, STR("no-cache"), 0) != SIZE_MAX;
}

static step_outcome_t look_for_token(call_t *c)
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
    if (c->token && wants_fresh(c)) {
        token_unref(c->token);
        c->token = NULL;
    }
    c->token_hit = c->token != NULL;
    return STEP_NEXT;
}

/* --- admit --- */

static void on_slot_time(void *context)
{
    call_drive(context);
}

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

static step_outcome_t admit(call_t *c)
{
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
    (void)fresh;
    c->exchange = NULL;
    loop_timer_clear(&c->timer);
    if (!token) {
        call_fail(c, err);
        return;
    }
    if (c->refused_token == token->generation) { /* there is no better one */
        token_unref(token);
        err_t refused = ERR_INIT;
        refused.upstream_status = 401;
        err_set(&refused, ERR_upstream_unauthorized, "the service refused the connection's token");
        call_fail(c, &refused);
        return;
    }
    c->token = token;
    go_on(c);
}

static void on_token_time(void *context)
{
    call_t *c = context;
    err_t err = ERR_INIT;
    err_set(&err, ERR_token_endpoint_timeout, "the token endpoint did not answer in time");
    call_fail(c, &err);
}

static step_outcome_t authorise(call_t *c)
{
    if (!needs_token(c) || c->token) {
        return STEP_NEXT;
    }
    token_ask_t ask = {.connection = c->connection,
                       .force = !c->refused_token && wants_fresh(c),
                       .not_this = c->refused_token};
    if (c->action->kind == ACTION_TOKEN_GRANT) {
        ask.grant = c->action->grant;
        ask.input = c->input.values;
        ask.key = c->token_key;
    }
    loop_timer_init(&c->timer, c->worker->loop, on_token_time, c);
    loop_timer_set(&c->timer, c->deadline_ms);
    c->exchange = manager_get_token(c->worker->options.manager, &ask, on_token, c);
    return STEP_PARKED;
}

void call_renew_token(call_t *c)
{
    c->refused_token = c->token->generation;
    token_unref(c->token);
    c->token = NULL;
    c->step = STEP_ADMIT; /* the repeat takes a slot of its own */
    loop_timer_init(&c->timer, c->worker->loop, on_slot_time, c);
}

/* --- answer_token --- */

/* The answer of a token action: DESIGN 4 and RFC 9211 (Cache-Status). */
static void reply_token(http_request_t *request, const token_t *token, bool hit, int64_t now, str_t ratelimit,
                        str_t policy)
{
    char status[64];
    int n = snprintf(status, sizeof status, hit ? "tenon; hit; ttl=%lld" : "tenon; fwd=miss; stored; ttl=%lld",
                     (long long)token_seconds_left(token, now));
    http_header_t headers[] = {
        {STR("content-type"), STR("application/json")},
        {STR("cache-control"), STR("no-store")},
        {STR("content-security-policy"), STR("sandbox; default-src 'none'")},
        {STR("x-content-type-options"), STR("nosniff")},
        {STR("cache-status"), str_at(status, (size_t)n)},
        {STR("ratelimit"), ratelimit},
        {STR("ratelimit-policy"), policy},
    };
    enum { ALL = sizeof headers / sizeof *headers };
    char small[4096];
    size_t need = token->head.n + token->tail.n + 24;
    char *bytes = need <= sizeof small ? small : mem_alloc(need);
    buf_t body = {.p = bytes, .capacity = need, .ceiling = need};
    token_write_answer(token, now, &body);
    http_reply(request, 200, headers, ratelimit.n ? ALL : ALL - 2, buf_view(&body));
    if (bytes != small) {
        free(bytes);
    }
}

/* What the bytes of a call do not tell must not decide its answer: header fields stand outside of what the call is
 * recognised by. What was looked up before a change came to this loop is not kept beyond it. */
static bool may_be_hot(const call_t *c, int64_t now)
{
    const fields_t *input = &c->action->input;
    for (size_t i = 0; i < input->count; i++) {
        if (input->list[i].in == IN_HEADER) {
            return false;
        }
    }
    return c->changes_seen == c->worker->changes && now < c->token->reuse_until_ms;
}

static step_outcome_t answer_token(call_t *c)
{
    if (c->action->kind == ACTION_REQUEST) {
        return STEP_NEXT;
    }
    int64_t now = clock_boot_ms();
    reply_token(c->request, c->token, c->token_hit, now, str_at(c->ratelimit, c->ratelimit_length), c->policy);
    if (may_be_hot(c, now)) {
        hot_entry_t entry = {.token_key = c->token_key,
                             .seat = worker_seat(c->worker, c->connection, c->action, c->caller),
                             .connection = c->connection,
                             .action = c->action,
                             .key_expires_wall_ms = c->caller->expires_wall_ms};
        hot_put(c->worker->hot, hot_identify(http_request_view(c->request)), &entry);
    }
    call_end(c);
    return STEP_DONE;
}

/* Limits and answer of a call that was recognised. False: it has to go the long way, and has taken no slot. */
static bool answer_seated(http_request_t *request, const hot_entry_t *e, const token_t *token, int64_t now)
{
    throttle_verdict_t v;
    char ratelimit[RATELIMIT_BYTES];
    throttle_admit(e->seat->throttle, now, &v);
    str_t limit = str_at(ratelimit, seat_write_ratelimit(e->seat, &v, ratelimit));
    if (v.admitted) {
        reply_token(request, token, true, now, limit, str_of(e->seat->policy));
        return true;
    }
    if (!v.by_gate && e->seat->limits[v.limit]->wait) {
        return false;
    }
    err_t err = ERR_INIT;
    seat_refuse(e->seat, &v, &err);
    http_header_t headers[] = {{STR("ratelimit"), limit}, {STR("ratelimit-policy"), str_of(e->seat->policy)}};
    http_reply_problem(request, &(http_problem_t){.err = &err,
                                                  .connector = e->connection->connector_id,
                                                  .connection = e->connection->name,
                                                  .action = e->action->name,
                                                  .headers = headers,
                                                  .header_count = limit.n ? 2 : 0});
    return true;
}

/* The same bytes as a call before: straight to limits and answer. False: the long way. */
static bool answer_hot(worker_t *w, http_request_t *request)
{
    const http_view_t *view = http_request_view(request);
    if (w->draining || view->cache_control.n || view->content_encoding.n) {
        return false;
    }
    const hot_entry_t *e = hot_get(w->hot, hot_identify(view));
    if (!e || (e->key_expires_wall_ms && clock_wall_ms() >= e->key_expires_wall_ms)) {
        return false;
    }
    err_t refusal;
    int64_t now = clock_boot_ms();
    token_t *token = token_cache_get(w->tokens, e->token_key, now, &refusal);
    bool answered = token && answer_seated(request, e, token, now);
    token_unref(token);
    return answered;
}

/* --- start --- */

/* /run/{connector}/{connection}{path}: names are taken as they are, a name with an escape is none. */
static void split_path(call_t *c, str_t prefix)
{
    str_t rest = http_request_view(c->request)->path;
    rest = str_slice(rest, prefix.n, rest.n);
    c->connector_id = str_cut(&rest, '/');
    size_t slash = str_index(rest, '/');
    c->connection_name = str_slice(rest, 0, slash);
    c->path = slash == SIZE_MAX ? STR("/") : str_slice(rest, slash, rest.n);
}

void call_start(worker_t *w, http_request_t *request, str_t prefix)
{
    if (answer_hot(w, request)) {
        return;
    }
    call_t *c = mem_new(call_t);
    c->worker = w;
    c->request = request;
    c->arena = http_request_arena(request);
    c->failure = ERR_INIT;
    c->length = -1;
    c->changes_seen = w->changes;
    loop_timer_init(&c->timer, w->loop, on_slot_time, c);
    split_path(c, prefix);
    if (w->draining) {
        refuse(c, ERR_draining, "Tenon is shutting down");
        return;
    }
    call_drive(c);
}
