/* SPDX-License-Identifier: MIT */
/* Functions over any number of arguments, some of which may be absent. */
#include "codec/json.h"
#include "template/functions.h"

template_outcome_t own_default(const expr_t *e, template_scope_t *scope, value_t *out, err_t *err)
{
    for (size_t i = 0; i < e->argument_count; i++) {
        template_outcome_t outcome = expr_evaluate(e->arguments[i], scope, out, err);
        if (outcome == TEMPLATE_FAILED || (outcome == TEMPLATE_OK && !json_is_null(out->json))) {
            return outcome;
        }
        value_fini(out);
    }
    return TEMPLATE_ABSENT;
}

/* Moves what text holds into out, as a string. */
static template_outcome_t give_text(buf_t *text, template_outcome_t outcome, value_t *out,
                                    err_t *err)
{
    if (outcome == TEMPLATE_OK && !buf_ok(text)) {
        err_set(err, ERR_param_too_long, "a value in a template is longer than %d bytes",
                VALUE_BYTES_MAX);
        outcome = TEMPLATE_FAILED;
    }
    if (outcome == TEMPLATE_OK) {
        out->json = json_str(buf_view(text));
    }
    buf_fini(text);
    return outcome;
}

template_outcome_t own_concat(const expr_t *e, template_scope_t *scope, value_t *out, err_t *err)
{
    buf_t text;
    buf_init_wiping(&text, VALUE_BYTES_MAX);
    template_outcome_t outcome = TEMPLATE_OK;
    for (size_t i = 0; i < e->argument_count && outcome == TEMPLATE_OK; i++) {
        outcome = expr_text(e->arguments[i], scope, &text, err);
    }
    return give_text(&text, outcome, out, err);
}

/* The arguments behind the separator that are there; ABSENT where none is. */
static template_outcome_t join_present(const expr_t *e, template_scope_t *scope, str_t separator,
                                       buf_t *text, err_t *err)
{
    template_outcome_t joined = TEMPLATE_ABSENT;
    for (size_t i = 1; i < e->argument_count; i++) {
        size_t before = text->n;
        if (joined == TEMPLATE_OK) {
            buf_str(text, separator);
        }
        template_outcome_t outcome = expr_text(e->arguments[i], scope, text, err);
        if (outcome == TEMPLATE_FAILED) {
            return outcome;
        }
        if (outcome == TEMPLATE_ABSENT) {
            text->n = before;
        } else {
            joined = outcome;
        }
    }
    return joined;
}

template_outcome_t own_join(const expr_t *e, template_scope_t *scope, value_t *out, err_t *err)
{
    buf_t separator;
    buf_t text;
    buf_init_wiping(&separator, VALUE_BYTES_MAX);
    buf_init_wiping(&text, VALUE_BYTES_MAX);
    template_outcome_t outcome = expr_text(e->arguments[0], scope, &separator, err);
    if (outcome == TEMPLATE_OK) {
        outcome = join_present(e, scope, buf_view(&separator), &text, err);
    }
    buf_fini(&separator);
    return give_text(&text, outcome, out, err);
}

template_outcome_t own_json(const expr_t *e, template_scope_t *scope, value_t *out, err_t *err)
{
    buf_t text;
    value_t value = {.json = NULL};
    buf_init_wiping(&text, VALUE_BYTES_MAX);
    template_outcome_t outcome = expr_evaluate(e->arguments[0], scope, &value, err);
    if (outcome == TEMPLATE_OK) {
        json_write(&text, value.json);
    }
    value_fini(&value);
    return give_text(&text, outcome, out, err);
}
