/* SPDX-License-Identifier: MIT */
/* /v1/connect-sessions: an admin makes a link with which a person fills in or signs in one
 * connection. */
#include "api/handlers.h"
#include "codec/json.h"

static const body_member_t CREATE_MEMBERS[] = {
    {"connector", JSON_STRING, false}, {"connection", JSON_STRING, false},
    {"auths", JSON_ARRAY, false},      {"name", JSON_STRING, false},
    {"title", JSON_STRING, false},     {"parameters", JSON_OBJECT, false},
    {"requester", JSON_STRING, false}, {"return_url", JSON_STRING, false}};
const body_t BODY_CONNECT_SESSION_CREATE = BODY_OF(CREATE_MEMBERS);

static void on_created(resource_t *r, json_t *output)
{
    json_t *shown = json_copy(output);
    str_t url = arena_printf(http_request_arena(r->request), "%.*s/connect/%.*s",
                             STR_ARG(worker_options(r->worker)->public_url),
                             STR_ARG(json_member(output, "link")));
    json_object_del(shown, "link");
    json_object_set_new(shown, "url", json_str(url));
    const http_header_t location = {STR("location"), url};
    resource_answer_with(r, 201, shown, &location);
}

void connect_sessions_create(resource_t *r)
{
    bool has_connector = json_object_get(r->body, "connector");
    bool has_connection = json_object_get(r->body, "connection");
    err_t err = ERR_INIT;
    if (has_connector == has_connection) {
        err_add_detail(&err, has_connector ? ERR_param_value : ERR_param_missing, "/connector",
                       "either `connector`, for a new connection, or `connection`, for one that is "
                       "there");
        resource_fail(r, &err);
        err_fini(&err);
        return;
    }
    resource_admin_then(r, ADMIN_SESSION_CREATE, json_incref(r->body), on_created);
}
