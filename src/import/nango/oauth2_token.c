/* SPDX-License-Identifier: MIT */
/* The token request of OAuth 2 (RFC 6749 3.2): who the client is, what it asks for, and as what. */
#include "import/nango/oauth2.h"

/* --- who the client is --- */

void oauth2_read_client(provider_t *p, bool admin)
{
    bool own_id = json_object_get(p->known, "credentials.client_id");
    bool own_secret = json_object_get(p->known, "credentials.client_secret");
    if (!own_id) {
        add_credential(p, "clientId", "client_id", "Client ID", false, admin);
    }
    if (!own_secret && !provider_is(p, "token_request_auth_method", "private_key_jwt")) {
        add_credential(p, "clientSecret", "client_secret", "Client secret", true, admin);
    }
}

static void read_client_auth(provider_t *p)
{
    str_t method = provider_text(p, "token_request_auth_method");
    if (provider_is(p, "authorization_method", "header")) {
        set_text(p->auth, "client_auth", STR("basic"));
    } else if (str_is(method, "basic")) {
        set_text(p->auth, "client_auth", STR("basic_raw"));
    } else if (str_is(method, "private_key_jwt")) {
        set_text(p->auth, "client_auth", method);
        json_object_set_new(
            p->auth, "client_assertion",
            json_pack("{s:s,s:s}", "alg", "RS256", "key", "${connection.client_private_key}"));
    } else if (str_is(method, "custom")) {
        set_text(p->auth, "client_auth", STR("none"));
        json_t *params = json_child(p->auth, "params");
        json_object_set_new(params, "grant_type", json_null());
        json_object_set_new(params, "client_id", json_null());
        set_text(params, "username", STR("${connection.client_id}"));
        set_text(params, "password", STR("${connection.client_secret}"));
    } else if (method.p) {
        provider_fail(p, "client_auth", "token_request_auth_method: %.*s", STR_ARG(method));
    }
    if (provider_flag(p, "require_client_certificate")) {
        json_object_set_new(p->auth, "tls",
                            json_pack("{s:s,s:s}", "certificate",
                                      "${connection.client_certificate}", "private_key",
                                      "${connection.client_private_key}"));
    }
}

/* --- parameters --- */

/* Standard ones are the grant's own. */
static bool is_standard(const char *name, str_t value)
{
    return (str_is(str_of(name), "grant_type") &&
            (str_is(value, "authorization_code") || str_is(value, "refresh_token") ||
             str_is(value, "client_credentials"))) ||
           (str_is(str_of(name), "response_type") && str_is(value, "code"));
}

void oauth2_take_params(provider_t *p, json_t *to, const char *key)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)provider_get(p, key), name, value)
    {
        str_t source = scalar_text(p, value);
        if (!is_standard(name, source)) {
            set_text(to, name, translated_choice(p, source));
        }
    }
}

static void read_format(provider_t *p)
{
    str_t format = provider_text(p, "body_format");
    if (str_is(format, "json") || str_is(format, "query")) {
        set_text(p->auth, "format", format);
    } else if (format.p && !str_is(format, "form")) {
        provider_fail(p, "body_format", "a token request in %.*s", STR_ARG(format));
    }
}

static str_t default_scopes(provider_t *p)
{
    size_t at;
    json_t *scope;
    str_t all = STR_NONE;
    str_t separator = provider_text(p, "scope_separator");
    separator = separator.p ? separator : STR(" ");
    json_array_foreach(provider_get(p, "default_scopes"), at, scope)
    {
        all = arena_printf(p->arena, "%.*s%.*s%s", STR_ARG(all),
                           STR_ARG(all.n ? separator : STR("")), json_string_value(scope));
    }
    return all;
}

/* Nango keeps the scopes with the integration; here they are a field with what it would send by
 * itself. */
void oauth2_read_scopes(provider_t *p, const char *name, bool admin)
{
    str_t separator = provider_text(p, "scope_separator");
    bool spaced = !separator.p || str_is(separator, " ") || str_is(separator, "+");
    json_t *field = json_pack("{s:s}", "title", "Scopes");
    json_add_text(field, "description",
                  spaced ? STR("With blanks between them.")
                         : arena_printf(p->arena, "With `%.*s` between them.", STR_ARG(separator)));
    set_text(field, "type", STR("string"));
    json_add_text(field, "default", default_scopes(p));
    json_add_text(field, "ask", admin ? STR("admin") : STR_NONE);
    add_parameter(p->own_parameters, name, field);
    json_object_set_new(p->auth, "scopes", json_pack("[s++]", "${connection.", name, "}"));
}

/* --- the request --- */

void oauth2_read_token_request(provider_t *p, str_t url)
{
    set_text(p->auth, "token_url", url_text_of(p, url));
    read_client_auth(p);
    read_format(p);
    json_t *params = json_object();
    oauth2_take_params(p, params, "token_params");
    if (json_object_size(params)) {
        json_object_update(json_child(p->auth, "params"), params);
    }
    json_decref(params);
}

void oauth2_know_token(provider_t *p)
{
    provider_know(p, "accessToken", STR("token.access_token"));
    provider_know(p, "credentials.access_token", STR("token.access_token"));
}
