/* SPDX-License-Identifier: MIT */
/* Ways to sign in as connectionParameters, or as a set of them each where there are several, and as
 * securityDefinitions. */
#include "openapi/powerplatform/direct.h"

/* --- what a connection asks for --- */

static const char *type_of(const field_t *f)
{
    schema_type_t type = schema_typed(f->schema)->type;
    return f->secret                  ? "securestring"
           : type == SCHEMA_INTEGER   ? "int"
           : type == SCHEMA_BOOLEAN   ? "bool"
                                      : "string";
}

static json_t *constraints_of(const field_t *f)
{
    json_t *constraints = json_pack("{s:s}", "required", f->required ? "true" : "false");
    json_t *allowed = json_array();
    for (size_t i = 0; i < f->choice_count; i++) {
        json_array_append_new(allowed, json_pack("{s:o,s:o}", "text", json_str(f->choices[i].title),
                                                 "value", json_str(f->choices[i].value)));
    }
    json_add_filled(constraints, "allowedValues", allowed);
    return constraints;
}

static json_t *parameter_of(const field_t *f)
{
    json_t *parameter = json_pack("{s:s}", "type", type_of(f));
    json_t *ui = json_pack("{s:o}", "displayName", json_str(f->title));
    json_add_text(ui, "description", f->description);
    json_add_text(ui, "tooltip", f->description);
    json_object_set_new(ui, "constraints", constraints_of(f));
    json_object_set_new(parameter, "uiDefinition", ui);
    json_add_copy(parameter, "defaultValue", f->schema->fallback);
    return parameter;
}

static void add_fields(direct_t *x, const auth_t *auth, const fields_t *fields, json_t *to)
{
    for (size_t i = 0; i < fields->count; i++) {
        const field_t *f = &fields->list[i];
        if (direct_is_application(auth, f)) {
            continue;
        }
        if (f->ask_admin) {
            direct_note(x, "admin", "%.*s is asked of everyone who makes a connection",
                        STR_ARG(f->name));
        }
        str_t name = say_parameter(x, f->name);
        json_object_setn_new(to, name.p, name.n, parameter_of(f));
    }
}

/* --- schemes --- */

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
    return plain &&
           add_scheme(x, say_parameter(x, e->steps[0].name),
                      json_pack("{s:s,s:s,s:o}", "type", "apiKey", "in", in, "name", json_str(wire)),
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
    return e && e->root == ROOT_CONNECTION && e->step_count == 1 &&
           str_is(e->steps[0].name, name);
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

/* Addresses that a connection fills in cannot stand in a scheme: the parameter alone tells them. */
static void add_oauth_scheme(direct_t *x, const auth_t *auth, json_t *requirement)
{
    const template_t *authorize = auth->grant.authorize_url->source;
    const template_t *token = auth->grant.token_url->source;
    if (!template_is_constant(authorize) || !template_is_constant(token)) {
        return;
    }
    str_t name = arena_printf(x->arena, "oauth2_%.*s", STR_ARG(auth->name));
    add_scheme(x, name,
               json_pack("{s:s,s:s,s:o,s:o,s:o}", "type", "oauth2", "flow", "accessCode",
                         "authorizationUrl", json_str(template_constant(authorize)), "tokenUrl",
                         json_str(template_constant(token)), "scopes", scopes_of(auth)),
               requirement);
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

/* The parameters of one way to sign in, or NULL. */
static json_t *say_one(direct_t *x, const auth_t *auth, json_t *security)
{
    json_t *parameters = json_object(), *requirement = json_object();
    bool ok = add_kind(x, auth, requirement, parameters) && add_inject(x, auth, requirement);
    add_fields(x, auth, &x->c->parameters, parameters);
    add_fields(x, auth, &auth->parameters, parameters);
    if (ok && json_object_size(requirement)) {
        json_array_append(security, requirement);
    }
    json_decref(requirement);
    if (!ok) {
        json_decref(parameters);
        return NULL;
    }
    return parameters;
}

/* --- the whole --- */

static json_t *set_of(const auth_t *auth, json_t *parameters)
{
    json_t *ui = json_pack("{s:o}", "displayName", json_str(auth->title));
    json_add_text(ui, "description", auth->description);
    return json_pack("{s:o,s:o,s:o,s:{s:b}}", "name", json_str(auth->name), "uiDefinition", ui,
                     "parameters", parameters, "metadata", "allowSharing", (int)auth->shareable);
}

static bool say_sets(direct_t *x, json_t *security)
{
    json_t *values = json_array();
    for (size_t i = 0; i < x->c->auth_count; i++) {
        const auth_t *auth = &x->c->auths[i];
        json_t *parameters = say_one(x, auth, security);
        if (parameters) {
            json_array_append_new(values, set_of(auth, parameters));
        }
    }
    bool any = json_array_size(values) > 0;
    json_object_set_new(x->properties, "connectionParameterSets",
                        json_pack("{s:{s:s,s:s},s:o}", "uiDefinition", "displayName",
                                  "Authentication type", "description",
                                  "How this connection signs in.", "values", values));
    return any;
}

static void on_ref(void *context, const expr_t *ref, bool sure)
{
    direct_t *x = context;
    (void)sure;
    if (ref->root == ROOT_CONNECTION && ref->step_count) {
        json_object_setn_new(x->before_sign_in, ref->steps[0].name.p, ref->steps[0].name.n,
                             json_true());
    }
}

static void visit_url(direct_t *x, const url_template_t *url)
{
    if (url) {
        template_visit(url->source, on_ref, x);
    }
}

static void visit_grant(direct_t *x, const grant_definition_t *g)
{
    visit_url(x, g->authorize_url);
    visit_url(x, g->token_url);
    if (g->params) {
        template_tree_visit(g->params, on_ref, x);
    }
    if (g->authorize_params) {
        template_tree_visit(g->authorize_params, on_ref, x);
    }
    for (size_t i = 0; i < SLOT_COUNT; i++) {
        if (g->slots[i]) {
            template_visit(g->slots[i], on_ref, x);
        }
    }
}

static void find_before_sign_in(direct_t *x)
{
    for (size_t i = 0; i < x->c->auth_count; i++) {
        const auth_t *auth = &x->c->auths[i];
        if (auth->type == AUTH_AUTHORIZATION_CODE) {
            visit_grant(x, &auth->grant);
            if (auth->grant.refresh) {
                visit_grant(x, auth->grant.refresh);
            }
        }
    }
}

bool direct_sign_ins(direct_t *x)
{
    json_t *security = json_array();
    bool ok = true;
    find_before_sign_in(x);
    if (x->c->auth_count > 1) {
        ok = say_sets(x, security);
    } else {
        json_t *parameters = say_one(x, &x->c->auths[0], security);
        ok = parameters != NULL;
        json_object_set_new(x->properties, "connectionParameters",
                            parameters ? parameters : json_object());
    }
    x->security = security;
    return ok;
}
