/* SPDX-License-Identifier: MIT */
/* The one answer of a grant that makes one request, read as a landing reads it. */
#ifndef TENON_TESTS_UNIT_GRANT_READ_H
#define TENON_TESTS_UNIT_GRANT_READ_H

#include "grant/grant.h"

/* *out is to be ended whatever is answered. */
static inline bool read_token_answer(const grant_definition_t *definition, value_scope_t *scope,
                                     const upstream_answer_t *answer, grant_answer_t *out,
                                     failure_class_t *failure, err_t *err)
{
    json_t *values = NULL;
    *out = (grant_answer_t){0};
    if (!grant_take_answer(definition, scope, answer, &values, failure, err)) {
        out->refresh_token = grant_refresh_token_so_far(definition, scope, answer);
        return false;
    }
    scope->response = values;
    bool ok = grant_read_token(definition, scope, out, failure, err);
    scope->response = NULL;
    json_decref(values);
    return ok;
}

#endif
