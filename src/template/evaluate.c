/* SPDX-License-Identifier: MIT */
#include "codec/json.h"
#include "template/template_internal.h"

void value_fini(value_t *v)
{
    json_decref(v->json);
    buf_fini(&v->bytes);
    v->json = NULL;
}

const json_t *template_walk(const json_t *value, const template_step_t *steps, size_t count)
{
    for (size_t i = 0; i < count && value; i++) {
        str_t name = steps[i].name;
        value = name.p ? json_object_getn(value, name.p, name.n)
                       : json_array_get(value, steps[i].index);
    }
    return value;
}

/* The value as text, borrowed from it: bools and numbers as JSON. null counts as absent. */
static template_outcome_t value_text(value_t *v, str_t *out, err_t *err)
{
    if (json_is_null(v->json)) {
        return TEMPLATE_ABSENT;
    }
    if (json_is_object(v->json) || json_is_array(v->json)) {
        err_set(err, ERR_template_type, "%s cannot stand in text: use json() or one of its members",
                json_is_object(v->json) ? "an object" : "a list");
        return TEMPLATE_FAILED;
    }
    if (v->json && !json_is_string(v->json)) {
        buf_init_wiping(&v->bytes, VALUE_BYTES_MAX);
        json_write(&v->bytes, v->json);
    }
    *out = json_is_string(v->json) ? json_view(v->json) : buf_view(&v->bytes);
    return TEMPLATE_OK;
}

/* What a function wrote into v->bytes, as its value. */
static template_outcome_t take_written(const expr_t *e, value_t *v, err_t *err)
{
    if (!buf_ok(&v->bytes)) {
        err_set(err, ERR_param_too_long, "%s() gives more than %d bytes", e->function->name,
                VALUE_BYTES_MAX);
        return TEMPLATE_FAILED;
    }
    if (!e->is_bytes) {
        v->json = json_str(buf_view(&v->bytes));
        buf_fini(&v->bytes);
    }
    return TEMPLATE_OK;
}

static template_outcome_t evaluate_arguments(const expr_t *e, value_t *values, call_t *call)
{
    template_outcome_t outcome = TEMPLATE_OK;
    for (size_t i = 0; i < e->argument_count && outcome == TEMPLATE_OK; i++) {
        outcome = expr_evaluate(e->arguments[i], call->scope, &values[i], call->err);
        if (outcome == TEMPLATE_OK) {
            outcome = value_text(&values[i], &call->texts[i], call->err);
        }
    }
    return outcome;
}

/* Absent in, absent out. */
static template_outcome_t evaluate_strict(const expr_t *e, template_scope_t *scope, value_t *out,
                                          err_t *err)
{
    value_t values[STRICT_ARGUMENTS_MAX] = {{.json = NULL}};
    call_t call = {.expr = e, .scope = scope, .err = err};
    template_outcome_t outcome = evaluate_arguments(e, values, &call);
    if (outcome == TEMPLATE_OK) {
        buf_init_wiping(&out->bytes, VALUE_BYTES_MAX);
        outcome = e->function->text(&call, &out->bytes);
    }
    if (outcome == TEMPLATE_OK) {
        outcome = take_written(e, out, err);
    }
    for (size_t i = 0; i < STRICT_ARGUMENTS_MAX; i++) {
        value_fini(&values[i]);
    }
    return outcome;
}

static template_outcome_t evaluate_any(const expr_t *e, template_scope_t *scope, value_t *out,
                                       err_t *err)
{
    switch (e->kind) {
    case EXPR_TEXT:
        out->json = json_str(e->text);
        break;
    case EXPR_INT:
        out->json = json_integer(e->number);
        break;
    case EXPR_REF:
        out->json = scope->lookup(scope->context, e->root, e->steps, e->step_count);
        break;
    case EXPR_CALL:
        return e->function->own ? e->function->own(e, scope, out, err)
                                : evaluate_strict(e, scope, out, err);
    }
    return out->json ? TEMPLATE_OK : TEMPLATE_ABSENT;
}

