/* SPDX-License-Identifier: MIT */
/* move_properties: what stands at one place goes to another. An object that comes to an object
 * joins it, member by member, so that `to: body` flattens and `from: body` nests; anything else
 * takes the place of what is there. */
#include "policy/policy_internal.h"

/* --- inside out: `to` may stand within what is moved --- */

static bool holds(const json_t *value, const json_t *inner)
{
    const char *name;
    size_t index;
    json_t *next;
    bool found = value == inner;
    json_array_foreach(value, index, next)
    {
        found = found || holds(next, inner);
    }
    json_object_foreach((json_t *)(uintptr_t)value, name, next)
    {
        found = found || holds(next, inner);
    }
    return found;
}

/* The member of what is moved that leads to the slot; absent: it has none that does. */
static str_t way_to(json_t *value, const slot_t *slot)
{
    const char *name;
    size_t length;
    json_t *member;
    if (slot->holder == value) {
        return slot->name;
    }
    json_object_keylen_foreach(value, name, length, member)
    {
        if (holds(member, slot->holder)) {
            return str_at(name, length);
        }
    }
    return STR_NONE;
}

/* --- taking away --- */

/* Elements before it may have gone meanwhile. */
static void take_element(policy_run_t *run, const found_t *found)
{
    slot_t at = found->at;
    for (at.index = 0; at.index < json_array_size(at.holder); at.index++) {
        if (json_array_get(at.holder, at.index) == found->value) {
            slot_remove(run, &at);
            return;
        }
    }
}

/* All members but the one that leads to where they go. New reference. */
static json_t *take_members(policy_run_t *run, json_t *object, str_t but)
{
    const char *name;
    size_t length;
    json_t *value;
    json_t *taken = json_object();
    json_t *members = json_copy(object);
    json_object_keylen_foreach(members, name, length, value)
    {
        if (!str_eq(str_at(name, length), but)) {
            (void)json_object_setn_nocheck(taken, name, length, value);
            slot_remove(run, &(slot_t){.holder = object, .name = str_at(name, length)});
        }
    }
    json_decref(members);
    return taken;
}

static json_t *take(policy_run_t *run, const found_t *found, const slot_t *to)
{
    if (to->holder && holds(found->value, to->holder)) {
        return take_members(run, found->value, way_to(found->value, to));
    }
    json_t *taken = json_incref(found->value);
    if (found->at.name.p) {
        slot_remove(run, &found->at);
    } else if (found->at.holder) {
        take_element(run, found);
    }
    return taken;
}

/* --- putting --- */

static bool note(void *context, const found_t *found)
{
    found_t *first = context;
    *first = *found;
    return false; /* the first is the one */
}

static void join(policy_run_t *run, json_t *to, json_t *members)
{
    const char *name;
    size_t length;
    json_t *value;
    json_object_keylen_foreach(members, name, length, value)
    {
        slot_put(run, &(slot_t){.holder = to, .name = str_at(name, length)}, json_incref(value));
    }
}

static bool is_same(const slot_t *a, const slot_t *b)
{
    return a->holder == b->holder && a->index == b->index && str_eq(a->name, b->name);
}

/* Only an object has something that can move into the rest of it. */
static bool can_move(const found_t *found, const slot_t *to)
{
    bool within = to->holder && holds(found->value, to->holder);
    return !is_same(&found->at, to) &&
           (!within || (json_is_object(found->value) && way_to(found->value, to).p));
}

static bool apply(policy_run_t *run, const policy_t *policy, const found_t *found)
{
    found_t to = {.in_item = false};
    bool nowhere = place_each(run, &policy->to, found, note, &to);
    if (nowhere || !can_move(found, &to.at)) {
        return true;
    }
    if (!result_is_shallow(run, policy, found->value)) {
        return false;
    }
    json_t *kept = json_incref(to.value);
    json_t *taken = take(run, found, &to.at);
    if (json_is_object(kept) && json_is_object(taken)) {
        join(run, kept, taken);
    } else {
        slot_put(run, &to.at, json_incref(taken));
    }
    json_decref(taken);
    json_decref(kept);
    return true;
}

const policy_type_t policy_move_properties = {.apply = apply};
