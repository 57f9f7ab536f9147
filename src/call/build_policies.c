/* SPDX-License-Identifier: MIT */
/* The policies of a request, on its body (FORMAT 10). */
#include "call/build_internal.h"
#include "policy/policy.h"

enum { ADDED_BYTES_MAX = 32 * 1024 * 1024 };

/* A template that cannot be evaluated means a value of the caller's that it does not fit. */
static bool refuse(draft_t *d)
{
    err_t told = *d->err;
    const field_t *body = d->body_field;
    if (err_code_status(told.code)) {
        return false;
    }
    *d->err = (err_t){.line = told.line, .column = told.column};
    return draft_fault(d, body ? body->name : STR("body"), ERR_param_type, told.text);
}

bool content_policies(draft_t *d, const policies_t *policies)
{
    if (policies->count == 0 || d->content.kind != CONTENT_JSON) {
        return true;
    }
    policy_body_t body = {.value = policy_body_of(d->content.json), .bytes_max = ADDED_BYTES_MAX};
    if (!body.value) {
        return err_set(d->err, ERR_json_too_deep, "the body is too deep to be reshaped");
    }
    bool done = policies_run(policies, &d->values, &body, d->err);
    d->content.json = draft_keep(d, body.value);
    return done || refuse(d);
}
