/* SPDX-License-Identifier: MIT */
/* What an admin wants of a connect session, checked before the link is given away. */
#include <stdio.h>

#include "codec/json.h"
#include "codec/url.h"
#include "connection/admin_internal.h"

enum { TEXT_MAX = 200 };

static void check_text(const json_t *input, const char *name, err_t *err)
{
    str_t text = json_member(input, name);
    if (text.n > TEXT_MAX) {
        char pointer[32] = "/";
        strncat(pointer, name, sizeof pointer - 2);
        err_add_detail(err, ERR_param_too_long, pointer, "at most %d bytes", TEXT_MAX);
    }
}

/* An entry allows its own origin, and of that its path and what stands below it. */
static bool is_allowed_by(arena_t *arena, const url_t *url, str_t entry)
{
    url_t allowed;
    err_t ignored = ERR_INIT;
    if (!url_parse_in(arena, str_trim(entry), &allowed, &ignored) ||
        !str_eq(url->scheme, allowed.scheme) || !str_eq(url->host, allowed.host) ||
        url->port != allowed.port || !str_starts(url->path, allowed.path)) {
        return false;
    }
    str_t rest = str_slice(url->path, allowed.path.n, url->path.n);
    return str_ends(allowed.path, STR("/")) || rest.n == 0 || rest.p[0] == '/';
}

static bool has_dots(str_t path)
{
    return str_find(path, STR("/."), 0) != SIZE_MAX || str_find(path, STR("%2e"), 0) != SIZE_MAX ||
           str_find(path, STR("%2E"), 0) != SIZE_MAX;
}

/* The host's own console, which is one page. */
static bool is_console(const manager_t *m, str_t url)
{
    str_t host = m->options.public_url;
    str_t rest = str_starts(url, host) ? str_slice(url, host.n, url.n) : STR_NONE;
    return str_is(rest, "/") || str_starts(rest, STR("/?"));
}

static void check_return_url(const manager_t *m, const json_t *input, err_t *err)
{
    str_t text = json_member(input, "return_url");
    arena_t *arena = arena_new(0);
    url_t url;
    err_t unread = ERR_INIT;
    bool allowed = !text.p;
    if (text.p && url_parse_in(arena, text, &url, &unread) && !url.fragment.p &&
        !has_dots(url.path)) {
        allowed = is_console(m, text);
        for (str_t rest = m->options.connect_return_urls; rest.p && !allowed;) {
            allowed = is_allowed_by(arena, &url, str_cut(&rest, ','));
        }
    }
    if (!allowed) {
        err_add_detail(err, ERR_param_value, "/return_url",
                       "not one of the addresses that `connect_return_urls` allows");
    }
    arena_free(arena);
}

json_t *session_offered_auths(const connector_t *connector, const json_t *asked, err_t *err)
{
    json_t *names = json_array();
    const json_t *name;
    size_t i;
    json_array_foreach(asked, i, name)
    {
        if (json_is_string(name) && connector_auth(connector, json_view(name))) {
            json_array_append_new(names, json_str(json_view(name)));
        } else {
            char pointer[32];
            snprintf(pointer, sizeof pointer, "/auths/%zu", i);
            err_add_detail(err, ERR_param_value, pointer,
                           "the connector has no such way to sign in");
        }
    }
    for (i = 0; !json_array_size(asked) && i < connector->auth_count; i++) {
        json_array_append_new(names, json_str(connector->auths[i].name));
    }
    return names;
}

static bool is_settable(const connector_t *connector, const json_t *auths, const char *name)
{
    const json_t *auth;
    size_t i;
    json_array_foreach(auths, i, auth)
    {
        const field_t *field =
            connection_field(connector, connector_auth(connector, json_view(auth)), str_of(name));
        if (field && !field->ask_admin) {
            return true;
        }
    }
    return false;
}

static void check_parameters(const connector_t *connector, const json_t *auths, const json_t *input,
                             err_t *err)
{
    const char *name;
    json_t *value;
    json_object_foreach(json_object_get(input, "parameters"), name, value)
    {
        if (!is_settable(connector, auths, name)) {
            char pointer[128], shown[80];
            err_clean_text(shown, sizeof shown, str_of(name));
            snprintf(pointer, sizeof pointer, "/parameters/%s", shown);
            err_add_detail(err, ERR_param_unknown, pointer,
                           "the connector has no parameter `%s` that a user gives", shown);
        }
    }
}

bool session_check(const admin_call_t *call, const connector_t *connector, const json_t *auths,
                   err_t *err)
{
    check_text(call->input, "title", err);
    check_text(call->input, "requester", err);
    check_return_url(call->manager, call->input, err);
    check_parameters(connector, auths, call->input, err);
    return !err_is_set(err);
}
