/* SPDX-License-Identifier: MIT */
/* What the values of templates can be where they stand: never absent where nothing can go, no
 * object or list in text (FORMAT 8). */
#include "definition/build/refer.h"
#include "definition/check/check.h"

/* --- absence --- */

static void check_sure(loader_t *l, const use_t *use, const template_part_t *parts, size_t count)
{
    refer_context_t context = {.c = l->c, .view = use->view};
    for (size_t i = 0; i < count; i++) {
        if (parts[i].expr && !expr_is_sure(parts[i].expr, refer_is_sure, &context)) {
            loader_fault(l, ERR_template_may_be_absent, use->at,
                         "a value here may be missing: make the field required, give it a default, "
                         "or use default(…)");
            return;
        }
    }
}

static void check_absence(loader_t *l, const use_t *use)
{
    if (use->url || use->kind == USE_NEEDED) {
        check_sure(l, use, use->template->parts, use->template->count);
    }
}

/* --- types --- */

typedef struct typed {
    loader_t *l;
    const use_t *use;
} typed_t;

static void check_type(const typed_t *t, const expr_t *e, use_kind_t kind);

/* json() takes anything and default() hands its arguments on; the others work on text. */
static void check_call(const typed_t *t, const expr_t *e, use_kind_t kind)
{
    str_t name = str_of(template_function_name(e->function));
    use_kind_t inside = str_is(name, "json") ? USE_JSON : str_is(name, "default") ? kind : USE_TEXT;
    for (size_t i = 0; i < e->argument_count; i++) {
        check_type(t, e->arguments[i], inside);
    }
}

static void check_type(const typed_t *t, const expr_t *e, use_kind_t kind)
{
    if (e->kind == EXPR_CALL) {
        check_call(t, e, kind);
        return;
    }
    if (kind == USE_JSON) {
        return;
    }
    schema_type_t type = e->kind == EXPR_REF ? refer_type(t->l->c, t->use->view, e) : SCHEMA_ANY;
    if (type == SCHEMA_OBJECT || (type == SCHEMA_ARRAY && kind != USE_LISTS)) {
        loader_fault(t->l, ERR_template_type, t->use->at,
                     "`%s.%.*s` is an %s, and text is needed here: use a member of it or json(…)",
                     template_root_name(e->root), STR_ARG(e->steps[0].name),
                     type == SCHEMA_OBJECT ? "object" : "array");
    }
}

static void check_types(loader_t *l, const use_t *use)
{
    const template_t *t = use->template;
    const typed_t typed = {.l = l, .use = use};
    use_kind_t kind = t->count == 1 ? use->kind : USE_TEXT;
    for (size_t i = 0; i < t->count; i++) {
        if (t->parts[i].expr) {
            check_type(&typed, t->parts[i].expr, kind);
        }
    }
}

void check_values(loader_t *l)
{
    for (size_t i = 0; i < l->use_count; i++) {
        check_absence(l, &l->uses[i]);
        check_types(l, &l->uses[i]);
    }
}
