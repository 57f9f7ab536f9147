/* SPDX-License-Identifier: MIT */
/* APP and CUSTOM: GitHub Apps, whose JWT is changed for a token of one installation. */
#include "import/nango/hosts.h"
#include "import/nango/oauth2.h"

/* --- the app alone --- */

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

/* --- the app, and who installs it --- */

#define HEAD "base64url('{\"alg\":\"RS256\",\"typ\":\"JWT\"}')"
#define CLAIMS                                                                                     \
    "base64url(concat('{\"iat\":', now('unix'), ',\"exp\":', now('unix', '+9m'), ',\"iss\":\"', "  \
    "connection.app_id, '\"}'))"
static const char APP_JWT[] =
    "Bearer ${concat(" HEAD ", '.', " CLAIMS
    ", '.', base64url(sign('RS256', connection.private_key, concat(" HEAD ", '.', " CLAIMS "))))}";

/* Of the two tokens that the catalogue's host holds, the installation's is the one that calls. */
static void read_installation(provider_t *p, str_t url)
{
    json_t *step = json_pack("{s:s, s:o, s:{s:s, s:s}}", "method", "POST", "url",
                             json_str(url_text_of(p, url)), "headers", "Accept",
                             "application/vnd.github+json", "Authorization", APP_JWT);
    json_object_set_new(p->auth, "steps", json_pack("{s:o}", "installation", step));
    json_object_set_new(p->auth, "answer",
                        json_pack("{s:s, s:s, s:s}", "access_token",
                                  "${steps.installation.body.token}", "expires_at",
                                  "${steps.installation.body.expires_at}", "user_access_token",
                                  "${response.body.access_token}"));
}

/* The page that installs an app is below its public link, which its owner knows. */
static void ask_link(provider_t *p)
{
    static const char LINK[] = "connectionConfig.appPublicLink";
    json_t *field = json_object_get(p->fields, LINK);
    set_text(field, "pattern", STR("^https://github\\.com/apps/[A-Za-z0-9-]+$"));
    json_object_set_new(field, "required", json_true());
    hosts_add(p, STR("github.com"));
}

static void build_custom(provider_t *p)
{
    const json_t *urls = provider_get(p, "token_url");
    str_t of_user = json_member(urls, "OAUTH2"), of_app = json_member(urls, "APP");
    if (!of_user.p || !of_app.p) {
        provider_fail(p, "auth_mode", "CUSTOM with other tokens than those of a GitHub App");
        return;
    }
    set_text(p->auth, "type", STR("authorization_code"));
    oauth2_know_token(p);
    oauth2_read_client(p, true);
    add_credential(p, "appId", "app_id", "App ID", false, true);
    add_credential(p, "privateKey", "private_key", "Private key", true, true);
    json_object_del(p->parameters, "installation_id");
    provider_know(p, "connectionConfig.installation_id", STR("callback.installation_id"));
    ask_link(p);
    oauth2_read_authorize(p);
    p->hosts_any = false; /* the pattern bounds it */
    oauth2_read_token_request(p, of_user);
    p->hosts_answered = false;
    read_installation(p, of_app);
    report_note(
        p->report, "known_service",
        "the token of the installation calls; that of the user is ${token.user_access_token}");
}

const auth_mode_t MODE_APP = {"APP", true, build_app};
const auth_mode_t MODE_CUSTOM = {"CUSTOM", true, build_custom};
