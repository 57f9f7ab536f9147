/* SPDX-License-Identifier: MIT */
/* replace_string: one text for another, wherever it stands in a text. */
#include "codec/json.h"
#include "policy/policy_internal.h"

static void replace(str_t text, const policy_t *policy, buf_t *to)
{
    size_t done = 0;
    for (size_t at; (at = str_find(text, policy->find, done)) != SIZE_MAX;) {
        buf_str(to, str_slice(text, done, at));
        buf_str(to, policy->with);
        done = at + policy->find.n;
    }
    buf_str(to, str_slice(text, done, text.n));
}

static bool apply(policy_run_t *run, const policy_t *policy, const found_t *found)
{
    str_t text = json_view(found->value);
    bool moves = policy->to.steps != policy->at.steps;
    if (!text.p || policy->find.n == 0 || (!moves && str_find(text, policy->find, 0) == SIZE_MAX)) {
        return true;
    }
    buf_t replaced;
    buf_init(&replaced, run->room);
    replace(text, policy, &replaced);
    bool put = result_put(run, policy, found, result_text(run, &replaced));
    buf_fini(&replaced);
    return put;
}

const policy_type_t policy_replace_string = {.apply = apply};
