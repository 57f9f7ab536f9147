/* SPDX-License-Identifier: MIT */
/* array_to_object: a list of objects, each named by one of its members. Where one cannot be named,
 * the list stays as it is: nothing is lost on the way. */
#include "codec/json.h"
#include "policy/policy_internal.h"

static const json_t *key_of(const policy_t *policy, const json_t *row)
{
    const json_t *key = json_object_getn(row, policy->key.p, policy->key.n);
    bool names = key && !json_is_null(key) && !json_is_object(key) && !json_is_array(key);
    return names ? key : NULL;
}

static bool all_have_names(const policy_t *policy, const json_t *list)
{
    size_t index;
    json_t *row;
    json_array_foreach(list, index, row)
    {
        if (!key_of(policy, row)) {
            return false;
        }
    }
    return json_is_array(list);
}

/* The row is the object's from now on. */
static void add_row(const policy_t *policy, json_t *object, json_t *row)
{
    buf_t name;
    const json_t *key = key_of(policy, row);
    buf_init(&name, SIZE_MAX / 2);
    if (json_is_string(key)) {
        buf_str(&name, json_view(key));
    } else {
        json_write(&name, key);
    }
    json_incref(row);
    if (!policy->keep_key) {
        (void)json_object_deln(row, policy->key.p, policy->key.n);
    }
    (void)json_object_setn_new_nocheck(object, buf_view(&name).p, name.n, row);
    buf_fini(&name);
}

static bool apply(policy_run_t *run, const policy_t *policy, const found_t *found)
{
    if (!all_have_names(policy, found->value)) {
        return true;
    }
    size_t index;
    json_t *row;
    json_t *rows = result_copy(run, found->value);
    json_t *object = rows ? json_object() : NULL;
    json_array_foreach(rows, index, row)
    {
        add_row(policy, object, row);
    }
    json_decref(rows);
    return result_put(run, policy, found, object);
}

const policy_type_t policy_array_to_object = {.apply = apply};
