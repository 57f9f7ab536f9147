/* SPDX-License-Identifier: MIT */
/* authorization_code as oAuthSettings. The first identity provider that says the grant is taken:
 * the simpler ones are tried first. */
#include "openapi/powerplatform/direct_provider.h"

static const identity_provider_t *const PROVIDERS[] = {&IDENTITY_AAD, &IDENTITY_OAUTH2,
                                                       &IDENTITY_GENERIC};

/* --- what the providers share --- */

bool provider_is_parameter(const auth_t *auth, const template_t *t, bool admin)
{
    const expr_t *e = t ? say_only(t) : NULL;
    const field_t *f = e && e->root == ROOT_CONNECTION && e->step_count == 1
                           ? fields_find(&auth->parameters, e->steps[0].name)
                           : NULL;
    return f && f->ask_admin == admin;
}

void provider_set(json_t *custom, const char *name, str_t value)
{
    if (value.n) {
        json_object_set_new(custom, name, json_pack("{s:o}", "value", json_str(value)));
    }
}

str_t provider_resource(const auth_t *auth, const template_t **template_out)
{
    const template_tree_t *tree = auth->grant.authorize_params;
    bool one = tree && tree->count == 1 && str_is(tree->members[0].name, "resource");
    const template_tree_t *value = one ? tree->members[0].value : NULL;
    *template_out = value && value->kind == TREE_TEMPLATE ? value->template : NULL;
    return *template_out                        ? (*template_out)->source
           : value && value->kind == TREE_VALUE ? json_view(value->value)
                                                : STR_NONE;
}

/* --- what no provider says --- */

static const char *beyond(const grant_definition_t *g)
{
    bool usual = g->client_auth == CLIENT_AUTH_BODY || g->client_auth == CLIENT_AUTH_BASIC;
    return !usual                               ? "its client authentication"
           : g->format != TOKEN_FORMAT_FORM     ? "a token request that is no form"
           : g->headers.count                   ? "headers of the token request"
           : g->steps.count                     ? "steps of a sign-in"
           : g->answer.count                    ? "an answer of another shape"
           : g->par_url || g->dpop              ? "pushed requests and bound tokens"
           : g->resource_count                  ? "resource indicators"
           : !g->authorize_url || !g->token_url ? "addresses that are looked up"
           : !g->slots[SLOT_CLIENT_ID]          ? "an application that registers itself"
                                                : NULL;
}

static const char *why_not(const grant_definition_t *g)
{
    for (size_t i = 0; i < g->scope_count; i++) {
        if (!template_is_constant(g->scopes[i])) {
            return "scopes that a connection chooses";
        }
    }
    const char *why = beyond(g);
    return why || !g->refresh ? why : beyond(g->refresh);
}

/* --- the whole --- */

bool direct_is_application(const auth_t *auth, const field_t *field)
{
    if (auth->type != AUTH_AUTHORIZATION_CODE || !field->ask_admin) {
        return false;
    }
    const template_t *owners[] = {auth->grant.slots[SLOT_CLIENT_ID],
                                  auth->grant.slots[SLOT_CLIENT_SECRET], NULL};
    provider_resource(auth, &owners[2]);
    for (size_t i = 0; i < sizeof owners / sizeof *owners; i++) {
        const expr_t *e = owners[i] ? say_only(owners[i]) : NULL;
        if (e && e->root == ROOT_CONNECTION && str_eq(e->steps[0].name, field->name)) {
            return true;
        }
    }
    return false;
}

static json_t *settings_of(const auth_t *auth, const char *name, json_t *custom)
{
    json_t *scopes = json_array();
    for (size_t i = 0; i < auth->grant.scope_count; i++) {
        json_array_append_new(scopes, json_str(auth->grant.scopes[i]->source));
    }
    json_t *settings =
        json_pack("{s:s,s:s,s:o,s:s}", "identityProvider", name, "clientId", "CLIENT-ID", "scopes",
                  scopes, "redirectMode", "GlobalPerConnector");
    json_object_set_new(settings, "customParameters", custom);
    return settings;
}

json_t *direct_provider(direct_t *x, const auth_t *auth)
{
    const char *why = why_not(&auth->grant);
    for (size_t i = 0; !why && i < sizeof PROVIDERS / sizeof *PROVIDERS; i++) {
        json_t *custom = PROVIDERS[i]->build(x, auth);
        if (custom) {
            return settings_of(auth, PROVIDERS[i]->name, custom);
        }
    }
    direct_note(x, "grant", "%.*s: the platform has no place for %s", STR_ARG(auth->name),
                why ? why : "its parameters");
    return NULL;
}

