/* SPDX-License-Identifier: MIT */
/* set_property: a value where there is one, or where an object can take one. */
#include "policy/policy_internal.h"

/* A value of which nothing came sets nothing; of an answer, one that cannot be made neither. */
static bool apply(policy_run_t *run, const policy_t *policy, const found_t *found)
{
    json_t *value;
    err_t unmade = ERR_INIT;
    err_t *err = policy->response ? &unmade : run->err;
    switch (template_tree_json(policy->value, &run->scope->scope, &value, err)) {
    case TEMPLATE_OK:
        break;
    case TEMPLATE_ABSENT:
        return true;
    case TEMPLATE_FAILED:
        err_fini(&unmade);
        return policy->response;
    }
    json_t *own = result_copy(run, value);
    json_decref(value);
    return result_put(run, policy, found, own);
}

const policy_type_t policy_set_property = {.apply = apply, .may_be_missing = true};