template_outcome_t expr_evaluate(const expr_t *e, template_scope_t *scope, value_t *out, err_t *err)
{
    *out = (value_t){.json = NULL};
    template_outcome_t outcome = evaluate_any(e, scope, out, err);
    if (outcome != TEMPLATE_OK) {
        value_fini(out);
    }
    return outcome;
}

template_outcome_t expr_text(const expr_t *e, template_scope_t *scope, buf_t *to, err_t *err)
{
    value_t value;
    str_t text;
    template_outcome_t outcome = expr_evaluate(e, scope, &value, err);
    if (outcome == TEMPLATE_OK) {
        outcome = value_text(&value, &text, err);
    }
    if (outcome == TEMPLATE_OK) {
        buf_str(to, text);
    }
    value_fini(&value);
    return outcome;
}

template_outcome_t expr_json(const expr_t *e, template_scope_t *scope, json_t **out, err_t *err)
{
    value_t value;
    template_outcome_t outcome = expr_evaluate(e, scope, &value, err);
    if (outcome == TEMPLATE_OK && !value.json) {
        err_set(err, ERR_template_bytes, "%s() gives bytes where text is needed",
                e->function->name);
        value_fini(&value);
        outcome = TEMPLATE_FAILED;
    }
    *out = value.json;
    return outcome;
}

template_outcome_t placed(const template_t *t, template_outcome_t outcome, err_t *err)
{
    if (outcome == TEMPLATE_FAILED && err->line == 0) {
        err->line = t->line;
        err->column = t->column;
    }
    return outcome;
}

template_outcome_t template_text(const template_t *t, template_scope_t *scope, buf_t *to,
                                 err_t *err)
{
    template_outcome_t outcome = TEMPLATE_OK;
    for (size_t i = 0; i < t->count && outcome == TEMPLATE_OK; i++) {
        if (t->parts[i].expr) {
            outcome = expr_text(t->parts[i].expr, scope, to, err);
        } else {
            buf_str(to, t->parts[i].text);
        }
    }
    return placed(t, outcome, err);
}

/* RFC 9110 5.5 without obs-text. */
static bool fits_header(str_t value)
{
    for (size_t i = 0; i < value.n; i++) {
        char c = value.p[i];
        if (c != '\t' && (c < 0x20 || c > 0x7e)) {
            return false;
        }
    }
    return true;
}

template_outcome_t template_header(const template_t *t, template_scope_t *scope, buf_t *to,
                                   err_t *err)
{
    size_t before = to->n;
    template_outcome_t outcome = template_text(t, scope, to, err);
    if (outcome == TEMPLATE_OK && !fits_header(str_slice(buf_view(to), before, to->n))) {
        err_set(err, ERR_param_control_char,
                "a header carries printable ASCII, blanks and tabs only; encode other characters");
        outcome = TEMPLATE_FAILED;
    }
    return placed(t, outcome, err);
}

static template_outcome_t mixed_json(const template_t *t, template_scope_t *scope, json_t **out,
                                     err_t *err)
{
    buf_t text;
    buf_init_wiping(&text, VALUE_BYTES_MAX);
    template_outcome_t outcome = template_text(t, scope, &text, err);
    if (outcome == TEMPLATE_OK && !buf_ok(&text)) {
        err_set(err, ERR_param_too_long, "a text is longer than %d bytes", VALUE_BYTES_MAX);
        outcome = TEMPLATE_FAILED;
    }
    if (outcome == TEMPLATE_OK) {
        *out = json_str(buf_view(&text));
    }
    buf_fini(&text);
    return outcome;
}

template_outcome_t template_json(const template_t *t, template_scope_t *scope, json_t **out,
                                 err_t *err)
{
    *out = NULL;
    bool keeps_type = t->count == 1 && t->parts[0].expr;
    template_outcome_t outcome =
        keeps_type ? expr_json(t->parts[0].expr, scope, out, err) : mixed_json(t, scope, out, err);
    return placed(t, outcome, err);
}
