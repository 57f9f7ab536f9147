/* SPDX-License-Identifier: MIT */
/* The first steps of a call: who calls, which connection and action, and with what input. */
#include "base/clock.h"
#include "call/call_internal.h"

/* --- identify --- */

static void on_caller(void *context, caller_key_t *caller, const err_t *err)
{
    call_t *c = context;
    c->caller = caller;
    c->failure = *err;
    if (!c->driving) {
        call_drive(c);
    }
}

step_outcome_t call_identify(call_t *c)
{
    if (!c->caller && !err_is_set(&c->failure)) {
        worker_identify(c->worker, c->request, on_caller, c);
    }
    if (err_is_set(&c->failure)) {
        return call_fail(c, &c->failure);
    }
    return c->caller ? STEP_NEXT : STEP_PARKED;
}

/* --- find_connection --- */

/* One text for what is not there and what this key may not see. */
static step_outcome_t not_found(call_t *c)
{
    return call_refuse(c, ERR_not_found, "there is no such connector, connection or action");
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
        return call_refuse(c, ERR_connection_ambiguous,
                           "`-` stands for the one connection of the key, but this key is bound to "
                           "none or several: name "
                           "the connection in the address");
    }
    c->connection_name = arena_str(c->arena, str_of(c->caller->connections[0]));
    return STEP_NEXT;
}

static bool is_found(const call_t *c)
{
    return c->connection || err_is_set(&c->failure);
}

step_outcome_t call_find_connection(call_t *c)
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

/* --- check_connection --- */

step_outcome_t call_check_connection(call_t *c)
{
    if (err_is_set(&c->failure) && c->failure.code != ERR_not_found) {
        err_t err = c->failure;
        return call_fail(c, &err);
    }
    bool named =
        c->connection && (c->proxied || str_eq(c->connection->connector_id, c->connector_id));
    if (!named) {
        return not_found(c);
    }
    return c->connection->connector ? STEP_NEXT
                                    : call_fail(c, &c->connection->why); /* its file is gone */
}

/* --- match_action --- */

static const char *const METHODS[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
enum { METHOD_COUNT = sizeof METHODS / sizeof *METHODS };

bool call_is_method(str_t method)
{
    for (size_t i = 0; i < METHOD_COUNT; i++) {
        if (str_is(method, METHODS[i])) {
            return true;
        }
    }
    return false;
}

static const action_t *find_action(call_t *c, str_t method, bool *path_known)
{
    *path_known = c->proxied != NULL;
    return c->proxied ? call_proxy_action(c, method)
                      : connector_match(c->connection->connector, method, c->path, c->arena,
                                        c->path_values, &c->path_value_count, path_known);
}

static step_outcome_t refuse_method(call_t *c)
{
    buf_t allow;
    buf_init(&allow, 256);
    for (size_t i = 0; i < METHOD_COUNT; i++) {
        bool known;
        if (find_action(c, str_of(METHODS[i]), &known)) {
            buf_printf(&allow, "%s%s", allow.n ? ", " : "", METHODS[i]);
        }
    }
    err_t err = ERR_INIT;
    err_set(&err, ERR_method_not_allowed, "this action is called with %s", buf_c(&allow));
    http_header_t header = {STR("allow"), buf_view(&allow)};
    call_tell(c, err_code_status(err.code), true, &err);
    http_reply_problem(c->request,
                       &(http_problem_t){.err = &err, .headers = &header, .header_count = 1});
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
    bool own = c->action->kind == ACTION_TOKEN_GRANT || c->action->no_auth; /* or no credentials */
    if (connection->state == CONNECTION_READY ||
        (connection->state == CONNECTION_REJECTED && own) ||
        call_lock_is_over(connection, clock_wall_ms())) {
        return STEP_NEXT;
    }
    return call_fail(c, &connection->why);
}

static void on_client_gone(void *context)
{
    call_abandon(context, NULL);
}

step_outcome_t call_match_action(call_t *c)
{
    bool path_known;
    const action_t *action = c->proxied ? NULL : link_action(c);
    if (!action) {
        action = find_action(c, http_request_view(c->request)->method, &path_known);
    }
    if (!action) {
        return path_known ? refuse_method(c) : not_found(c);
    }
    c->action = action;
    http_request_watch_client(c->request, on_client_gone,
                              c); /* not before: look-ups cannot be called off */
    c->deadline_ms = clock_boot_ms() + action->timeout_ms;
    if (!allows_auth(action, c->connection->auth)) {
        return call_refuse(c, ERR_reauthorise,
                           "this action needs another way to sign in than the connection has");
    }
    return check_state(c);
}

/* --- bind_body --- */

size_t call_copy_headers(call_t *c, message_header_t **out)
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

/* Of an address that the service told all stands in it; steps helped to make it, and are not run
 * again. A poll is a call of the action as it was. */
static step_outcome_t bind_link(call_t *c)
{
    err_t err = ERR_INIT;
    bool opened = c->link_content.p || link_refuse(c, &err);
    if (opened && c->link == &LINK_STATE) {
        opened = poll_open(c, &err);
    } else {
        bind_nothing(c->arena, &c->input);
        c->step_index = c->action->steps.count;
    }
    if (opened) {
        return STEP_NEXT;
    }
    step_outcome_t outcome = call_fail(c, &err);
    err_fini(&err);
    return outcome;
}

bind_limits_t call_bind_limits(const call_t *c)
{
    const worker_options_t *options = &c->worker->options;
    return (bind_limits_t){.values = {.string_bytes = options->string_bytes,
                                      .array_items = options->array_items,
                                      .depth = options->json_depth},
                           .json_values = options->json_values,
                           .form_parts = options->array_items};
}

step_outcome_t call_bind_body(call_t *c)
{
    if (c->proxied) {
        return STEP_NEXT;
    }
    if (c->link) {
        return bind_link(c);
    }
    const http_view_t *view = http_request_view(c->request);
    message_header_t *headers;
    size_t count = call_copy_headers(c, &headers);
    call_request_t request = {.query = view->query,
                              .body = view->body,
                              .content_type = view->content_type,
                              .content_encoding = view->content_encoding,
                              .headers = headers,
                              .header_count = count,
                              .path_values = c->path_values,
                              .path_value_count = c->path_value_count};
    bind_limits_t limits = call_bind_limits(c);
    err_t err = ERR_INIT;
    if (!bind_input(c->arena, c->action, &request, &limits, &c->input, &err)) {
        step_outcome_t outcome = call_fail(c, &err);
        err_fini(&err);
        return outcome;
    }
    return STEP_NEXT;
}
