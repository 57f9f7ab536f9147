/* SPDX-License-Identifier: MIT */
/* Questions about a parsed template: what it refers to, and whether its value can be absent. */
#include "template/template_internal.h"

static void visit(const expr_t *e, bool sure, template_on_ref_t *on_ref, void *context)
{
    if (e->kind == EXPR_REF) {
        on_ref(context, e, sure);
    }
    for (size_t i = 0; i < e->argument_count; i++) {
        visit(e->arguments[i], sure && i < e->function->tolerates_from, on_ref, context);
    }
}

void expr_visit(const expr_t *e, template_on_ref_t *on_ref, void *context)
{
    visit(e, true, on_ref, context);
}

void template_visit(const template_t *t, template_on_ref_t *on_ref, void *context)
{
    for (size_t i = 0; i < t->count; i++) {
        if (t->parts[i].expr) {
            expr_visit(t->parts[i].expr, on_ref, context);
        }
    }
}

bool expr_is_sure(const expr_t *e, template_ref_is_sure_t *is_sure, void *context)
{
    if (e->kind == EXPR_REF) {
        return is_sure(context, e);
    }
    /* All that may not be absent is there, and one of those that may. */
    bool one_is_sure = e->kind != EXPR_CALL || e->argument_count <= e->function->tolerates_from;
    for (size_t i = 0; i < e->argument_count; i++) {
        bool argument_is_sure = expr_is_sure(e->arguments[i], is_sure, context);
        bool may_be_absent = i >= e->function->tolerates_from;
        if (!may_be_absent && !argument_is_sure) {
            return false;
        }
        one_is_sure = one_is_sure || (may_be_absent && argument_is_sure);
    }
    return one_is_sure;
}
