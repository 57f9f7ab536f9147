/* SPDX-License-Identifier: MIT */
/* OAUTH2 and its kin: the authorization code grant and client credentials (RFC 6749 4.1, 4.4). */
#include "codec/json.h"
#include "import/nango/provider.h"

/* --- who the client is --- */

static void read_client(provider_t *p, bool admin)
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
        json_t *params = child_object(p->auth, "params");
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

static void take_params(provider_t *p, json_t *to, const char *key)
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
static void read_scopes(provider_t *p, const char *name, bool admin)
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

/* --- authorize --- */

static str_t renamed_value(const char *name)
{
    return str_is(str_of(name), "response_type")  ? STR("code")
           : str_is(str_of(name), "client_id")    ? STR("${connection.client_id}")
           : str_is(str_of(name), "redirect_uri") ? STR("${oauth.redirect_uri}")
           : str_is(str_of(name), "scope")        ? STR("${oauth.scope}")
                                                  : STR_NONE;
}

static void read_renames(provider_t *p, json_t *params)
{
    const char *from;
    json_t *to;
    json_object_foreach((json_t *)(uintptr_t)provider_get(p, "authorization_url_replacements"),
                        from, to)
    {
        str_t old = str_of(from), name = json_view(to);
        old = arena_str(p->arena, str_cut(&old, '='));
        name = arena_str(p->arena, str_cut(&name, '='));
        str_t value = renamed_value(old.p);
        if (!value.p) {
            provider_fail(p, "authorize_rename", "the sign-in page takes %.*s under another name",
                          STR_ARG(old));
            return;
        }
        json_object_set_new(params, old.p, json_null());
        set_text(params, name.p, value);
    }
}

/* A browser's address is kept in histories and logs. */
static void note_secrets(provider_t *p)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)provider_get(p, "authorization_params"), name, value)
    {
        str_t variable = first_variable(json_view(value));
        const json_t *field =
            variable.p ? json_object_getn(p->fields, variable.p, variable.n) : NULL;
        if (json_is_true(json_object_get(field, "secret"))) {
            report_note(p->report, "secret_in_address",
                        "%s, a secret, stands in the address of the sign-in page", name);
        }
    }
}

static void read_authorize(provider_t *p)
{
    json_t *params = json_object();
    str_t url = provider_text(p, "authorization_url");
    str_t fragment = provider_text(p, "authorization_url_fragment");
    if (!url.p) {
        provider_fail(p, "authorize_url", "there is no authorization_url");
        json_decref(params);
        return;
    }
    if (fragment.p) {
        url = arena_printf(p->arena, "%.*s#%.*s", STR_ARG(url), STR_ARG(fragment));
    }
    set_text(p->auth, "authorize_url", url_text_of(p, url));
    take_params(p, params, "authorization_params");
    note_secrets(p);
    read_renames(p, params);
    json_add_filled(p->auth, "authorize_params", params);
    if (provider_flag(p, "disable_pkce")) {
        set_text(p->auth, "pkce", STR("none"));
    }
}

/* --- refresh --- */

static void read_refresh(provider_t *p)
{
    json_t *refresh = json_object();
    str_t url = provider_text(p, "refresh_url");
    if (url.p) {
        set_text(refresh, "token_url", url_text_of(p, url));
    }
    if (provider_get(p, "refresh_params")) {
        json_t *params = json_object();
        take_params(p, params, "refresh_params");
        bool same = json_equal(params, json_object_get(p->auth, "params")) ||
                    (json_object_size(params) == 0 && !json_object_get(p->auth, "params"));
        if (same) {
            json_decref(params);
        } else {
            json_object_set_new(refresh, "params", params);
        }
    }
    json_add_filled(p->auth, "refresh", refresh);
}

static void read_code_parameter(provider_t *p)
{
    str_t name = provider_text(p, "authorization_code_param_in_callback");
    if (name.p) {
        set_text(child_object(p->auth, "params"), "code",
                 arena_printf(p->arena, "${callback.%.*s}", STR_ARG(name)));
    }
}

static void read_token_request(provider_t *p)
{
    set_text(p->auth, "token_url", url_text_of(p, provider_text(p, "token_url")));
    read_client_auth(p);
    read_format(p);
    json_t *params = json_object();
    take_params(p, params, "token_params");
    if (json_object_size(params)) {
        json_object_update(child_object(p->auth, "params"), params);
    }
    json_decref(params);
}

static void know_token(provider_t *p)
{
    provider_know(p, "accessToken", STR("token.access_token"));
    provider_know(p, "credentials.access_token", STR("token.access_token"));
}

static void build_code(provider_t *p)
{
    set_text(p->auth, "type", STR("authorization_code"));
    know_token(p);
    read_client(p, true);
    read_authorize(p);
    read_token_request(p);
    read_code_parameter(p);
    read_scopes(p, "scopes", true);
    read_answer_metadata(p);
    read_refresh(p);
}

/* --- clients that register themselves --- */

static void build_mcp(provider_t *p)
{
    bool is_static = provider_is(p, "client_registration", "static");
    set_text(p->auth, "type", STR("authorization_code"));
    know_token(p);
    if (is_static) {
        read_client(p, true);
    } else {
        bool is_document = provider_is(p, "client_registration", "cimd");
        set_text(p->auth, "register", is_document ? STR("document") : STR("dynamic"));
        if (!is_document) {
            set_text(p->auth, "register_url", url_text_of(p, provider_text(p, "registration_url")));
        }
        set_text(p->auth, "client_auth", STR("none"));
    }
    read_authorize(p);
    read_token_request(p);
    read_scopes(p, "scopes", true);
    read_refresh(p);
}

static void build_mcp_generic(provider_t *p)
{
    set_text(p->auth, "type", STR("authorization_code"));
    know_token(p);
    set_text(p->auth, "resource",
             translated_text(p, json_member(provider_get(p, "proxy"), "base_url")));
    set_text(p->auth, "register", STR("dynamic"));
    set_text(p->auth, "client_auth", STR("none"));
}

/* --- client credentials --- */

static void build_client_credentials(provider_t *p)
{
    set_text(p->auth, "type", STR("client_credentials"));
    know_token(p);
    read_client(p, false);
    read_token_request(p);
    if (json_object_get(p->known, "connectionConfig.oauth_scopes")) {
        json_object_set_new(p->auth, "scopes", json_pack("[s]", "${connection.oauth_scopes}"));
    } else {
        read_scopes(p, "oauth_scopes", false);
    }
    json_t *headers = json_object();
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)provider_get(p, "token_headers"), name, value)
    {
        if (!str_eq_nocase(str_of(name), STR("content-type"))) {
            set_text(headers, name, translated_choice(p, scalar_text(p, value)));
        }
    }
    json_add_filled(p->auth, "headers", headers);
    if (provider_is(p, "expires_in_unit", "milliseconds")) {
        set_text(child_object(p->auth, "answer"), "expires_in_ms",
                 STR("${response.body.expires_in}"));
    }
    read_answer_metadata(p);
}

const auth_mode_t MODE_OAUTH2 = {"OAUTH2", true, build_code};
const auth_mode_t MODE_MCP = {"MCP_OAUTH2", true, build_mcp};
const auth_mode_t MODE_MCP_GENERIC = {"MCP_OAUTH2_GENERIC", true, build_mcp_generic};
const auth_mode_t MODE_CLIENT_CREDENTIALS = {"OAUTH2_CC", true, build_client_credentials};
