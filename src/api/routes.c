/* SPDX-License-Identifier: MIT */
#include "api/routes.h"

#include <string.h>

#include "api/handlers.h"
#include "codec/url.h"

enum { ALLOW_MAX = 64, SEGMENT_MAX = 1024 };

/* clang-format off */
const route_t ROUTES[] = {
    {"GET",    "/",                                       ACCESS_PUBLIC, NULL,                     console_show},
    {"GET",    "/console/{file}",                         ACCESS_PUBLIC, NULL,                     console_file_show},
    {"GET",    "/healthz",                                ACCESS_PUBLIC, NULL,                     health_live},
    {"GET",    "/readyz",                                 ACCESS_PUBLIC, NULL,                     health_ready},
    {"GET",    "/metrics",                                ACCESS_METRICS, NULL,                    metrics_show},
    {"GET",    "/v1/openapi.json",                        ACCESS_PUBLIC, NULL,                     own_document_show},
    {"GET",    "/v1/host",                                ACCESS_ADMIN,  NULL,                     host_show},
    {"POST",   "/v1/session",                             ACCESS_PUBLIC, &BODY_SESSION_BEGIN,      session_begin},
    {"GET",    "/v1/session",                             ACCESS_PUBLIC, NULL,                     session_show},
    {"DELETE", "/v1/session",                             ACCESS_CALLER, NULL,                     session_end},
    {"GET",    "/v1/connectors",                          ACCESS_CALLER, NULL,                     connectors_list},
    {"GET",    "/v1/connectors/{connector}",              ACCESS_CALLER, NULL,                     connectors_show},
    {"GET",    "/v1/connectors/{connector}/openapi.json", ACCESS_PUBLIC, NULL,                     documents_json}, /* some need a key */
    {"GET",    "/v1/connectors/{connector}/openapi.yaml", ACCESS_PUBLIC, NULL,                     documents_yaml},
    {"GET",    "/v1/connectors/{connector}/definition",   ACCESS_CALLER, NULL,                     definition_show},
    {"GET",    "/v1/connectors/{connector}/powerplatform.zip", ACCESS_PUBLIC, NULL,                documents_powerplatform}, /* some need a key */
    {"GET",    "/v1/connectors/{connector}/parameters",   ACCESS_ADMIN,  NULL,                     parameters_show},
    {"PUT",    "/v1/connectors/{connector}/parameters",   ACCESS_ADMIN,  &BODY_PARAMETERS_SET,     parameters_set},
    {"GET",    "/v1/connections",                         ACCESS_CALLER, NULL,                     connections_list},
    {"POST",   "/v1/connections",                         ACCESS_ADMIN,  &BODY_CONNECTION_CREATE,  connections_create},
    {"GET",    "/v1/connections/{connection}",            ACCESS_CALLER, NULL,                     connections_show},
    {"PATCH",  "/v1/connections/{connection}",            ACCESS_ADMIN,  &BODY_CONNECTION_CHANGE,  connections_change},
    {"DELETE", "/v1/connections/{connection}",            ACCESS_ADMIN,  NULL,                     connections_remove},
    {"POST",   "/v1/connections/{connection}/test",       ACCESS_ADMIN,  NULL,                     connections_test},
    {"POST",   "/v1/connections/{connection}/reset",      ACCESS_ADMIN,  NULL,                     connections_reset},
    {"GET",    "/v1/connections/{connection}/sign-in",    ACCESS_ADMIN,  NULL,                     sign_in_show},
    {"POST",   "/v1/connections/{connection}/sign-in",    ACCESS_ADMIN,  NULL,                     sign_in_begin},
    {"GET",    "/v1/connections/{connection}/usage",      ACCESS_CALLER, NULL,                     usage_show},
    {"GET",    "/v1/connections/{connection}/limits",     ACCESS_CALLER, NULL,                     limits_now},
    {"GET",    "/v1/connections/{connection}/token",      ACCESS_TOKEN,  NULL,                     connections_token},
    {"POST",   "/v1/connect-sessions",                    ACCESS_ADMIN,  &BODY_CONNECT_SESSION_CREATE, connect_sessions_create},
    {"GET",    "/connect/style.css",                      ACCESS_PUBLIC, NULL,                     connect_style_show},
    {"GET",    "/connect/{session}",                      ACCESS_PUBLIC, NULL,                     connect_show},
    {"POST",   "/connect/{session}",                      ACCESS_PUBLIC, NULL,                     connect_submit},
    {"GET",    "/oauth/callback",                         ACCESS_PUBLIC, NULL,                     callback_receive},
    {"GET",    "/oauth/callback/{connector}",             ACCESS_PUBLIC, NULL,                     callback_receive},
    {"GET",    "/oauth/clients/{connector}",              ACCESS_PUBLIC, NULL,                     client_document_show},
    {"GET",    "/oauth/logout",                           ACCESS_PUBLIC, NULL,                     callback_signed_out},
    {"GET",    "/v1/calls",                               ACCESS_CALLER, NULL,                     calls_list},
    {"GET",    "/v1/calls/{request}",                     ACCESS_CALLER, NULL,                     calls_show},
    {"GET",    "/v1/events",                              ACCESS_CALLER, NULL,                     events_show},
    {"GET",    "/v1/webhooks",                            ACCESS_ADMIN,  NULL,                     webhooks_list},
    {"POST",   "/v1/webhooks",                            ACCESS_ADMIN,  &BODY_WEBHOOK_ADD,        webhooks_add},
    {"GET",    "/v1/webhooks/{id}",                       ACCESS_ADMIN,  NULL,                     webhooks_show_one},
    {"DELETE", "/v1/webhooks/{id}",                       ACCESS_ADMIN,  NULL,                     webhooks_remove_one},
    {"POST",   "/v1/webhooks/{id}/test",                  ACCESS_ADMIN,  NULL,                     webhooks_test_one},
    {"POST",   "/v1/webhooks/{id}/rotate",                ACCESS_ADMIN,  NULL,                     webhooks_rotate},
    {"POST",   "/v1/webhooks/{id}/enable",                ACCESS_ADMIN,  NULL,                     webhooks_enable_one},
    {"GET",    "/v1/audit",                               ACCESS_ADMIN,  NULL,                     audit_show},
    {"GET",    "/v1/audit/verify",                        ACCESS_ADMIN,  NULL,                     audit_check},
    {"GET",    "/v1/keys",                                ACCESS_ADMIN,  NULL,                     keys_list},
    {"POST",   "/v1/keys",                                ACCESS_ADMIN,  &BODY_KEY_ADD,            keys_add},
    {"GET",    "/v1/keys/{id}",                           ACCESS_ADMIN,  NULL,                     keys_show},
    {"DELETE", "/v1/keys/{id}",                           ACCESS_ADMIN,  NULL,                     keys_revoke},
    {"GET",    "/v1/keyring",                             ACCESS_ADMIN,  NULL,                     keyring_show},
    {"POST",   "/v1/keyring/rotate",                      ACCESS_ADMIN,  NULL,                     keyring_rotate},
    {"POST",   "/v1/keyring/rewrap",                      ACCESS_LOCAL,  &BODY_KEYRING_REWRAP,     keyring_rewrap},
    {"POST",   "/v1/backups",                             ACCESS_LOCAL,  NULL,                     backups_make},
};
/* clang-format on */
const size_t ROUTE_COUNT = sizeof ROUTES / sizeof *ROUTES;

