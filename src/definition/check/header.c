/* SPDX-License-Identifier: MIT */
/* One header, one source (FORMAT 5): what an auth injects, a request may not set. */
#include "definition/check/check.h"

/* --- what an auth injects --- */

static void find_token(void *context, const expr_t *ref, bool sure)
{
    bool *found = context;
    (void)sure;
    *found = *found || (ref->root == ROOT_TOKEN && ref->step_count > 0 &&
                        str_is(ref->steps[0].name, "access_token"));
}

static bool places_token(const inject_t *inject)
{
    bool found = false;
    for (size_t i = 0; i < inject->headers.count; i++) {
        template_visit(inject->headers.list[i].template, find_token, &found);
    }
    if (inject->query) {
        template_tree_visit(inject->query, find_token, &found);
    }
    if (inject->json) {
        template_tree_visit(inject->json, find_token, &found);
    }
    return found;
}

static const named_template_t *header_of(const named_templates_t *headers, str_t name)
{
    for (size_t i = 0; i < headers->count; i++) {
        if (str_eq_nocase(headers->list[i].name, name)) {
            return &headers->list[i];
        }
    }
    return NULL;
}

/* What the type itself puts into Authorization, beside the injected headers. */
static bool adds_authorization(const auth_t *auth)
{
    bool injected = header_of(&auth->inject.headers, STR("Authorization")) != NULL;
    if (auth->type == AUTH_BASIC) {
        return !injected;
    }
    if (auth->type == AUTH_OAUTH1 || auth->type == AUTH_AWS_SIGV4) {
        return true;
    }
    return auth_type_gets_tokens(auth->type) && !places_token(&auth->inject);
}

static bool sets(const auth_t *auth, str_t name)
{
    return header_of(&auth->inject.headers, name) ||
           (str_eq_nocase(name, STR("Authorization")) && adds_authorization(auth));
}

static void check_own(loader_t *l, const auth_t *auth)
{
    const named_template_t *own = header_of(&auth->inject.headers, STR("Authorization"));
    if (own && adds_authorization(auth)) {
        loader_fault(l, ERR_header_twice, (spot_t){own->line, own->column},
                     "`%s` sets Authorization itself, unless inject holds ${token.access_token}",
                     auth_type_name(auth->type));
    }
}

/* --- what requests set --- */

typedef struct setter {
    loader_t *l;
    const auth_t *auth;
} setter_t;

static void refuse(const setter_t *s, str_t name, spot_t at)
{
    loader_fault(s->l, ERR_header_twice, at,
                 "header `%.*s` is set by auth `%.*s` and by the request", STR_ARG(name),
                 STR_ARG(s->auth->name));
}

static void check_headers_of(const setter_t *s, const named_templates_t *headers)
{
    for (size_t i = 0; i < headers->count; i++) {
        if (sets(s->auth, headers->list[i].name)) {
            refuse(s, headers->list[i].name,
                   (spot_t){headers->list[i].line, headers->list[i].column});
        }
    }
}

static void check_action(const setter_t *s, const action_t *action)
{
    for (size_t i = 0; i < action->input.count; i++) {
        const field_t *field = &action->input.list[i];
        if (field->in == IN_HEADER && sets(s->auth, field->name)) {
            refuse(s, field->name, (spot_t){field->line, field->column});
        }
    }
    for (size_t i = 0; i < action->steps.count; i++) {
        check_headers_of(s, &action->steps.list[i].request.headers);
    }
    if (action->request) {
        check_headers_of(s, &action->request->headers);
    }
}

static bool is_allowed(const action_t *action, const auth_t *auth)
{
    bool allowed = action->kind == ACTION_REQUEST && !action->no_auth && action->auth_count == 0;
    for (size_t i = 0; i < action->auth_count && action->kind == ACTION_REQUEST; i++) {
        allowed = allowed || action->auths[i] == auth;
    }
    return allowed;
}

/* The top-level request goes with every action: the fault is told once, at the first. */
static void check_auth(const setter_t *s)
{
    const connector_t *c = s->l->c;
    bool told = false;
    for (size_t i = 0; i < c->action_count; i++) {
        const action_t *action = &c->actions[i];
        if (!is_allowed(action, s->auth)) {
            continue;
        }
        for (size_t k = 0; k < c->request_headers.count && !told; k++) {
            if (sets(s->auth, c->request_headers.list[k].name)) {
                refuse(s, c->request_headers.list[k].name, action_spot(action));
            }
        }
        told = true;
        check_action(s, action);
    }
    if (c->verify_request) {
        check_headers_of(s, &c->verify_request->headers);
    }
}

void check_headers(loader_t *l)
{
    for (size_t i = 0; i < l->c->auth_count; i++) {
        setter_t s = {.l = l, .auth = &l->c->auths[i]};
        check_own(l, s.auth);
        check_auth(&s);
    }
}
