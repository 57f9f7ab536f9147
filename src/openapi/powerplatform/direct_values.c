/* SPDX-License-Identifier: MIT */
/* Headers and query parameters of an action's request, as policy templates. */
#include "openapi/powerplatform/direct.h"

typedef struct value {
    const char *id; /* of the policy template */
    field_in_t in;
    str_t name;
    bool of_action; /* said by the action itself, not by what all share */
} value_t;

/* A step that comes later sends it, too. */
static bool is_fetched_with(const action_t *a, const value_t *v)
{
    for (size_t i = 0; v->in == IN_HEADER && i < a->steps.count; i++) {
        const named_templates_t *headers = &a->steps.list[i].request.headers;
        for (size_t k = 0; k < headers->count; k++) {
            if (str_eq_nocase(headers->list[k].name, v->name)) {
                return true;
            }
        }
    }
    return false;
}

static void set_value(direct_t *x, const action_t *a, const value_t *v, str_t text,
                      const char *exists)
{
    instance_add(x, is_fetched_with(a, v) ? PHASE_FIRST : PHASE_VALUES, a, v->id,
                 json_pack("{s:o,s:o,s:s,s:s}", PARAMETER("name"), json_str(v->name),
                           PARAMETER("value"), json_str(text), PARAMETER("existsAction"), exists,
                           POLICY_SECTION, "Request"));
}

/* `note_query` that goes as `note`: an importer has named it anew for its callers. */
static bool is_renamed(const field_t *f, str_t wire, field_in_t in)
{
    str_t end = in == IN_QUERY ? STR("_query") : STR("_header");
    return f->name.n == wire.n + end.n && str_starts(f->name, wire) && str_ends(f->name, end);
}

/* The input that goes there under the same name already. */
static bool is_own_input(const action_t *a, const value_t *v, const expr_t *e)
{
    const field_t *f = e && e->kind == EXPR_REF && e->root == ROOT_INPUT && e->step_count == 1
                           ? fields_find(&a->input, e->steps[0].name)
                           : NULL;
    return f && f->in == v->in &&
           (str_eq_nocase(f->name, v->name) || is_renamed(f, v->name, v->in));
}

/* `default(input.X, 'y')` at X: y where the caller gives none. */
static const expr_t *skipped(const action_t *a, const value_t *v, const template_t *t)
{
    const expr_t *e = t->count == 1 ? t->parts[0].expr : NULL;
    bool usual = e && e->kind == EXPR_CALL && e->argument_count == 2 &&
                 str_is(str_of(template_function_name(e->function)), "default") &&
                 e->arguments[1]->kind == EXPR_TEXT;
    return usual && is_own_input(a, v, e->arguments[0]) ? e->arguments[1] : NULL;
}

static bool cannot(direct_t *x, const action_t *a, str_t name)
{
    return direct_leave_out(x, a, "request", "the value of %.*s cannot be said", STR_ARG(name));
}

static bool say_value(direct_t *x, const action_t *a, const value_t *v, const template_t *t)
{
    const expr_t *only = say_only(t);
    if (is_own_input(a, v, only) || (only && only->root == ROOT_STEPS)) {
        return true;
    }
    const expr_t *skip = skipped(a, v, t);
    str_t text = skip ? skip->text : say_template(x, a, t, SAY_VALUE);
    if (!text.p) {
        return cannot(x, a, v->name);
    }
    set_value(x, a, v, text, skip ? "skip" : "override");
    return true;
}

/* The first item may be the input itself: the others are appended. */
static bool say_list(direct_t *x, const action_t *a, const value_t *v, const template_tree_t *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const template_tree_t *item = list->items[i];
        bool own =
            i == 0 && item->kind == TREE_TEMPLATE && is_own_input(a, v, say_only(item->template));
        str_t text = own ? STR("") : say_tree(x, a, item, SAY_VALUE);
        if (!text.p) {
            return cannot(x, a, v->name);
        }
        if (!own) {
            set_value(x, a, v, text, i == 0 ? "override" : "append");
        }
    }
    return true;
}

static bool say_member(direct_t *x, const action_t *a, const template_member_t *m)
{
    const value_t v = {.id = "setqueryparameter", .in = IN_QUERY, .name = m->name};
    if (m->value->kind == TREE_TEMPLATE) {
        return say_value(x, a, &v, m->value->template);
    }
    if (m->value->kind == TREE_LIST) {
        return say_list(x, a, &v, m->value);
    }
    str_t text = say_tree(x, a, m->value, SAY_VALUE);
    if (!text.p) {
        return cannot(x, a, m->name);
    }
    set_value(x, a, &v, text, "override");
    return true;
}