/* --- Microsoft Entra ID, by its first endpoint --- */

static bool split(str_t url, const char *end, str_t *home, str_t *realm)
{
    if (!str_ends(url, str_of(end))) {
        return false;
    }
    str_t rest = str_slice(url, 0, url.n - strlen(end));
    size_t at = rest.n;
    while (at > 0 && rest.p[at - 1] != '/') {
        at--;
    }
    *realm = str_slice(rest, at, rest.n);
    *home = str_slice(rest, 0, at ? at - 1 : 0);
    return home->n && realm->n;
}

static bool is_tenant(str_t realm)
{
    return str_eq_nocase(realm, STR("${connection.TenantId}"));
}

/* The admin's resource is no part of a package: its place is held. */
static str_t say_resource(direct_t *x, const auth_t *auth, const template_t *t, str_t source)
{
    return !t                                     ? source
           : provider_is_parameter(auth, t, true) ? STR("<application ID URI>")
                                                  : say_template(x, NULL, t, SAY_VALUE);
}

static json_t *build_aad(direct_t *x, const auth_t *auth)
{
    const grant_definition_t *g = &auth->grant;
    str_t home, realm, token_home, token_realm;
    const template_t *template;
    str_t resource = provider_resource(auth, &template);
    bool fits = resource.n && g->params && g->params->count == 1 && !auth->grant.grant_type &&
                split(g->authorize_url->source->source, "/oauth2/authorize", &home, &realm) &&
                split(g->token_url->source->source, "/oauth2/token", &token_home, &token_realm) &&
                str_eq(home, token_home) && str_eq(realm, token_realm) &&
                str_find(home, STR("${"), 0) == SIZE_MAX;
    bool own = fits && str_find(realm, STR("${"), 0) != SIZE_MAX;
    if (!fits || (own && !is_tenant(realm)) || g->scope_count) {
        return NULL;
    }
    json_t *custom = json_object();
    provider_set(custom, "loginUri", home);
    provider_set(custom, "tenantId", own ? STR("common") : realm);
    provider_set(custom, "resourceUri", say_resource(x, auth, template, resource));
    return custom;
}

const identity_provider_t IDENTITY_AAD = {"aad", build_aad};

/* --- oauth2: three addresses --- */

static bool is_plain(const auth_t *auth)
{
    const grant_definition_t *g = &auth->grant;
    const grant_definition_t *r = g->refresh;
    bool own = !provider_is_parameter(auth, g->slots[SLOT_CLIENT_ID], true);
    bool same = !r || (!r->params && template_is_constant(r->token_url->source));
    return !own && same && !g->params && !g->grant_type && str_is(g->scope_separator, " ") &&
           template_is_constant(g->authorize_url->source) &&
           template_is_constant(g->token_url->source);
}

/* The importer's counterpart keeps pairs as they stand. */
static str_t with_pairs(direct_t *x, str_t url, const template_tree_t *pairs)
{
    str_t all = url;
    for (size_t i = 0; pairs && i < pairs->count; i++) {
        const template_tree_t *value = pairs->members[i].value;
        if (value->kind != TREE_VALUE || !json_is_string(value->value)) {
            return STR_NONE;
        }
        bool first = i == 0 && str_index(url, '?') == SIZE_MAX;
        all = arena_printf(x->arena, "%.*s%s%.*s=%.*s", STR_ARG(all), first ? "?" : "&",
                           STR_ARG(pairs->members[i].name), STR_ARG(json_view(value->value)));
    }
    return all;
}

static json_t *build_oauth2(direct_t *x, const auth_t *auth)
{
    const grant_definition_t *g = &auth->grant;
    str_t authorize = is_plain(auth) ? with_pairs(x, template_constant(g->authorize_url->source),
                                                  g->authorize_params)
                                     : STR_NONE;
    if (!authorize.p) {
        return NULL;
    }
    json_t *custom = json_object();
    str_t token = template_constant(g->token_url->source);
    provider_set(custom, "authorizationUrl", authorize);
    provider_set(custom, "tokenUrl", token);
    provider_set(custom, "refreshUrl",
                 g->refresh ? template_constant(g->refresh->token_url->source) : token);
    return custom;
}

const identity_provider_t IDENTITY_OAUTH2 = {"oauth2", build_oauth2};
