/* SPDX-License-Identifier: MIT */
/* Requests to /proxy: calls of an action that no definition has, made for the one request. */
#include "call/call_internal.h"

step_outcome_t call_check_proxy(call_t *c)
{
    const connection_t *connection = c->connection;
    if (!c->proxied) {
        return STEP_NEXT;
    }
    if (!caller_key_has(c->caller, KEY_RIGHT_PROXY)) {
        return call_refuse(c, ERR_forbidden, "this needs a key with the right `proxy`");
    }
    return connection->connector->proxy
               ? STEP_NEXT
               : call_refuse(c, ERR_forbidden,
                             "the connector of this connection does not open /proxy (`proxy: true` "
                             "in its definition)");
}

/* FORMAT 7: the default of actions. */
static bool is_idempotent(str_t method)
{
    return !str_is(method, "POST") && !str_is(method, "PATCH");
}

const action_t *call_proxy_action(call_t *c, str_t method)
{
    if (!call_is_method(method)) {
        return NULL;
    }
    action_t *action = arena_new_of(c->arena, action_t);
    *action = (action_t){.name = STR(ACTION_NAME_PROXY),
                         .method = method,
                         .kind = ACTION_REQUEST,
                         .timeout_ms = c->connection->connector->timeout_ms,
                         .idempotent = is_idempotent(method)};
    return action;
}

step_outcome_t call_bind_proxied(call_t *c)
{
    const http_view_t *view = http_request_view(c->request);
    message_header_t *headers;
    err_t err = ERR_INIT;
    if (!c->proxied) {
        return STEP_NEXT;
    }
    size_t count = call_copy_headers(c, &headers);
    *c->proxied = (proxied_t){
        .method = view->method, .path = c->path, .query = view->query, .body = view->body};
    return proxied_take(c->arena, headers, count, c->proxied, &err) ? STEP_NEXT
                                                                    : call_fail(c, &err);
}
