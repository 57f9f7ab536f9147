/* SPDX-License-Identifier: MIT */
/* Ways to sign in as connectionParameters, or as a set of them each where there are several. */
#include "openapi/powerplatform/direct.h"

enum { NUMBER_MAX = 64 };

/* --- what a connection asks for --- */

static const char *type_of(const field_t *f)
{
    schema_type_t type = schema_typed(f->schema)->type;
    return f->secret                ? "securestring"
           : type == SCHEMA_INTEGER ? "int"
           : type == SCHEMA_BOOLEAN ? "bool"
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

/* Of the parameter's type: a number is a text there. */
static json_t *default_of(const field_t *f)
{
    const json_t *value = f->schema->fallback;
    if (!json_is_number(value) || !str_is(str_of(type_of(f)), "string")) {
        return json_deep_copy(value);
    }
    buf_t text;
    buf_init(&text, NUMBER_MAX);
    json_write(&text, value);
    json_t *said = json_str(buf_view(&text));
    buf_fini(&text);
    return said;
}

static json_t *parameter_of(const field_t *f)
{
    json_t *parameter = json_pack("{s:s}", "type", type_of(f));
    json_t *ui = json_pack("{s:o}", "displayName", json_str(f->title));
    json_add_text(ui, "description", f->description);
    json_add_text(ui, "tooltip", f->description);
    json_object_set_new(ui, "constraints", constraints_of(f));
    json_object_set_new(parameter, "uiDefinition", ui);
    if (f->schema->fallback) {
        json_object_set_new(parameter, "defaultValue", default_of(f));
    }
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

/* --- one way to sign in --- */

/* Its parameters, or NULL. */
static json_t *say_one(direct_t *x, const auth_t *auth, json_t *security)
{
    json_t *parameters = json_object(), *requirement = json_object();
    bool ok = direct_scheme(x, auth, requirement, parameters);
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

void direct_before_sign_in(direct_t *x)
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
