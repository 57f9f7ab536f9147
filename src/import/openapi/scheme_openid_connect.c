/* SPDX-License-Identifier: MIT */
/* openIdConnect: the issuer's metadata tell the addresses (OpenID Connect Discovery 1.0, 4). */
#include "import/openapi/scheme.h"

static void build(scheme_t *c)
{
    static const str_t suffix = STR_INIT("/.well-known/openid-configuration");
    str_t url = server_resolve_in(c->s, str_trim(json_member(c->from, "openIdConnectUrl")));
    if (!str_ends(url, suffix) || str_starts(url, STR("/"))) {
        report_note(c->s->report, "auth", "%s: %.*s does not end with %s", c->name, STR_ARG(url),
                    suffix.p);
        return;
    }
    json_t *auth = scheme_add_way(c, "authorization_code", NULL);
    json_t *id = scheme_add_parameter(auth, STR("client_id"), "Client ID", false);
    json_t *secret = scheme_add_parameter(auth, STR("client_secret"), "Client secret", true);
    json_object_set_new(id, "ask", json_string("admin"));
    json_object_set_new(secret, "ask", json_string("admin"));
    json_object_set_new(auth, "issuer", json_str(str_slice(url, 0, url.n - suffix.n)));
    json_object_set_new(auth, "scopes", json_pack("[s]", "openid"));
    hosts_take(&c->s->hosts, url);
}

const scheme_type_t SCHEME_OPENID_CONNECT = {"openIdConnect", build};
