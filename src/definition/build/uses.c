/* SPDX-License-Identifier: MIT */
/* Once fields, schemas and templates are all there: which fields are sure, which inputs are sent by
 * a template only, which parameters stand in a URL, and where a value may bring dots into a host
 * name. */
#include "definition/build/refer.h"

static void settle_fields(const fields_t *fields)
{
    for (size_t i = 0; i < fields->count; i++) {
        field_t *field = WRITABLE(field_t, &fields->list[i]);
        field->sure = field->required ||
                      (!fields->required_defaults_only && schema_default_of(field->schema));
    }
}

static void mark_in_url(void *context, const field_t *field)
{
    (void)context;
    WRITABLE(field_t, field)->in_url = true;
}

typedef struct marker {
    const loader_t *l;
    const use_t *use;
} marker_t;

static void mark(void *context, const expr_t *ref, bool sure)
{
    const marker_t *m = context;
    const view_t *view = m->use->view;
    bool everywhere;
    (void)sure;
    if (ref->step_count == 0 || !ref->steps[0].name.p) {
        return;
    }
    str_t name = ref->steps[0].name;
    if (ref->root == ROOT_CONNECTION && m->use->url) {
        refer_connection(m->l->c, view, name, mark_in_url, NULL, &everywhere);
    }
    /* FORMAT 7: a field that steps, request or token mention is sent only there (`in: body`
     * excepted). */
    if (ref->root == ROOT_INPUT && view->action && view->sends) {
        const field_t *field = fields_find(&view->action->input, name);
        if (field && field->in != IN_BODY) {
            WRITABLE(field_t, field)->sent_by_template = true;
        }
    }
}

/* --- dots in host names: only out of choices --- */

typedef struct dots {
    const loader_t *l;
    const use_t *use;
    bool only_choices;
    bool any;
} dots_t;

static void look_at_choices(void *context, const field_t *field)
{
    dots_t *d = context;
    d->any = true;
    d->only_choices = d->only_choices && field->choice_count > 0;
}

static void look_at_ref(void *context, const expr_t *ref, bool sure)
{
    dots_t *d = context;
    bool everywhere;
    (void)sure;
    if (ref->root != ROOT_CONNECTION || ref->step_count == 0) {
        d->only_choices = false;
        return;
    }
    refer_connection(d->l->c, d->use->view, ref->steps[0].name, look_at_choices, d, &everywhere);
}

static void allow_dots(const loader_t *l, const use_t *use)
{
    for (size_t i = 0; i < use->url->authority_count; i++) {
        const expr_t *expr = use->url->authority[i].expr;
        dots_t d = {.l = l, .use = use, .only_choices = true};
        if (expr) {
            expr_visit(expr, look_at_ref, &d);
            use->url->label_dots[i] = d.any && d.only_choices;
        }
    }
}

void build_uses(loader_t *l)
{
    settle_fields(&l->c->parameters);
    for (size_t i = 0; i < l->c->auth_count; i++) {
        settle_fields(&l->c->auths[i].parameters);
    }
    for (size_t i = 0; i < l->c->action_count; i++) {
        settle_fields(&l->c->actions[i].input);
    }
    for (size_t i = 0; i < l->use_count; i++) {
        marker_t m = {.l = l, .use = &l->uses[i]};
        template_visit(l->uses[i].template, mark, &m);
        if (l->uses[i].url) {
            allow_dots(l, &l->uses[i]);
        }
    }
}