static bool has_header(const request_definition_t *r, str_t name)
{
    for (size_t i = 0; r && i < r->headers.count; i++) {
        if (str_eq_nocase(r->headers.list[i].name, name)) {
            return true;
        }
    }
    return false;
}

static bool has_member(const request_definition_t *r, str_t name)
{
    for (size_t i = 0; r && r->query && i < r->query->count; i++) {
        if (str_eq(r->query->members[i].name, name)) {
            return true;
        }
    }
    return false;
}

static bool say_headers(direct_t *x, const action_t *a, const named_templates_t *headers,
                        const request_definition_t *later)
{
    bool ok = true;
    for (size_t i = 0; ok && i < headers->count; i++) {
        const value_t v = {.id = "setheader", .in = IN_HEADER, .name = headers->list[i].name};
        ok = has_header(later, v.name) || say_value(x, a, &v, headers->list[i].template);
    }
    return ok;
}

static bool say_query(direct_t *x, const action_t *a, const template_tree_t *query,
                      const request_definition_t *later)
{
    bool ok = true;
    for (size_t i = 0; ok && query && i < query->count; i++) {
        const template_member_t *m = &query->members[i];
        ok = has_member(later, m->name) || say_member(x, a, m);
    }
    return ok;
}

/* What every call carries, and no scheme says. */
static void add_carried(direct_t *x, const action_t *a)
{
    static const struct {
        const char *place, *id;
    } places[] = {{"header", "setheader"}, {"query", "setqueryparameter"}};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        const char *name;
        json_t *text;
        json_object_foreach(json_object_get(x->carried, places[i].place), name, text)
        {
            const value_t v = {.id = places[i].id, .name = str_of(name)};
            set_value(x, a, &v, json_view(text), "override");
        }
    }
}

static bool sends(const named_templates_t *headers, const named_template_t *wanted)
{
    for (size_t i = 0; i < headers->count; i++) {
        if (str_eq_nocase(headers->list[i].name, wanted->name) &&
            str_eq(headers->list[i].template->source, wanted->template->source)) {
            return true;
        }
    }
    return false;
}

bool direct_step_is_usual(const direct_t *x, const action_t *a, const step_t *step)
{
    for (size_t i = 0; i < step->request.headers.count; i++) {
        const named_template_t *h = &step->request.headers.list[i];
        const value_t v = {.in = IN_HEADER, .name = h->name};
        if (!is_own_input(a, &v, say_only(h->template)) && !sends(&x->c->request_headers, h) &&
            !(a->request && sends(&a->request->headers, h))) {
            return false;
        }
    }
    return true;
}

bool direct_values(direct_t *x, const action_t *a)
{
    const request_definition_t *r = a->request;
    bool ok =
        say_headers(x, a, &x->c->request_headers, r) && say_query(x, a, x->c->request_query, r) &&
        (!r || say_headers(x, a, &r->headers, NULL)) && (!r || say_query(x, a, r->query, NULL));
    if (ok && !a->no_auth) {
        add_carried(x, a);
    }
    return ok;
}

/* --- names --- */

static bool is_input(const template_t *t, const field_t *f)
{
    const expr_t *e = say_only(t);
    return e && e->root == ROOT_INPUT && e->step_count == 1 && str_eq(e->steps[0].name, f->name);
}

static str_t wire_name_in(const request_definition_t *r, const field_t *f)
{
    for (size_t i = 0; f->in == IN_HEADER && i < r->headers.count; i++) {
        const named_template_t *h = &r->headers.list[i];
        if (is_renamed(f, h->name, IN_HEADER) && is_input(h->template, f)) {
            return h->name;
        }
    }
    for (size_t i = 0; f->in == IN_QUERY && r->query && i < r->query->count; i++) {
        const template_member_t *m = &r->query->members[i];
        if (m->value->kind == TREE_TEMPLATE && is_renamed(f, m->name, IN_QUERY) &&
            is_input(m->value->template, f)) {
            return m->name;
        }
    }
    return f->name;
}

str_t direct_wire_name(const connector_t *c, const field_t *f)
{
    for (size_t i = 0; i < c->action_count; i++) {
        const action_t *a = &c->actions[i];
        bool own = f >= a->input.list && f < a->input.list + a->input.count;
        if (own && a->request) {
            return wire_name_in(a->request, f);
        }
    }
    return f->name;
}
