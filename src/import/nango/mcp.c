/* SPDX-License-Identifier: MIT */
/* MCP_OAUTH2 and MCP_OAUTH2_GENERIC: servers of the Model Context Protocol, where clients register
 * themselves. */
#include "import/nango/oauth2.h"

/* What a client says of itself beside its name and where it is led back to. */
static void read_registration(provider_t *p)
{
    json_t *ours = json_pack("{s:[s], s:[s,s]}", "response_types", "code", "grant_types",
                             "authorization_code", "refresh_token");
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)provider_get(p, "registration_params"), name, value)
    {
        if (!json_equal(value, json_object_get(ours, name))) {
            report_note(p->report, "registration", "registration_params.%s: not said", name);
        }
    }
    json_decref(ours);
}

static void build_mcp(provider_t *p)
{
    bool is_static = provider_is(p, "client_registration", "static");
    set_text(p->auth, "type", STR("authorization_code"));
    oauth2_know_token(p);
    if (is_static) {
        oauth2_read_client(p, true);
    } else {
        bool is_document = provider_is(p, "client_registration", "cimd");
        set_text(p->auth, "register", is_document ? STR("document") : STR("dynamic"));
        if (!is_document) {
            set_text(p->auth, "register_url", url_text_of(p, provider_text(p, "registration_url")));
        }
        set_text(p->auth, "client_auth", STR("none"));
    }
    read_registration(p);
    oauth2_read_authorize(p);
    oauth2_read_token_request(p, provider_text(p, "token_url"));
    oauth2_read_scopes(p, "scopes", true);
    oauth2_read_refresh(p);
}

static void build_mcp_generic(provider_t *p)
{
    set_text(p->auth, "type", STR("authorization_code"));
    oauth2_know_token(p);
    set_text(p->auth, "resource",
             translated_text(p, json_member(provider_get(p, "proxy"), "base_url")));
    set_text(p->auth, "register", STR("dynamic"));
    set_text(p->auth, "client_auth", STR("none"));
}

const auth_mode_t MODE_MCP = {"MCP_OAUTH2", true, build_mcp};
const auth_mode_t MODE_MCP_GENERIC = {"MCP_OAUTH2_GENERIC", true, build_mcp_generic};
