/* SPDX-License-Identifier: MIT */
/* Places in a body (FORMAT 10): found, and written. */
#include "policy/policy_internal.h"

typedef struct walk {
    const policy_run_t *run;
    const place_t *place;
    place_on_found_t *on_found;
    void *context;
} walk_t;

static bool walk_from(const walk_t *w, size_t step, const found_t *found);

/* The list may be changed by whoever is told: its elements are kept. */
static bool walk_elements(const walk_t *w, size_t step, const found_t *found)
{
    size_t index;
    json_t *element;
    json_t *list = json_incref(found->value);
    json_t *elements = json_copy(list);
    bool going_on = true;
    json_array_foreach(elements, index, element)
    {
        found_t next = {.at = {.holder = list, .index = index}, .value = element, .in_item = true};
        next.item = next.at;
        going_on = going_on && walk_from(w, step + 1, &next);
    }
    json_decref(elements);
    json_decref(list);
    return going_on;
}

/* A member may be missing, an element may not: lists have no gaps. */
static bool walk_one(const walk_t *w, size_t step, const found_t *found)
{
    const place_step_t *at = &w->place->steps[step];
    found_t next = *found;
    next.at = (slot_t){.holder = found->value, .name = at->name, .index = at->index};
    next.value = slot_value(w->run, &next.at);
    bool is_place = at->name.p ? json_is_object(found->value) : next.value != NULL;
    return !is_place || walk_from(w, step + 1, &next);
}

static bool walk_from(const walk_t *w, size_t step, const found_t *found)
{
    if (step == w->place->count) {
        return w->on_found(w->context, found);
    }
    if (!w->place->steps[step].each) {
        return walk_one(w, step, found);
    }
    return !json_is_array(found->value) || walk_elements(w, step, found);
}

json_t *place_value(const place_t *place, json_t *body)
{
    for (size_t i = 0; body && i < place->count; i++) {
        const place_step_t *step = &place->steps[i];
        body = step->name.p ? json_object_getn(body, step->name.p, step->name.n)
                            : json_array_get(body, step->index);
    }
    return body;
}

bool place_each(const policy_run_t *run, const place_t *place, const found_t *from,
                place_on_found_t *on_found, void *context)
{
    walk_t w = {run, place, on_found, context};
    found_t root = from ? *from : (found_t){.in_item = false};
    if (place->item && !root.in_item) {
        return true;
    }
    root.at = place->item ? root.item : (slot_t){.holder = NULL};
    root.value = slot_value(run, &root.at);
    return !root.value || walk_from(&w, 0, &root);
}

json_t *slot_value(const policy_run_t *run, const slot_t *slot)
{
    if (!slot->holder) {
        return run->body->value;
    }
    return slot->name.p ? json_object_getn(slot->holder, slot->name.p, slot->name.n)
                        : json_array_get(slot->holder, slot->index);
}

void slot_put(policy_run_t *run, const slot_t *slot, json_t *value)
{
    run->body->changed = true;
    if (!slot->holder) {
        json_decref(run->body->value);
        run->body->value = value;
    } else if (slot->name.p) {
        (void)json_object_setn_new_nocheck(slot->holder, slot->name.p, slot->name.n, value);
    } else {
        (void)json_array_set_new(slot->holder, slot->index, value);
    }
}

void slot_remove(policy_run_t *run, const slot_t *slot)
{
    run->body->changed = true;
    if (slot->name.p) {
        (void)json_object_deln(slot->holder, slot->name.p, slot->name.n);
    } else if (slot->holder) {
        (void)json_array_remove(slot->holder, slot->index);
    }
}
