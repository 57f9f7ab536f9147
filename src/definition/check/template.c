/* SPDX-License-Identifier: MIT */
/* What templates refer to (FORMAT 8): names that are there, roots that can be seen, secrets that
 * stay in `auth`. */
#include "definition/build/refer.h"
#include "definition/check/check.h"

typedef struct walk {
    loader_t *l;
    const use_t *use;
} walk_t;

#define REF "`%s.%.*s`"
#define REF_ARGS(ref) template_root_name((ref)->root), STR_ARG((ref)->steps[0].name)

/* --- roots --- */

static const char *const seen_in[ROOT_COUNT] = {
    [ROOT_CONNECTION] = "everywhere",
    [ROOT_INPUT] = "in an action's steps, request, token, response and trigger, and in policies",
    [ROOT_STEPS] = "in later steps, in the request, in answers, response.headers and trigger.query",
    [ROOT_RESPONSE] =
        "in the answer and the steps of a grant, in response.headers and trigger.query",
    [ROOT_TOKEN] = "in inject, base_url and refresh of a way to sign in that gets tokens",
    [ROOT_CALLBACK] = "in inject, base_url, refresh, params and URLs of a sign-in by a person",
    [ROOT_OAUTH] = "in params, authorize_params, headers, steps and URLs of a way to sign in",
    [ROOT_ASSERTION] = "in params, headers, steps and URLs of a way to sign in",
    [ROOT_REQUEST] = "in inject and in the headers of a token request",
    [ROOT_BODY] = "in policies",
    [ROOT_ITEM] = "in policies",
};

static bool check_root(const walk_t *w, const expr_t *ref)
{
    const view_t *view = w->use->view;
    if (view->roots >> ref->root & 1) {
        return true;
    }
    loader_fault(w->l, ERR_template_not_here, w->use->at,
                 "`%s` cannot be seen from %s: it is seen %s", template_root_name(ref->root),
                 view->where, seen_in[ref->root]);
    return false;
}

/* --- connection --- */

typedef struct found {
    bool secret;
    bool has_column;
    str_t column; /* asked for; absent: none */
} found_t;

static void look_at_field(void *context, const field_t *field)
{
    found_t *found = context;
    found->secret = found->secret || field->secret;
    for (size_t i = 0; found->column.p && i < field->choice_count; i++) {
        const json_t *columns = field->choices[i].columns;
        found->has_column =
            found->has_column ||
            (columns && json_object_getn(columns, found->column.p, found->column.n));
    }
}

/* The auth that has a parameter of that name, or NULL. */
static const auth_t *owner_of(const connector_t *c, str_t name)
{
    for (size_t i = 0; i < c->auth_count; i++) {
        if (fields_find(&c->auths[i].parameters, name)) {
            return &c->auths[i];
        }
    }
    return NULL;
}

static void unknown_parameter(const walk_t *w, const expr_t *ref)
{
    const connector_t *c = w->l->c;
    const view_t *view = w->use->view;
    str_t name = ref->steps[0].name;
    const auth_t *owner = owner_of(c, name);
    if (owner) {
        loader_fault(w->l, ERR_template_unknown_name, w->use->at,
                     "no " REF " here: it is a parameter of auth `%.*s`", REF_ARGS(ref),
                     STR_ARG(owner->name));
        return;
    }
    const char *hint = loader_suggest_field(w->l, name, &c->parameters);
    for (size_t i = 0; !*hint && i < c->auth_count; i++) {
        if (!view->auth || view->auth == &c->auths[i]) {
            hint = loader_suggest_field(w->l, name, &c->auths[i].parameters);
        }
    }
    loader_fault(w->l, ERR_template_unknown_name, w->use->at, "no " REF "%s", REF_ARGS(ref), hint);
}

static void check_connection(const walk_t *w, const expr_t *ref)
{
    bool everywhere;
    found_t found = {.column = ref->step_count > 1 ? ref->steps[1].name : STR_NONE};
    if (refer_connection(w->l->c, w->use->view, ref->steps[0].name, look_at_field, &found,
                         &everywhere) == 0) {
        unknown_parameter(w, ref);
        return;
    }
    if (ref->step_count > 2 || (ref->step_count == 2 && !found.has_column)) {
        loader_fault(w->l, ERR_template_unknown_name, w->use->at,
                     REF " has no column `%.*s` in its choices", REF_ARGS(ref),
                     STR_ARG(found.column));
    }
    if (found.secret && !w->use->view->secrets) {
        loader_fault(w->l, ERR_definition_secret_in_action, w->use->at,
                     "the secret `%.*s` may be used in `auth` only: send it with `inject`",
                     STR_ARG(ref->steps[0].name));
    }
}

/* --- input --- */

static void check_input(const walk_t *w, const expr_t *ref)
{
    const view_t *view = w->use->view;
    const field_t *field = refer_input(w->l->c, view, ref->steps[0].name);
    bool sure = true;
    bool known = true;
    if (field) {
        (void)refer_member(w->l->c, field, ref, &sure, &known);
    }
    if (field && known) {
        return;
    }
    const char *hint = "";
    if (!field && view->action) {
        hint = loader_suggest_field(w->l, ref->steps[0].name, &view->action->input);
    }
    loader_fault(w->l, ERR_template_unknown_name, w->use->at, "no " REF "%s%s", REF_ARGS(ref),
                 field ? " with these members" : "", hint);
}

/* --- steps, and roots whose members are known --- */

