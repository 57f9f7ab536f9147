/* SPDX-License-Identifier: MIT */
/* object_to_array: the members of an object as a list, each an object of its name and its value. */
#include "codec/json.h"
#include "policy/policy_internal.h"

static json_t *row_of(const policy_t *policy, str_t name, json_t *value)
{
    json_t *row = json_object();
    (void)json_object_setn_new_nocheck(row, policy->key.p, policy->key.n, json_str(name));
    (void)json_object_setn_nocheck(row, policy->value_name.p, policy->value_name.n, value);
    return row;
}

static bool apply(policy_run_t *run, const policy_t *policy, const found_t *found)
{
    const char *name;
    size_t length;
    json_t *value;
    if (!json_is_object(found->value)) {
        return true;
    }
    json_t *rows = json_array();
    json_object_keylen_foreach(found->value, name, length, value)
    {
        (void)json_array_append_new(rows, row_of(policy, str_at(name, length), value));
    }
    json_t *own = result_copy(run, rows);
    json_decref(rows);
    return result_put(run, policy, found, own);
}

const policy_type_t policy_object_to_array = {.apply = apply};
