/* SPDX-License-Identifier: MIT */
/* Microsoft Entra ID by its first endpoint: `resource` names the API. */
#include "import/compose.h"
#include "import/powerplatform/auth.h"

/* The placeholders that published packages hold instead of what is their publisher's. */
static bool is_placeholder(str_t text)
{
    return text.n == 0 || strchr("{[<", text.p[0]) != NULL;
}

static str_t or_usual(str_t given, const char *usual)
{
    return given.n ? given : str_of(usual);
}

/* A service principal: nobody signs in. */
static bool is_unattended(const json_t *settings)
{
    return str_eq_nocase(custom_parameter(settings, "grantType"), STR("client_credentials"));
}

/* The tenant is the connection's, where it asks for one; left empty it is everyone's. */
static str_t tenant(const source_t *s, const json_t *settings)
{
    str_t parameter = parameter_name(s, STR("token:TenantId"));
    json_t *field = parameter.p ? json_object_get(s->connections, parameter.p) : NULL;
    if (field && !json_object_get(field, "required") && !json_object_get(field, "default")) {
        json_object_set_new(field, "default", json_string("common"));
    }
    str_t fixed = or_usual(custom_parameter(settings, "tenantId"), "common");
    return parameter.p ? compose_parameter_in(s->arena, parameter)
                       : compose_url_in(s->arena, fixed);
}

static void add_resource(source_t *s, const json_t *settings, json_t *auth)
{
    str_t resource = custom_parameter(settings, "resourceUri");
    if (is_placeholder(resource)) {
        report_note(s->report, "placeholder",
                    "the package does not tell the resource: the admin gives it");
        json_object_set_new(json_child(auth, "parameters"), "resource_uri",
                            json_pack("{s:s,s:s,s:b,s:s}", "title", "Resource (application ID URI)",
                                      "type", "string", "required", 1, "ask", "admin"));
        resource = STR("${connection.resource_uri}");
    } else {
        resource = str_starts(resource, STR("@")) ? STR("${connection.scope}")
                                                  : compose_literal_in(s->arena, resource);
    }
    if (!is_unattended(settings)) {
        json_add_text(json_child(auth, "authorize_params"), "resource", resource);
    }
    json_add_text(json_child(auth, "params"), "resource", resource);
}

/* A parameter that holds what every other way asks of the admin. */
static void take_credential(source_t *s, json_t *auth, const char *key, const char *theirs)
{
    str_t parameter = parameter_name(s, str_of(theirs));
    if (parameter.p) {
        json_object_set_new(auth, key, json_str(compose_parameter_in(s->arena, parameter)));
    }
}

static void add_unattended(source_t *s, json_t *auth)
{
    json_object_set_new(auth, "type", json_string("client_credentials"));
    take_credential(s, auth, "client_id", "token:clientId");
    take_credential(s, auth, "client_secret", "token:clientSecret");
}

static bool build_aad(source_t *s, const json_t *settings, json_t *auth)
{
    str_t home = custom_parameter(settings, "loginUri");
    home = home.n ? home : custom_parameter(settings, "loginUriAAD");
    home = or_usual(home, "https://login.windows.net");
    while (str_ends(home, STR("/"))) {
        home.n--;
    }
    str_t base = arena_printf(s->arena, "%s/%s/oauth2", compose_url_in(s->arena, home).p,
                              tenant(s, settings).p);
    if (is_unattended(settings)) {
        add_unattended(s, auth);
    } else {
        json_object_set_new(auth, "type", json_string("authorization_code"));
        add_url(s, auth, "authorize_url", arena_printf(s->arena, "%s/authorize", base.p));
    }
    add_client(s, settings, auth);
    add_url(s, auth, "token_url", arena_printf(s->arena, "%s/token", base.p));
    add_resource(s, settings, auth);
    return true;
}

static bool build_certificate(source_t *s, const json_t *settings, json_t *auth)
{
    report_note(s->report, "auth",
                "aadcertificate signs in with Microsoft's own application: yours takes its place");
    return build_aad(s, settings, auth);
}

const provider_t PROVIDER_AAD = {"aad", build_aad};
const provider_t PROVIDER_AAD_CERTIFICATE = {"aadcertificate", build_certificate};
