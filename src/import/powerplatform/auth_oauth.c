/* SPDX-License-Identifier: MIT */
/* What the providers of OAuth 2.0 share, and those that need no more than URLs. */
#include "import/powerplatform/auth.h"
#include "import/compose.h"

static const provider_t *const PROVIDERS[] = {&PROVIDER_OAUTH2,   &PROVIDER_GENERIC,
                                              &PROVIDER_AAD,      &PROVIDER_AAD_CERTIFICATE,
                                              &PROVIDER_FACEBOOK, &PROVIDER_DOCUSIGN};

const provider_t *provider_of(str_t name)
{
    for (size_t i = 0; i < sizeof PROVIDERS / sizeof *PROVIDERS; i++) {
        if (str_eq_nocase(name, str_of(PROVIDERS[i]->name))) {
            return PROVIDERS[i];
        }
    }
    return NULL;
}

str_t custom_parameter(const json_t *settings, const char *name)
{
    const json_t *all = json_object_get(settings, "customParameters");
    return str_trim(json_member(member_nocase(all, name), "value"));
}

static json_t *client_field(const char *title, bool secret)
{
    json_t *field = json_pack("{s:s,s:s,s:b}", "title", title, "type", "string", "required", 1);
    json_add_flag(field, "secret", secret);
    json_object_set_new(field, "ask", json_string("admin"));
    return field;
}

void add_client(source_t *s, const json_t *settings, json_t *auth)
{
    (void)s, (void)settings;
    json_t *parameters = json_child(auth, "parameters");
    if (!json_object_get(auth, "client_id")) {
        json_object_set_new(parameters, "client_id", client_field("Client ID", false));
    }
    if (!json_object_get(auth, "client_secret")) {
        json_object_set_new(parameters, "client_secret", client_field("Client secret", true));
    }
}

/* In one text several may stand, too ("openid offline_access"). */
void add_scopes(source_t *s, const json_t *settings, json_t *auth)
{
    json_t *scopes = json_array();
    size_t at;
    json_t *one;
    json_array_foreach(json_object_get(settings, "scopes"), at, one)
    {
        str_t rest = str_trim(json_view(one));
        while (rest.n) {
            str_t scope = str_cut(&rest, ' ');
            if (scope.n) {
                json_array_append_new(scopes, json_str(compose_literal_in(s->arena, scope)));
            }
        }
    }
    json_add_filled(auth, "scopes", scopes);
}

void add_url(source_t *s, json_t *auth, const char *key, str_t url)
{
    json_add_text(auth, key, url);
    hosts_take(&s->hosts, url);
}

/* A URL that is fixed. */
static void add_fixed_url(source_t *s, json_t *auth, const char *key, str_t url)
{
    add_url(s, auth, key, compose_url_in(s->arena, url));
}

/* --- oauth2: three addresses --- */

static void add_query(source_t *s, str_t query, json_t *auth)
{
    while (query.n) {
        str_t pair = str_cut(&query, '&');
        str_t name = str_cut(&pair, '=');
        if (name.n) {
            json_object_setn_new(json_child(auth, "authorize_params"), name.p, name.n,
                                 json_str(compose_literal_in(s->arena, pair)));
        }
    }
}

static void add_refresh(source_t *s, json_t *auth, str_t token_url, str_t refresh_url)
{
    if (refresh_url.n && !str_eq(refresh_url, token_url)) {
        add_fixed_url(s, json_child(auth, "refresh"), "token_url", refresh_url);
    }
}

static bool build_oauth2(source_t *s, const json_t *settings, json_t *auth)
{
    str_t authorize = custom_parameter(settings, "authorizationUrl");
    str_t token = custom_parameter(settings, "tokenUrl");
    if (!authorize.n || !token.n) {
        report_note(s->report, "auth", "authorizationUrl or tokenUrl is missing");
        return false;
    }
    json_object_set_new(auth, "type", json_string("authorization_code"));
    add_client(s, settings, auth);
    add_scopes(s, settings, auth);
    add_fixed_url(s, auth, "authorize_url", str_cut(&authorize, '?'));
    add_query(s, authorize, auth);
    add_fixed_url(s, auth, "token_url", token);
    add_refresh(s, auth, token, custom_parameter(settings, "refreshUrl"));
    return true;
}

const provider_t PROVIDER_OAUTH2 = {"oauth2", build_oauth2};

/* --- services whose addresses the platform knows --- */

static bool build_known(source_t *s, const json_t *settings, json_t *auth, str_t authorize,
                        str_t token)
{
    json_object_set_new(auth, "type", json_string("authorization_code"));
    add_client(s, settings, auth);
    add_scopes(s, settings, auth);
    add_fixed_url(s, auth, "authorize_url", authorize);
    add_fixed_url(s, auth, "token_url", token);
    return true;
}

static bool build_facebook(source_t *s, const json_t *settings, json_t *auth)
{
    return build_known(s, settings, auth, STR("https://www.facebook.com/dialog/oauth"),
                       STR("https://graph.facebook.com/oauth/access_token"));
}

static bool build_docusign(source_t *s, const json_t *settings, json_t *auth)
{
    str_t home = custom_parameter(settings, "LoginUri");
    home = home.n ? home : STR("https://account.docusign.com");
    json_object_set_new(auth, "client_auth", json_string("basic"));
    return build_known(s, settings, auth, arena_printf(s->arena, "%.*s/oauth/auth", STR_ARG(home)),
                       arena_printf(s->arena, "%.*s/oauth/token", STR_ARG(home)));
}

const provider_t PROVIDER_FACEBOOK = {"facebook", build_facebook};
const provider_t PROVIDER_DOCUSIGN = {"DocuSign", build_docusign};
