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
        set_text(child_object(p->inject, "headers"), "Authorization", STR("${connection.apiKey}"));
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

/* --- GitHub Apps: a JWT of the app is changed for a token of one installation --- */

static void build_app(provider_t *p)
{
    set_text(p->auth, "type", STR("session"));
    provider_know(p, "accessToken", STR("token.access_token"));
    add_credential(p, "appId", "app_id", "App ID", false, true);
    add_credential(p, "privateKey", "private_key", "Private key", true, true);
    json_object_set_new(p->auth, "assertion",
                        json_pack("{s:s,s:s,s:{s:s},s:s}", "alg", "RS256", "key",
                                  "${connection.private_key}", "claims", "iss",
                                  "${connection.app_id}", "lifetime", "9m"));
    json_t *step = json_pack("{s:s,s:s,s:{s:s,s:s}}", "method", "POST", "url",
                             url_text_of(p, provider_text(p, "token_url")).p, "headers", "Accept",
                             "application/vnd.github+json", "Authorization", "Bearer ${assertion}");
    json_object_set_new(p->auth, "steps", json_pack("{s:o}", "exchange", step));
    json_object_set_new(p->auth, "answer",
                        json_pack("{s:s,s:s}", "access_token", "${steps.exchange.body.token}",
                                  "expires_at", "${steps.exchange.body.expires_at}"));
    json_object_set_new(json_object_get(p->parameters, "installation_id"), "required", json_true());
    json_object_del(p->parameters, "appPublicLink");
    report_note(
        p->report, "install",
        "the app is installed at the service's own site; the installation's ID is given here");
}

/* --- OAuth 1 --- */

static void build_oauth1(provider_t *p)
{
    str_t method = provider_text(p, "signature_method");
    set_text(p->auth, "type", STR("oauth1"));
    add_credential(p, "clientId", "consumer_key", "Consumer key", false, true);
    add_credential(p, "clientSecret", "consumer_secret", "Consumer secret", true, true);
    set_text(p->auth, "request_url", url_text_of(p, provider_text(p, "request_url")));
    set_text(p->auth, "authorize_url", url_text_of(p, provider_text(p, "authorization_url")));
    set_text(p->auth, "token_url", url_text_of(p, provider_text(p, "token_url")));
    json_add_filled(p->auth, "authorize_params",
                    translated_tree(p, provider_get(p, "authorization_params")));
    json_add_filled(p->auth, "params", translated_tree(p, provider_get(p, "request_params")));
    set_text(p->auth, "signature", method.p ? method : STR("HMAC-SHA1"));
}

/* NetSuite: a token that its user gives, the account as the realm. */
static void build_tba(provider_t *p)
{
    set_text(p->auth, "type", STR("oauth1"));
    add_credential(p, "clientId", "consumer_key", "Consumer key", false, false);
    add_credential(p, "clientSecret", "consumer_secret", "Consumer secret", true, false);
    add_credential(p, "tokenId", "token_id", "Token ID", true, false);
    add_credential(p, "tokenSecret", "token_secret", "Token secret", true, false);
    set_text(p->auth, "token", STR("${connection.token_id}"));
    set_text(p->auth, "signature", STR("HMAC-SHA256"));
    str_t account = json_view(json_object_get(p->known, "connectionConfig.accountId"));
    if (account.p) {
        set_text(p->auth, "realm", arena_printf(p->arena, "${%.*s}", STR_ARG(account)));
    }
}

/* --- AWS --- */

static void build_aws(provider_t *p)
{
    set_text(p->auth, "type", STR("aws_sigv4"));
    add_credential(p, "accessKeyId", "access_key_id", "Access key ID", false, false);
    add_credential(p, "secretAccessKey", "secret_access_key", "Secret access key", true, false);
    json_t *field =
        json_pack("{s:s,s:s,s:b}", "title", "AWS service", "type", "string", "required", 1);
    json_object_set(p->parameters, "service", field);
    json_object_set(p->fields, "connectionConfig.service", field);
    json_decref(field);
    json_object_set_new(json_object_get(p->parameters, "region"), "required", json_true());
    set_text(p->auth, "region", STR("${connection.region}"));
    set_text(p->auth, "service", STR("${connection.service}"));
    set_text(p->auth, "role_arn", STR("${connection.role_arn}"));
    report_note(p->report, "aws",
                "the built-in STS is asked for the role; a token endpoint of one's own is not");
}

/* --- WSSE --- */

/* Emarsys: base64 of the hexadecimal digest. The nonce and the time are fixed within one request.
 */
static void build_signature(provider_t *p)
{
    if (!str_is(json_member(provider_get(p, "signature"), "protocol"), "WSSE")) {
        provider_fail(p, "signature", "another signature than WSSE");
        return;
    }
    set_text(p->auth, "type", STR("api_key"));
    provider_know(
        p, "accessToken",
        STR("concat('UsernameToken Username=\"', connection.username, '\", PasswordDigest=\"', "
            "base64(hex(sha1(concat(uuid(), now('%Y-%m-%dT%H:%M:%SZ'), connection.password)))), "
            "'\", Nonce=\"', uuid(), '\", Created=\"', now('%Y-%m-%dT%H:%M:%SZ'), '\"')"));
}

const auth_mode_t MODE_API_KEY = {"API_KEY", false, build_api_key};
const auth_mode_t MODE_BASIC = {"BASIC", false, build_user};
const auth_mode_t MODE_NONE = {"NONE", false, build_none};
const auth_mode_t MODE_INSTALL_PLUGIN = {"INSTALL_PLUGIN", false, build_install_plugin};
const auth_mode_t MODE_JWT = {"JWT", true, build_jwt};
const auth_mode_t MODE_APP = {"APP", true, build_app};
const auth_mode_t MODE_OAUTH1 = {"OAUTH1", false, build_oauth1};
const auth_mode_t MODE_TBA = {"TBA", false, build_tba};
const auth_mode_t MODE_AWS = {"AWS_SIGV4", false, build_aws};
const auth_mode_t MODE_SIGNATURE = {"SIGNATURE", false, build_signature};
