/* SPDX-License-Identifier: MIT */
/* oauth2: each flow is a way to sign in of its own. Scopes are added where operations name them
 * (security.c). */
#include "import/openapi/scheme.h"

static void add_client(json_t *auth, bool application)
{
    json_t *id = scheme_add_parameter(auth, STR("client_id"), "Client ID", false);
    json_t *secret = scheme_add_parameter(auth, STR("client_secret"), "Client secret", true);
    if (application) { /* it is the connector's, not each user's */
        json_object_set_new(id, "ask", json_string("admin"));
        json_object_set_new(secret, "ask", json_string("admin"));
    }
}

static void add_url(const scheme_t *c, json_t *auth, const char *key, str_t url)
{
    str_t whole = server_resolve_in(c->s, str_trim(url));
    json_add_text(auth, key, whole);
    if (!str_starts(whole, STR("/"))) {
        hosts_take(&c->s->hosts, whole);
    } else {
        report_note(c->s->report, "server", "%s: %s is taken behind the server's own path", c->name,
                    whole.p);
    }
}

static void add_token_urls(const scheme_t *c, const json_t *flow, json_t *auth)
{
    str_t token = json_member(flow, "tokenUrl"), refresh = json_member(flow, "refreshUrl");
    add_url(c, auth, "token_url", token);
    if (refresh.n && !str_eq(refresh, token)) {
        add_url(c, json_child(auth, "refresh"), "token_url", refresh);
    }
}

static void build_client_credentials(scheme_t *c, const json_t *flow, const char *suffix)
{
    json_t *auth = scheme_add_way(c, "client_credentials", suffix);
    add_client(auth, false);
    add_token_urls(c, flow, auth);
}

static void build_password(scheme_t *c, const json_t *flow, const char *suffix)
{
    json_t *auth = scheme_add_way(c, "password", suffix);
    scheme_add_parameter(auth, STR("username"), "User name", false);
    scheme_add_parameter(auth, STR("password"), "Password", true);
    add_client(auth, false);
    json_object_del(json_object_get(json_object_get(auth, "parameters"), "client_id"), "required");
    json_object_del(json_object_get(json_object_get(auth, "parameters"), "client_secret"),
                    "required"); /* a client need not be known (RFC 6749 4.3.2) */
    add_token_urls(c, flow, auth);
}

static void build_code(scheme_t *c, const json_t *flow, const char *suffix)
{
    json_t *auth = scheme_add_way(c, "authorization_code", suffix);
    add_client(auth, true);
    add_url(c, auth, "authorize_url", json_member(flow, "authorizationUrl"));
    add_token_urls(c, flow, auth);
}

static void build_device(scheme_t *c, const json_t *flow, const char *suffix)
{
    json_t *auth = scheme_add_way(c, "device_code", suffix);
    json_object_set_new(scheme_add_parameter(auth, STR("client_id"), "Client ID", false), "ask",
                        json_string("admin"));
    add_url(c, auth, "device_url", json_member(flow, "deviceAuthorizationUrl"));
    add_token_urls(c, flow, auth);
}

/* Made for pages without a server: no one here can run it. */
static void build_implicit(scheme_t *c, const json_t *flow, const char *suffix)
{
    (void)flow;
    report_note(
        c->s->report, "auth",
        "%s: the implicit flow runs in a browser alone: a token made elsewhere is asked for",
        c->name);
    json_t *auth = scheme_add_way(c, "api_key", suffix);
    scheme_add_parameter(auth, c->ours, "Access token", true);
    scheme_inject(c, auth, "header", STR("Authorization"),
                  arena_printf(c->s->arena, "Bearer ${connection.%s}", c->ours.p));
}

static const struct {
    const char *name, *suffix;
    const char *needs[2];
    void (*build)(scheme_t *c, const json_t *flow, const char *suffix);
} FLOWS[] = {
    {"authorizationCode", "code", {"authorizationUrl", "tokenUrl"}, build_code},
    {"clientCredentials", "client", {"tokenUrl"}, build_client_credentials},
    {"password", "password", {"tokenUrl"}, build_password},
    {"deviceAuthorization", "device", {"deviceAuthorizationUrl", "tokenUrl"}, build_device},
    {"implicit", "token", {NULL}, build_implicit},
};

/* NULL: none. */
static const char *fault_of(const json_t *flow, const char *const needs[2])
{
    static const char *const urls[] = {"authorizationUrl", "tokenUrl", "refreshUrl",
                                       "deviceAuthorizationUrl"};
    for (size_t i = 0; i < 2 && needs[i]; i++) {
        if (str_trim(json_member(flow, needs[i])).n == 0) {
            return "lacks a URL";
        }
    }
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        if (str_index(hosts_authority(json_member(flow, urls[i])), '@') != SIZE_MAX) {
            return "has a URL with user information";
        }
    }
    return json_is_object(flow) ? NULL : "is no map";
}

static void build(scheme_t *c)
{
    const json_t *flows = json_object_get(c->from, "flows");
    bool several = json_object_size(flows) > 1;
    for (size_t i = 0; i < sizeof FLOWS / sizeof *FLOWS; i++) {
        const json_t *flow = json_object_get(flows, FLOWS[i].name);
        const char *fault = fault_of(flow, FLOWS[i].needs);
        bool other = strcmp(FLOWS[i].name, "implicit") == 0 && json_array_size(c->ways) > 0;
        if (flow && other) {
            report_note(c->s->report, "auth", "%s: the flow %s is left out beside others", c->name,
                        FLOWS[i].name);
        } else if (flow && fault) {
            report_note(c->s->report, "auth", "%s: the flow %s %s", c->name, FLOWS[i].name, fault);
        } else if (flow) {
            FLOWS[i].build(c, flow, several ? FLOWS[i].suffix : NULL);
        }
    }
    if (json_array_size(c->ways) == 0) {
        report_note(c->s->report, "auth", "%s: no flow can be said", c->name);
    }
}

const scheme_type_t SCHEME_OAUTH2 = {"oauth2", build};