static bool decode_in(arena_t *arena, str_t segment, str_t *out)
{
    buf_t text;
    buf_init(&text, SEGMENT_MAX);
    bool ok = segment.n > 0 && url_decode(&text, segment, false) && buf_ok(&text) &&
              str_is_utf8(buf_view(&text)) && !memchr(text.p, '\0', text.n);
    if (ok) {
        *out = arena_str(arena, buf_view(&text));
    }
    buf_fini(&text);
    return ok;
}

static bool matches(arena_t *arena, const char *pattern, str_t path, str_t *variables)
{
    str_t wanted = str_of(pattern);
    size_t count = 0;
    while (wanted.p && path.p) {
        str_t name = str_cut(&wanted, '/');
        str_t segment = str_cut(&path, '/');
        if (name.n && name.p[0] == '{') {
            if (!decode_in(arena, segment, &variables[count++])) {
                return false;
            }
        } else if (!str_eq(name, segment)) {
            return false;
        }
    }
    return !wanted.p && !path.p;
}

static bool has_method(const route_t *route, str_t method)
{
    return str_is(method, route->method) ||
           (str_is(method, "HEAD") && strcmp(route->method, "GET") == 0);
}

static void add_method(buf_t *allow, const char *method)
{
    buf_printf(allow, "%s%s", allow->n ? ", " : "", method);
    if (strcmp(method, "GET") == 0) {
        buf_lit(allow, ", HEAD");
    }
}

void route_match(arena_t *arena, str_t method, str_t path, route_match_t *out)
{
    *out = (route_match_t){.route = NULL};
    buf_t allow;
    buf_init(&allow, ALLOW_MAX);
    for (size_t i = 0; i < ROUTE_COUNT; i++) {
        str_t variables[ROUTE_VARIABLES_MAX] = {STR_NONE};
        if (!matches(arena, ROUTES[i].pattern, path, variables)) {
            continue;
        }
        out->path_known = true;
        add_method(&allow, ROUTES[i].method);
        if (has_method(&ROUTES[i], method)) {
            out->route = &ROUTES[i];
            memcpy(out->variables, variables, sizeof variables);
            break;
        }
    }
    out->allow = arena_str(arena, buf_view(&allow));
    buf_fini(&allow);
}
