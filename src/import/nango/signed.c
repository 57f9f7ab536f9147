/* SPDX-License-Identifier: MIT */
/* Ways to sign in by which each request carries a signature: OAuth 1, AWS, WSSE. */
#include "codec/json.h"
#include "import/nango/hosts.h"

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
    const json_t *given = json_object_get(provider_get(p, "integration_config"), "service");
    json_t *field = json_pack("{s:s,s:s}", "title", "AWS service", "type", "string");
    json_add_text(field, "pattern", json_member(given, "pattern"));
    json_object_set_new(field, "required", json_true());
    json_object_set(p->parameters, "service", field);
    json_object_set(p->fields, "connectionConfig.service", field);
    json_decref(field);
    json_object_set_new(json_object_get(p->parameters, "region"), "required", json_true());
    set_text(p->auth, "region", STR("${connection.region}"));
    set_text(p->auth, "service", STR("${connection.service}"));
    set_text(p->auth, "role_arn", STR("${connection.role_arn}"));
    hosts_add(p, STR("*.amazonaws.com")); /* STS, too */
    report_note(p->report, "aws",
                "AWS STS is asked for the role; another endpoint that issues keys is not");
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

const auth_mode_t MODE_OAUTH1 = {"OAUTH1", false, build_oauth1};
const auth_mode_t MODE_TBA = {"TBA", false, build_tba};
const auth_mode_t MODE_AWS = {"AWS_SIGV4", false, build_aws};
const auth_mode_t MODE_SIGNATURE = {"SIGNATURE", false, build_signature};
