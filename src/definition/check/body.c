/* SPDX-License-Identifier: MIT */
/* Bodies (FORMAT 4, 6 and 7): one kind in a request, none with GET and HEAD. */
#include "definition/build/refer.h"
#include "definition/check/check.h"

static bool has_no_body(str_t method)
{
    return str_is(method, "GET") || str_is(method, "HEAD");
}

/* Inputs that go into the body by themselves. */
typedef struct bodies {
    size_t body, form, json;
} bodies_t;

static bodies_t bodies_of(const action_t *action, bool only_sent)
{
    bodies_t count = {.body = 0};
    for (size_t i = 0; i < action->input.count; i++) {
        const field_t *field = &action->input.list[i];
        if (only_sent && field->sent_by_template) {
            continue;
        }
        count.body += field->in == IN_BODY;
        count.form += field->in == IN_FORM;
        count.json += field->in == IN_JSON;
    }
    return count;
}

static bool any_body(bodies_t count)
{
    return count.body + count.form + count.json > 0;
}

static void check_method(loader_t *l, const action_t *action)
{
    const request_definition_t *request = action->request;
    str_t upstream = request && request->method.p ? request->method : action->method;
    bool comes = has_no_body(action->method) && any_body(bodies_of(action, false));
    bool goes = has_no_body(upstream) && action->kind == ACTION_REQUEST &&
                ((request && request->body_kind != BODY_NONE) || any_body(bodies_of(action, true)));
    if (comes || goes) {
        str_t method = comes ? action->method : upstream;
        loader_fault(l, ERR_get_with_body, action_spot(action), "%.*s has no body",
                     STR_ARG(method));
    }
}

static void check_one_body(loader_t *l, const action_t *action, const yaml_node_t *node)
{
    bodies_t came = bodies_of(action, false);
    bool alone = came.body <= 1 && came.form + came.json == 0;
    bool one_kind = came.body == 0 && (came.form == 0 || came.json == 0);
    if (!alone && !one_kind) {
        loader_fault(l, ERR_bodies_mixed, key_spot(node, "input"),
                     "one body: in: body alone, or form fields, or JSON members");
    }
}

/* What request writes must go together with what inputs bring: JSON merges with JSON, a form with a
 * form. */
static void check_request_body(loader_t *l, const action_t *action, const yaml_node_t *node)
{
    body_kind_t kind = action->request ? action->request->body_kind : BODY_NONE;
    bodies_t sent = bodies_of(action, true);
    schema_type_t body =
        action->body_field ? schema_type_of(action->body_field->schema) : SCHEMA_ANY;
    bool no_object = sent.body > 0 && body != SCHEMA_ANY && body != SCHEMA_OBJECT;
    bool mixed = (kind == BODY_JSON && (sent.form > 0 || no_object)) ||
                 (kind == BODY_FORM && sent.json > 0) ||
                 ((kind == BODY_TEXT || kind == BODY_XML) && sent.form + sent.json > 0);
    if (mixed) {
        loader_fault(l, ERR_bodies_mixed, key_spot(node, "request"),
                     "one body: what inputs send does not go together with the body of `request`; "
                     "mention the inputs in it");
    }
}

static void check_steps_of(loader_t *l, const steps_t *steps)
{
    for (size_t i = 0; i < steps->count; i++) {
        const step_t *step = &steps->list[i];
        if (has_no_body(step->request.method) && step->request.body_kind != BODY_NONE) {
            loader_fault(l, ERR_get_with_body, (spot_t){step->line, step->column},
                         "%.*s has no body", STR_ARG(step->request.method));
        }
    }
}

static void check_steps_of_grant(loader_t *l, const grant_site_t *site)
{
    const grant_definition_t *grant = site->grant, *refresh = grant->refresh;
    check_steps_of(l, &grant->steps);
    if (refresh && refresh->steps.list != grant->steps.list) {
        check_steps_of(l, &refresh->steps);
    }
}

void check_bodies(loader_t *l)
{
    for (size_t i = 0; i < l->c->action_count; i++) {
        const action_t *action = &l->c->actions[i];
        const yaml_node_t *node = action_node(l, action);
        if (node) {
            check_method(l, action);
            check_one_body(l, action, node);
            check_request_body(l, action, node);
            check_steps_of(l, &action->steps);
        }
    }
    loader_each_grant(l, check_steps_of_grant);
}
