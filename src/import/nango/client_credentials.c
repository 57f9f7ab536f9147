/* SPDX-License-Identifier: MIT */
/* OAUTH2_CC: the client signs in by itself (RFC 6749 4.4). */
#include "import/nango/oauth2.h"

static void build_client_credentials(provider_t *p)
{
    set_text(p->auth, "type", STR("client_credentials"));
    oauth2_know_token(p);
    oauth2_read_client(p, false);
    oauth2_read_token_request(p, provider_text(p, "token_url"));
    if (json_object_get(p->known, "connectionConfig.oauth_scopes")) {
        json_object_set_new(p->auth, "scopes", json_pack("[s]", "${connection.oauth_scopes}"));
    } else {
        oauth2_read_scopes(p, "oauth_scopes", false);
    }
    json_t *headers = json_object();
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)provider_get(p, "token_headers"), name, value)
    {
        if (!str_eq_nocase(str_of(name), STR("content-type")) && provider_header(p, name)) {
            set_text(headers, name, translated_choice(p, scalar_text(p, value)));
        }
    }
    json_add_filled(p->auth, "headers", headers);
    if (provider_is(p, "expires_in_unit", "milliseconds")) {
        set_text(json_child(p->auth, "answer"), "expires_in_ms",
                 STR("${response.body.expires_in}"));
    }
    read_answer_metadata(p);
}

const auth_mode_t MODE_CLIENT_CREDENTIALS = {"OAUTH2_CC", true, build_client_credentials};
