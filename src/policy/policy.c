/* SPDX-License-Identifier: MIT */
#include "policy/policy.h"

#include "policy/policy_internal.h"

typedef struct one {
    policy_run_t *run;
    const policy_t *policy;
    const policy_type_t *type;
} one_t;

/* What was found is told with the body as it is now: an earlier element may have changed it. */
static bool apply(void *context, const found_t *found)
{
    one_t *one = context;
    if (!found->value && !one->type->may_be_missing) {
        return true;
    }
    one->run->scope->body = one->run->body->value;
    one->run->scope->item = found->in_item ? slot_value(one->run, &found->item) : NULL;
    json_t *kept = json_incref(found->value);
    bool going_on = one->type->apply(one->run, one->policy, found);
    json_decref(kept);
    return going_on;
}

static bool run_one(policy_run_t *run, const policy_t *policy)
{
    one_t one = {run, policy, policy_type_of(policy->kind)};
    bool moves = policy->kind == POLICY_MOVE_PROPERTIES;
    return place_each(run, moves ? &policy->from : &policy->at, NULL, apply, &one);
}

bool policies_run(const policies_t *policies, value_scope_t *scope, policy_body_t *body, err_t *err)
{
    policy_run_t run = {.body = body, .scope = scope, .room = body->bytes_max, .err = err};
    bool going_on = true;
    body->changed = false;
    for (size_t i = 0; i < policies->count && going_on; i++) {
        going_on = run_one(&run, policies->list[i]);
    }
    scope->body = scope->item = NULL;
    return going_on;
}
