/* SPDX-License-Identifier: MIT */
/* What a call carries of a way to sign in: securityDefinitions, and what they cannot say. */
#include "openapi/powerplatform/direct.h"

static bool add_scheme(direct_t *x, str_t name, json_t *scheme, json_t *requirement)
{
    bool free = !json_object_getn(x->schemes, name.p, name.n);
    if (free) {
        json_object_setn(x->schemes, name.p, name.n, scheme);
        json_object_setn_new(requirement, name.p, name.n, json_array());
    }
    json_decref(scheme);
    return free;
}

/* A parameter as it is: a scheme of its name. */
static bool add_key(direct_t *x, const template_t *t, const char *in, str_t wire,
                    json_t *requirement)
{
    const expr_t *e = say_only(t);
    bool plain = e && e->root == ROOT_CONNECTION && e->step_count == 1;
    return plain && add_scheme(x, say_parameter(x, e->steps[0].name),
                               json_pack("{s:s,s:s,s:o}", "type", "apiKey", "in", in, "name",
                                         json_str(wire)),
                               requirement);
}

static bool carry(direct_t *x, const auth_t *auth, const template_t *t, const char *in, str_t wire,
                  json_t *requirement)
{
    if (add_key(x, t, in, wire, requirement)) {
        return true;
    }
    str_t text = say_template(x, NULL, t, SAY_VALUE);
    if (!text.p || x->c->auth_count > 1) {
        direct_note(x, "inject", "%.*s: what %.*s carries cannot be said", STR_ARG(auth->name),
                    STR_ARG(wire));
        return false;
    }
    json_object_setn_new(json_object_get(x->carried, in), wire.p, wire.n, json_str(text));
    return true;
}

static bool add_inject(direct_t *x, const auth_t *auth, json_t *requirement)
{
    bool ok = !auth->inject.json;
    for (size_t i = 0; ok && i < auth->inject.headers.count; i++) {
        const named_template_t *h = &auth->inject.headers.list[i];
        ok = carry(x, auth, h->template, "header", h->name, requirement);
    }
    const template_tree_t *query = auth->inject.query;
    for (size_t i = 0; ok && query && i < query->count; i++) {
        const template_member_t *m = &query->members[i];
        ok = m->value->kind == TREE_TEMPLATE &&
             carry(x, auth, m->value->template, "query", m->name, requirement);
    }
    return ok;
}

/* --- kinds --- */

static bool is_parameter(const template_t *t, const char *name)
{
    const expr_t *e = t ? say_only(t) : NULL;
    return e && e->root == ROOT_CONNECTION && e->step_count == 1 && str_is(e->steps[0].name, name);
}

/* The platform knows the two by their names. */
static bool add_basic(direct_t *x, const auth_t *auth, json_t *requirement)
{
    if (!is_parameter(auth->grant.slots[SLOT_USERNAME], "username") ||
        !is_parameter(auth->grant.slots[SLOT_PASSWORD], "password")) {
        direct_note(x, "auth", "%.*s: basic takes the parameters username and password alone",
                    STR_ARG(auth->name));
        return false;
    }
    return add_scheme(x, STR("basic_auth"), json_pack("{s:s}", "type", "basic"), requirement);
}

static json_t *scopes_of(const auth_t *auth)
{
    json_t *scopes = json_object();
    for (size_t i = 0; i < auth->grant.scope_count; i++) {
        str_t scope = auth->grant.scopes[i]->source;
        json_object_setn_new(scopes, scope.p, scope.n, json_str(scope));
    }
    return scopes;
}

static json_t *names_of(const json_t *scopes)
{
    const char *name;
    json_t *title;
    json_t *names = json_array();
    json_object_foreach((json_t *)(uintptr_t)scopes, name, title)
    {
        json_array_append(names, title);
    }
    return names;
}

/* Addresses that a connection fills in cannot stand in a scheme: the parameter alone tells them. */
static void add_oauth_scheme(direct_t *x, const auth_t *auth, json_t *requirement)
{
    const template_t *authorize = auth->grant.authorize_url->source;
    const template_t *token = auth->grant.token_url->source;
    if (!template_is_constant(authorize) || !template_is_constant(token)) {
        return;
    }
    str_t name = arena_printf(x->arena, "oauth2_%.*s", STR_ARG(auth->name));
    json_t *scopes = scopes_of(auth);
    if (add_scheme(x, name,
                   json_pack("{s:s,s:s,s:o,s:o,s:O}", "type", "oauth2", "flow", "accessCode",
                             "authorizationUrl", json_str(template_constant(authorize)), "tokenUrl",
                             json_str(template_constant(token)), "scopes", scopes),
                   requirement)) {
        json_object_setn_new(requirement, name.p, name.n, names_of(scopes));
    }
    json_decref(scopes);
}

static bool add_code_flow(direct_t *x, const auth_t *auth, json_t *requirement, json_t *parameters)
{
    json_t *settings = direct_provider(x, auth);
    if (settings) {
        json_object_set_new(
            parameters, "token",
            json_pack("{s:s,s:o}", "type", "oauthSetting", "oAuthSettings", settings));
        add_oauth_scheme(x, auth, requirement);
    }
    return settings != NULL;
}

static bool add_kind(direct_t *x, const auth_t *auth, json_t *requirement, json_t *parameters)
{
    if (auth->base_url || auth->tls_certificate || auth->tls_ca) {
        direct_note(x, "auth", "%.*s: an address or a certificate of its own cannot be said",
                    STR_ARG(auth->name));
        return false;
    }
    if (auth->type == AUTH_BASIC) {
        return add_basic(x, auth, requirement);
    }
    if (auth->type == AUTH_AUTHORIZATION_CODE) {
        return add_code_flow(x, auth, requirement, parameters);
    }
    bool known = auth->type == AUTH_NONE || auth->type == AUTH_API_KEY;
    if (!known) {
        direct_note(x, "grant", "%.*s: the platform has no %s", STR_ARG(auth->name),
                    auth_type_name(auth->type));
    }
    return known;
}

bool direct_scheme(direct_t *x, const auth_t *auth, json_t *requirement, json_t *parameters)
{
    return add_kind(x, auth, requirement, parameters) && add_inject(x, auth, requirement);
}
