/* SPDX-License-Identifier: MIT */
/* What policies make: bounded in size and depth, and put in its place. */
#include "codec/json.h"
#include "policy/policy_internal.h"

enum { DEPTH_MAX = 128 };

/* --- the ceiling --- */

static bool take_room(policy_run_t *run, size_t bytes)
{
    if (bytes > run->room) {
        return err_set(run->err, ERR_body_too_large, "the policies make the body too large");
    }
    run->room -= bytes;
    return true;
}

/* --- values --- */

static json_t *copy(policy_run_t *run, const json_t *value, unsigned depth);

static json_t *copy_list(policy_run_t *run, const json_t *list, unsigned depth)
{
    json_t *to = json_array();
    size_t index;
    json_t *item;
    json_array_foreach(list, index, item)
    {
        json_t *own = copy(run, item, depth);
        if (!own) {
            json_decref(to);
            return NULL;
        }
        (void)json_array_append_new(to, own);
    }
    return to;
}

static json_t *copy_object(policy_run_t *run, const json_t *object, unsigned depth)
{
    json_t *to = json_object();
    const char *name;
    size_t length;
    json_t *member;
    json_object_keylen_foreach((json_t *)(uintptr_t)object, name, length, member)
    {
        json_t *own = take_room(run, length) ? copy(run, member, depth) : NULL;
        if (!own) {
            json_decref(to);
            return NULL;
        }
        (void)json_object_setn_new_nocheck(to, name, length, own);
    }
    return to;
}

static json_t *copy(policy_run_t *run, const json_t *value, unsigned depth)
{
    if (depth == DEPTH_MAX) {
        err_set(run->err, ERR_body_too_large, "the policies make the body too deep");
        return NULL;
    }
    if (!take_room(run, RESULT_VALUE_BYTES + json_view(value).n)) {
        return NULL;
    }
    return json_is_array(value)    ? copy_list(run, value, depth + 1)
           : json_is_object(value) ? copy_object(run, value, depth + 1)
                                   : json_incref((json_t *)(uintptr_t)value);
}

json_t *result_copy(policy_run_t *run, const json_t *value)
{
    return copy(run, value, 0);
}

json_t *policy_body_of(const json_t *value)
{
    err_t none = ERR_INIT;
    policy_run_t run = {.room = SIZE_MAX, .err = &none};
    return copy(&run, value, 0);
}

json_t *result_text(policy_run_t *run, const buf_t *text)
{
    bool fits = buf_ok(text) && take_room(run, RESULT_VALUE_BYTES + text->n);
    if (!fits) {
        err_set(run->err, ERR_body_too_large, "the policies make the body too large");
    }
    return fits ? json_str(buf_view(text)) : NULL;
}

/* --- to where they go --- */

typedef struct putting {
    policy_run_t *run;
    json_t *result;
    bool used;
} putting_t;

/* Each place gets one of its own: a policy that changes one must not change the other. */
static bool put(void *context, const found_t *found)
{
    putting_t *p = context;
    json_t *own = p->used ? result_copy(p->run, p->result) : json_incref(p->result);
    p->used = true;
    if (own) {
        slot_put(p->run, &found->at, own);
    }
    return own != NULL;
}

static bool is_deeper(const json_t *value, unsigned levels)
{
    const char *name;
    size_t index;
    json_t *inner;
    bool deeper = levels == 0;
    json_array_foreach(value, index, inner)
    {
        deeper = deeper || is_deeper(inner, levels - 1);
    }
    json_object_foreach((json_t *)(uintptr_t)value, name, inner)
    {
        deeper = deeper || is_deeper(inner, levels - 1);
    }
    return deeper;
}

bool result_is_shallow(policy_run_t *run, const policy_t *policy, const json_t *value)
{
    bool deep = policy->at.count > DEPTH_MAX || policy->from.count > DEPTH_MAX ||
                policy->to.count > DEPTH_MAX || is_deeper(value, DEPTH_MAX);
    return !deep || err_set(run->err, ERR_body_too_large, "the policies make the body too deep");
}

bool result_put(policy_run_t *run, const policy_t *policy, const found_t *found, json_t *result)
{
    putting_t p = {.run = run, .result = result};
    bool stays = policy->to.steps == policy->at.steps;
    bool done = result && result_is_shallow(run, policy, result) &&
                (stays ? put(&p, found) : place_each(run, &policy->to, found, put, &p));
    json_decref(result);
    return done;
}
