/* SPDX-License-Identifier: MIT */
/* Ways to sign in without a token request: keys, user names, signatures, JWTs minted here. */
#include "codec/json.h"
#include "import/nango/provider.h"

/* --- keys and user names --- */

static void alias(provider_t *p, const char *variable, const char *field)
{
    str_t expression = json_view(json_object_get(p->known, field));
    if (expression.p) {
        provider_know(p, variable, arena_str(p->arena, expression));
    }
}

static void build_api_key(provider_t *p)
{
    set_text(p->auth, "type", STR("api_key"));
    if (!json_object_get(p->known, "credentials.apiKey")) {
        add_credential(p, "credentials.apiKey", "apiKey", "API key", true, false);
    }
    alias(p, "apiKey", "credentials.apiKey");
    if (json_object_get(provider_get(p, "integration_config"), "keyName")) {
        set_text(json_child(p->inject, "headers"), "Authorization", STR("${connection.apiKey}"));
        report_note(p->report, "key_placement",
                    "where the key goes is settled for each integration: here it is the whole of "
                    "Authorization; "
                    "change `inject` for another header or a query parameter");
    }
}

static void build_basic(provider_t *p)
{
    set_text(p->auth, "type", STR("basic"));
    if (!json_object_get(p->known, "credentials.username")) {
        add_credential(p, "credentials.username", "username", "User name", false, false);
    }
    if (!json_object_get(p->known, "credentials.password")) {
        add_credential(p, "credentials.password", "password", "Password", true, false);
    }
}

/* `${awsSigV4(id, secret, region, service)}` as a header: a signature of the whole request, here a
 * way to sign in. */
static bool is_aws(const provider_t *p)
{
    str_t header =
        json_member(json_object_get(provider_get(p, "proxy"), "headers"), "authorization");
    return str_starts(header, STR("${awsSigV4("));
}

static void set_argument(provider_t *p, str_t *arguments, const char *name)
{
    set_text(p->auth, name, translated_text(p, str_trim(str_cut(arguments, ','))));
}

static void read_aws(provider_t *p)
{
    str_t header =
        json_member(json_object_get(provider_get(p, "proxy"), "headers"), "authorization");
    str_t arguments = str_slice(header, sizeof "${awsSigV4(" - 1, header.n - 2);
    set_text(p->auth, "type", STR("aws_sigv4"));
    set_argument(p, &arguments, "access_key_id");
    set_argument(p, &arguments, "secret_access_key");
    set_argument(p, &arguments, "region");
    set_argument(p, &arguments, "service");
    p->is_signed = true;
}

static void build_user(provider_t *p)
{
    build_basic(p);
    if (is_aws(p)) {
        read_aws(p);
    }
}

static void build_none(provider_t *p)
{
    set_text(p->auth, "type", STR("none"));
}

static void build_install_plugin(provider_t *p)
{
    build_basic(p);
    report_note(
        p->report, "install",
        "the plugin is installed at the service's own site; its identifier and key are given here");
    size_t at;
    json_t *name;
    json_array_foreach(provider_get(p, "redirect_uri_metadata"), at, name)
    {
        json_t *field = json_pack("{s:s,s:s}", "title", json_string_value(name), "type", "string");
        add_parameter(p->parameters, json_string_value(name), field);
    }
}

/* --- JWT --- */

/* A key in two parts, ID:SECRET, each of which a template may name. */
static void know_parts(provider_t *p)
{
    str_t key = first_variable(json_member(provider_get(p, "token"), "signing_key"));
    str_t whole = str_slice(key, 0, key.n > 7 ? key.n - 7 : 0);
    str_t expression = json_view(json_object_getn(p->known, whole.p ? whole.p : "", whole.n));
    if (str_ends(key, STR(".secret")) && expression.p) {
        str_t field = arena_str(p->arena, expression);
        provider_know(p, arena_printf(p->arena, "%.*s.id", STR_ARG(whole)).p,
                      arena_printf(p->arena, "split(%.*s, ':', 0)", STR_ARG(field)));
        provider_know(p, arena_printf(p->arena, "%.*s.secret", STR_ARG(whole)).p,
                      arena_printf(p->arena, "split(%.*s, ':', 1)", STR_ARG(field)));
    }
}

/* A key for HMAC is hexadecimal unless the provider says that it is text. */
static void decode_key(provider_t *p, json_t *jwt)
{
    str_t key = json_member(jwt, "key");
    if (str_starts(key, STR("${")) && behind_variable(key, 0) == key.n) {
        set_text(jwt, "key",
                 arena_printf(p->arena, "${unhex(%.*s)}", STR_ARG(str_slice(key, 2, key.n - 1))));
    }
}

static void build_jwt(provider_t *p)
{
    str_t protocol = json_member(provider_get(p, "signature"), "protocol");
    set_text(p->auth, "type", STR("jwt"));
    provider_know(p, "accessToken", STR("token.access_token"));
    str_t alg = str_is(protocol, "HMAC") ? STR("HS256")
                : str_is(protocol, "EC") ? STR("ES256")
                                         : STR("RS256");
    know_parts(p);
    json_t *jwt = jwt_of(p, provider_get(p, "token"), alg);
    if (str_is(protocol, "HMAC") &&
        !json_object_get(provider_get(p, "signature"), "hmac_secret_encoding")) {
        decode_key(p, jwt);
    }
    json_object_set_new(p->auth, "jwt", jwt);
}

const auth_mode_t MODE_API_KEY = {"API_KEY", false, build_api_key};
const auth_mode_t MODE_BASIC = {"BASIC", false, build_user};
const auth_mode_t MODE_NONE = {"NONE", false, build_none};
const auth_mode_t MODE_INSTALL_PLUGIN = {"INSTALL_PLUGIN", false, build_install_plugin};
const auth_mode_t MODE_JWT = {"JWT", true, build_jwt};
