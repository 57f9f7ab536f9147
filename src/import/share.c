/* SPDX-License-Identifier: MIT */
#include "import/share.h"

#include "codec/json.h"

/* Values of a call, or of a step of its action. */
static bool is_of_call(const json_t *value)
{
    str_t text = json_view(value);
    return !text.p || str_find(text, STR("input"), 0) != SIZE_MAX ||
           str_find(text, STR("steps."), 0) != SIZE_MAX;
}

static json_t *values_of(json_t *action, const char *place)
{
    return json_object_get(json_object_get(action, "request"), place);
}

static bool have_all(json_t *actions, const char *place, const char *name, const json_t *value)
{
    const char *key;
    json_t *action;
    json_object_foreach(actions, key, action)
    {
        if (!json_equal(json_object_get(values_of(action, place), name), value)) {
            return false;
        }
    }
    return true;
}

static void take_from_all(json_t *actions, const char *place, const char *name)
{
    const char *key;
    json_t *action;
    json_object_foreach(actions, key, action)
    {
        json_t *request = json_object_get(action, "request");
        json_object_del(json_object_get(request, place), name);
        if (json_object_size(json_object_get(request, place)) == 0) {
            json_object_del(request, place);
        }
        if (json_object_size(request) == 0) {
            json_object_del(action, "request");
        }
    }
}

static json_t *shared_values(json_t *actions, const char *place)
{
    json_t *first = json_object_iter_value(json_object_iter(actions));
    json_t *candidates = json_copy(values_of(first, place));
    json_t *shared = json_object();
    const char *name;
    json_t *value;
    json_object_foreach(candidates, name, value)
    {
        if (!is_of_call(value) && have_all(actions, place, name, value)) {
            json_object_set(shared, name, value);
            take_from_all(actions, place, name);
        }
    }
    json_decref(candidates);
    return shared;
}

void requests_share(json_t *definition)
{
    json_t *actions = json_object_get(definition, "actions");
    if (json_object_size(actions) < 2) {
        return;
    }
    json_t *request = json_object();
    json_add_filled(request, "headers", shared_values(actions, "headers"));
    json_add_filled(request, "query", shared_values(actions, "query"));
    json_add_filled(definition, "request", request);
}
