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
    if (provider_get(p, "integration_config")) {
        provider_fail(p, "key_placement", "where the key goes is settled for each integration: name the header or query parameter in a definition of your own");
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

static void build_none(provider_t *p)
{
    set_text(p->auth, "type", STR("none"));
}

static void build_install_plugin(provider_t *p)
{
    build_basic(p);
    report_note(p->report, "install", "the plugin is installed at the service's own site; its identifier and key are given here");
    size_t at;
    json_t *name;
    json_array_foreach(provider_get(p, "redirect_uri_metadata"), at, name)
    {
        json_t *field = json_pack("{s:s,s:s}", "title", json_string_value(name), "type", "string");
        add_parameter(p->parameters, json_string_value(name), field);
    }
}

/* --- JWT --- */

static void build_jwt(provider_t *p)
{
    str_t protocol = json_member(provider_get(p, "signature"), "protocol");
    set_text(p->auth, "type", STR("jwt"));
    provider_know(p, "accessToken", STR("token.access_token"));
    str_t alg = str_is(protocol, "HMAC") ? STR("HS256") : str_is(protocol, "EC") ? STR("ES256") : STR("RS256");
    json_object_set_new(p->auth, "jwt", jwt_of(p, provider_get(p, "token"), alg));
}

/* --- GitHub Apps: a JWT of the app is changed for a token of one installation --- */

static void build_app(provider_t *p)
{
    set_text(p->auth, "type", STR("session"));
    provider_know(p, "accessToken", STR("token.access_token"));
    add_credential(p, "appId", "app_id", "App ID", false, true);
    add_credential(p, "privateKey", "private_key", "Private key", true, true);
    json_object_set_new(p->auth, "assertion",
                        json_pack("{s:s,s:s,s:{s:s},s:s}", "alg", "RS256", "key", "${connection.private_key}", "claims",
                                  "iss", "${connection.app_id}", "lifetime", "9m"));
    json_t *step = json_pack("{s:s,s:s,s:{s:s,s:s}}", "method", "POST", "url",
                             url_text_of(p, provider_text(p, "token_url")).p, "headers", "Accept",
                             "application/vnd.github+json", "Authorization", "Bearer ${assertion}");
    json_object_set_new(p->auth, "steps", json_pack("{s:o}", "exchange", step));
    json_object_set_new(p->auth, "answer", json_pack("{s:s,s:s}", "access_token", "${steps.exchange.body.token}",
                                                     "expires_at", "${steps.exchange.body.expires_at}"));
    report_note(p->report, "install", "the app is installed at the service's own site; the installation's ID is given here");
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
    json_add_filled(p->auth, "authorize_params", translated_tree(p, provider_get(p, "authorization_params")));
    json_add_filled(p->auth, "params", translated_tree(p, provider_get(p, "request_params")));
    set_text(p->auth, "signature", method.p ? method : STR("HMAC-SHA1"));
}

/* NetSuite: a token that its user gives, the account as the realm. */
static void build_tba(provider_t *p)
{
    set_text(p->auth, "type", STR("oauth1"));
    add_credential(p, "clientId", "consumer_key", "Consumer key", false, false);
    add_credential(p, "clientSecret", "consumer_secret", "Consumer secret", true, false);
    add_credential(p, "tokenId", "token", "Token ID", true, false);
    add_credential(p, "tokenSecret", "token_secret", "Token secret", true, false);
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
    json_t *field = json_pack("{s:s,s:s,s:b}", "title", "AWS service", "type", "string", "required", 1);
    json_object_set(p->parameters, "service", field);
    json_object_set(p->fields, "connectionConfig.service", field);
    json_decref(field);
    json_object_set_new(json_object_get(p->parameters, "region"), "required", json_true());
    set_text(p->auth, "region", STR("${connection.region}"));
    set_text(p->auth, "service", STR("${connection.service}"));
    set_text(p->auth, "role_arn", STR("${connection.role_arn}"));
    report_note(p->report, "aws", "the built-in STS is asked for the role; a token endpoint of one's own is not");
}

/* --- WSSE --- */

/* Emarsys: base64 of the hexadecimal digest. The nonce and the time are fixed within one request. */
static void build_signature(provider_t *p)
{
    if (!str_is(json_member(provider_get(p, "signature"), "protocol"), "WSSE")) {
        provider_fail(p, "signature", "another signature than WSSE");
        return;
    }
    set_text(p->auth, "type", STR("api_key"));
    provider_know(p, "accessToken",
                  STR("concat('UsernameToken Username=\"', connection.username, '\", PasswordDigest=\"', "
                      "base64(hex(sha1(concat(uuid(), now('%Y-%m-%dT%H:%M:%SZ'), connection.password)))), "
                      "'\", Nonce=\"', uuid(), '\", Created=\"', now('%Y-%m-%dT%H:%M:%SZ'), '\"')"));
}

const auth_mode_t MODE_API_KEY = {"API_KEY", false, build_api_key};
const auth_mode_t MODE_BASIC = {"BASIC", false, build_basic};
const auth_mode_t MODE_NONE = {"NONE", false, build_none};
const auth_mode_t MODE_INSTALL_PLUGIN = {"INSTALL_PLUGIN", false, build_install_plugin};
const auth_mode_t MODE_JWT = {"JWT", true, build_jwt};
const auth_mode_t MODE_APP = {"APP", true, build_app};
const auth_mode_t MODE_OAUTH1 = {"OAUTH1", false, build_oauth1};
const auth_mode_t MODE_TBA = {"TBA", false, build_tba};
const auth_mode_t MODE_AWS = {"AWS_SIGV4", false, build_aws};
const auth_mode_t MODE_SIGNATURE = {"SIGNATURE", false, build_signature};