static const str_t answer_members[] = {STR_INIT("body"), STR_INIT("text"), STR_INIT("status"),
                                       STR_INIT("headers"), STR_INIT("cookies")};
static const str_t oauth_members[] = {
    STR_INIT("client_id"),     STR_INIT("redirect_uri"),  STR_INIT("state"), STR_INIT("code"),
    STR_INIT("code_verifier"), STR_INIT("refresh_token"), STR_INIT("scope")};
static const str_t request_members[] = {STR_INIT("method"), STR_INIT("host"), STR_INIT("path"),
                                        STR_INIT("query"), STR_INIT("body")};
#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

static void check_member(const walk_t *w, const expr_t *ref, size_t at, const str_t *names,
                         size_t count)
{
    str_t name = ref->steps[at].name;
    for (size_t i = 0; i < count; i++) {
        if (str_eq(name, names[i])) {
            return;
        }
    }
    loader_fault(w->l, ERR_template_unknown_name, w->use->at, "`%s` has no member `%.*s`%s",
                 template_root_name(ref->root), STR_ARG(name),
                 loader_suggest(w->l, name, names, count));
}

static void unknown_step(const walk_t *w, str_t name)
{
    const steps_t *steps = w->use->view->steps;
    size_t count = steps && !loader_is_full(w->l) ? steps->count : 0;
    str_t *names = arena_array_of(w->l->scratch, str_t, count);
    for (size_t i = 0; i < count; i++) {
        names[i] = steps->list[i].name;
    }
    loader_fault(w->l, ERR_template_unknown_name, w->use->at, "no step `%.*s`%s", STR_ARG(name),
                 loader_suggest(w->l, name, names, count));
}

static void check_step(const walk_t *w, const expr_t *ref)
{
    const view_t *view = w->use->view;
    str_t name = ref->steps[0].name;
    size_t index = 0;
    if (!refer_step(view, name, &index)) {
        unknown_step(w, name);
    } else if (index >= view->steps_seen) {
        loader_fault(w->l, ERR_template_not_here, w->use->at,
                     "the step `%.*s` has not run here: a step sees the steps before it",
                     STR_ARG(name));
    } else if (ref->step_count > 1) {
        check_member(w, ref, 1, answer_members, COUNT_OF(answer_members));
    }
}

/* The steps of every action that a policy is for. */
static void check_policy_step(const walk_t *w, const expr_t *ref)
{
    const connector_t *c = w->l->c;
    for (size_t i = 0; i < c->action_count; i++) {
        view_t view = {.steps = &c->actions[i].steps};
        size_t index;
        if (refer_step(&view, ref->steps[0].name, &index)) {
            return;
        }
    }
    check_step(w, ref);
}

static void check_assertion(const walk_t *w)
{
    const grant_definition_t *grant = w->use->view->grant;
    if (grant && !grant->assertion && !grant->client_assertion) {
        loader_fault(w->l, ERR_template_unknown_name, w->use->at,
                     "no `assertion` here: it is the JWT of the key `assertion`");
    }
}

/* Elements are there where the place of the policy has `[]`. */
static void check_item(const walk_t *w)
{
    const policy_t *policy = w->use->view->policy;
    bool each = false;
    for (size_t i = 0; policy && i < policy->at.count; i++) {
        each = each || policy->at.steps[i].each;
    }
    if (policy && !each) {
        loader_fault(w->l, ERR_template_not_here, w->use->at,
                     "`item` is the element of the innermost `[]`, and this place has none");
    }
}

static void check_names_of(const walk_t *w, const expr_t *ref)
{
    switch (ref->root) {
    case ROOT_CONNECTION:
        check_connection(w, ref);
        break;
    case ROOT_INPUT:
        check_input(w, ref);
        break;
    case ROOT_STEPS:
        w->use->view->policy ? check_policy_step(w, ref) : check_step(w, ref);
        break;
    case ROOT_RESPONSE:
        check_member(w, ref, 0, answer_members, COUNT_OF(answer_members));
        break;
    case ROOT_OAUTH:
        check_member(w, ref, 0, oauth_members, COUNT_OF(oauth_members));
        break;
    case ROOT_REQUEST:
        check_member(w, ref, 0, request_members, COUNT_OF(request_members));
        break;
    case ROOT_ASSERTION:
    case ROOT_ITEM:
    case ROOT_TOKEN:
    case ROOT_CALLBACK:
    case ROOT_BODY:
    case ROOT_COUNT:
        break;
    }
}

static bool stands_alone(template_root_t root)
{
    return root == ROOT_ASSERTION || root == ROOT_BODY || root == ROOT_ITEM;
}

static void check_ref(void *context, const expr_t *ref, bool sure)
{
    const walk_t *w = context;
    (void)sure;
    if (!check_root(w, ref)) {
        return;
    }
    if (ref->root == ROOT_ASSERTION) {
        check_assertion(w);
    } else if (ref->root == ROOT_ITEM) {
        check_item(w);
    } else if (!stands_alone(ref->root) && (ref->step_count == 0 || !ref->steps[0].name.p)) {
        loader_fault(w->l, ERR_template_unknown_name, w->use->at,
                     "`%s` alone is no value: name a member of it, as in ${%s.name}",
                     template_root_name(ref->root), template_root_name(ref->root));
    } else {
        check_names_of(w, ref);
    }
}

void check_templates(loader_t *l)
{
    for (size_t i = 0; i < l->use_count; i++) {
        walk_t w = {.l = l, .use = &l->uses[i]};
        template_visit(l->uses[i].template, check_ref, &w);
    }
    check_values(l);
}
