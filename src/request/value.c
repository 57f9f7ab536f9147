/* SPDX-License-Identifier: MIT */
/* Templates evaluated for a request, and whose fault it is when that fails: the caller's (400), the
 * service's (502) or the connection's (409). */
#include "request/draft.h"
#include "request/text.h"

enum { TEXT_BYTES_MAX = 32 * 1024 * 1024 };

static void release_buf(void *b)
{
    buf_fini(b);
}

buf_t *draft_buf(draft_t *d)
{
    buf_t *b = arena_new_of(d->arena, buf_t);
    buf_init_wiping(b, TEXT_BYTES_MAX);
    arena_on_free(d->arena, release_buf, b);
    return b;
}

static void release_json(void *value)
{
    json_decref(value);
}

json_t *draft_keep(draft_t *d, json_t *value)
{
    arena_on_free(d->arena, release_json, value);
    return value;
}

const json_t *draft_input(const draft_t *d, const field_t *field)
{
    return json_object_getn(d->values.input, field->name.p, field->name.n);
}

bool draft_check_buf(draft_t *d, const buf_t *b)
{
    return buf_ok(b) ||
           err_set(d->err, ERR_param_too_long, "the request to the service would be too long");
}

bool draft_value_text(draft_t *d, const json_t *value, str_t *out)
{
    if (json_is_string(value)) {
        *out = str_at(json_string_value(value), json_string_length(value));
        return true;
    }
    buf_t *b = draft_buf(d);
    value_write_text(value, b);
    *out = buf_view(b);
    return draft_check_buf(d, b);
}

/* --- blame --- */

bool draft_fault(draft_t *d, str_t name, err_code_t code, const char *text)
{
    return err_add_detail(d->err, code, field_pointer(name).text, "%s", text);
}

/* The references of what could not be evaluated. */
typedef struct blame {
    draft_t *d;
    const expr_t *input, *answer, *connection; /* the first of each kind; NULL: none */
    bool only_absent;                          /* those with a value do not count */
} blame_t;

static bool is_absent(draft_t *d, const expr_t *ref)
{
    json_t *value =
        d->values.scope.lookup(d->values.scope.context, ref->root, ref->steps, ref->step_count);
    bool absent = value == NULL;
    json_decref(value);
    return absent;
}

static void look_at(void *context, const expr_t *ref, bool sure)
{
    blame_t *blame = context;
    (void)sure;
    const expr_t **first = ref->root == ROOT_INPUT        ? &blame->input
                           : ref->root == ROOT_CONNECTION ? &blame->connection
                                                          : &blame->answer;
    if (!*first && (!blame->only_absent || is_absent(blame->d, ref))) {
        *first = ref;
    }
}

static str_t ref_name(const expr_t *ref)
{
    return ref->step_count && ref->steps[0].name.p ? ref->steps[0].name
                                                   : str_of(template_root_name(ref->root));
}

/* The codes of templates mean a definition's fault; at run time it is a value's. */
static bool blame_failure(const blame_t *blame)
{
    err_t *err = blame->d->err;
    err_t told = *err;
    bool answers = err_code_status(told.code) != 0;
    if (blame->answer && !blame->input) {
        err->code = ERR_upstream_answer_incomplete;
        return false;
    }
    *err = (err_t){.line = told.line, .column = told.column};
    if (blame->input) {
        return draft_fault(blame->d, ref_name(blame->input), answers ? told.code : ERR_param_type,
                           told.text);
    }
    if (blame->connection) {
        return err_set(err, answers ? told.code : ERR_parameter_missing,
                       "the connection's parameter `%.*s`: %s",
                       STR_ARG(ref_name(blame->connection)), told.text);
    }
    return err_set(err, answers ? told.code : ERR_internal_error, "%s", told.text);
}

static bool blame_absence(const blame_t *blame)
{
    err_t *err = blame->d->err;
    if (blame->input) {
        return draft_fault(blame->d, ref_name(blame->input), ERR_param_missing,
                           "the address of the service needs this input");
    }
    if (blame->answer) {
        return err_set(
            err, ERR_upstream_answer_incomplete,
            "the address of the service needs `%s.%.*s`, which the service's answer did not bring",
            template_root_name(blame->answer->root), STR_ARG(ref_name(blame->answer)));
    }
    if (blame->connection) {
        return err_set(err, ERR_parameter_missing,
                       "the address of the service needs the connection's parameter `%.*s`",
                       STR_ARG(ref_name(blame->connection)));
    }
    return err_set(err, ERR_internal_error,
                   "the address of the service needs a value that is missing");
}

/* --- evaluation --- */

static bool settle(draft_t *d, template_outcome_t outcome, const template_t *t)
{
    if (outcome == TEMPLATE_FAILED) {
        blame_t blame = {.d = d};
        template_visit(t, look_at, &blame);
        return blame_failure(&blame);
    }
    return true;
}

typedef template_outcome_t evaluate_t(const template_t *t, template_scope_t *scope, buf_t *to,
                                      err_t *err);

static bool evaluate(draft_t *d, const template_t *t, evaluate_t *how, str_t *out)
{
    *out = STR_NONE;
    if (template_is_constant(t) && message_header_value_ok(template_constant(t))) {
        *out = template_constant(t); /* most headers are: nothing is copied */
        return true;
    }
    buf_t *b = draft_buf(d);
    template_outcome_t outcome = how(t, &d->values.scope, b, d->err);
    if (outcome == TEMPLATE_OK) {
        *out = buf_view(b);
    }
    return settle(d, outcome, t) && draft_check_buf(d, b);
}

bool draft_text(draft_t *d, const template_t *t, str_t *out)
{
    return evaluate(d, t, template_text, out);
}

bool draft_header_text(draft_t *d, const template_t *t, str_t *out)
{
    return evaluate(d, t, template_header, out);
}

static bool blame_tree(draft_t *d, const template_tree_t *tree)
{
    blame_t blame = {.d = d};
    template_tree_visit(tree, look_at, &blame);
    return blame_failure(&blame);
}

bool draft_tree(draft_t *d, const template_tree_t *tree, json_t **out)
{
    switch (template_tree_json(tree, &d->values.scope, out, d->err)) {
    case TEMPLATE_OK:
        draft_keep(d, *out);
        return true;
    case TEMPLATE_ABSENT:
        *out = NULL;
        return true;
    case TEMPLATE_FAILED:
        break;
    }
    return blame_tree(d, tree);
}

static bool are_scalars(const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        if (json_is_object(item) || json_is_array(item)) {
            return false;
        }
    }
    return !json_is_object(list);
}

bool draft_tree_of_texts(draft_t *d, const template_tree_t *tree, json_t **out)
{
    if (!draft_tree(d, tree, out)) {
        return false;
    }
    if (*out && !are_scalars(*out)) {
        err_set(d->err, ERR_template_type, "an object cannot stand in a query or form: use json()");
        return blame_tree(d, tree);
    }
    return true;
}

bool draft_url(draft_t *d, const url_template_t *url, str_t base, str_t *out)
{
    buf_t *b = draft_buf(d);
    template_outcome_t outcome = url_template_text(url, &d->values.scope, base, b, d->err);
    *out = buf_view(b);
    if (outcome == TEMPLATE_ABSENT) {
        blame_t blame = {.d = d, .only_absent = true};
        template_visit(url->source, look_at, &blame);
        return blame_absence(&blame);
    }
    return settle(d, outcome, url->source) && draft_check_buf(d, b);
}
