/* SPDX-License-Identifier: MIT */
/* policyTemplateInstances: what several actions do alike stands once, with their names; what all
 * do, without names. */
#include "openapi/powerplatform/direct.h"

enum { KEY_MAX = 1 << 20 };

static str_t key_in(const direct_t *x, direct_phase_t phase, const char *id,
                    const json_t *parameters)
{
    buf_t key;
    buf_init(&key, KEY_MAX);
    buf_printf(&key, "%zu %s ", phase == PHASE_BODY ? x->body_policy : 0, id);
    json_write(&key, parameters);
    str_t text = arena_str(x->arena, buf_view(&key));
    buf_fini(&key);
    return text;
}

static void add_action(json_t *instance, const action_t *a)
{
    if (a) {
        json_array_append_new(json_object_get(instance, "actions"), json_str(a->name));
    } else {
        json_object_set_new(instance, "all", json_true());
    }
}

void instance_add(direct_t *x, direct_phase_t phase, const action_t *a, const char *id,
                  json_t *parameters)
{
    json_t **instances = &x->instances[phase];
    str_t key = key_in(x, phase, id, parameters);
    *instances = *instances ? *instances : json_object();
    json_t *instance = json_object_getn(*instances, key.p, key.n);
    if (!instance) {
        instance =
            json_pack("{s:s,s:O,s:[]}", "templateId", id, "parameters", parameters, "actions");
        json_object_setn_new(*instances, key.p, key.n, instance);
    }
    add_action(instance, a);
    json_decref(parameters);
}

static size_t said_count(const direct_t *x)
{
    return x->c->action_count - json_object_size(x->left_out);
}

static json_t *actions_said(const direct_t *x, const json_t *instance)
{
    json_t *said = json_array(), *name;
    size_t at;
    json_array_foreach(json_object_get(instance, "actions"), at, name)
    {
        if (!json_object_get(x->left_out, json_string_value(name))) {
            json_array_append(said, name);
        }
    }
    return said;
}

/* "setheader: Accept": for whoever reads the list in the platform's editor. */
static json_t *title_of(const char *id, const json_t *parameters)
{
    str_t name = json_member(parameters, PARAMETER("name"));
    return name.n ? json_sprintf("%s: %.*s", id, STR_ARG(name)) : json_string(id);
}

static void write_one(const direct_t *x, const json_t *instance, json_t *to)
{
    const char *id = json_string_value(json_object_get(instance, "templateId"));
    json_t *actions = actions_said(x, instance);
    json_t *parameters = json_copy(json_object_get(instance, "parameters"));
    bool all = json_object_get(instance, "all") || json_array_size(actions) == said_count(x);
    if (!all) {
        json_object_set(parameters, POLICY_OPERATIONS, actions);
    }
    if (all || json_array_size(actions)) {
        json_t *one = json_pack("{s:s,s:o,s:O}", "templateId", id, "title",
                                title_of(id, parameters), "parameters", parameters);
        if (str_is(str_of(id), "pollingtrigger")) {
            json_object_set_new(one, "type", json_string("PollingTrigger"));
        }
        json_array_append_new(to, one);
    }
    json_decref(parameters);
    json_decref(actions);
}

json_t *instances_write(const direct_t *x)
{
    json_t *list = json_array();
    for (size_t phase = 0; phase < PHASE_COUNT; phase++) {
        const char *key;
        json_t *instance;
        json_object_foreach(x->instances[phase], key, instance)
        {
            write_one(x, instance, list);
        }
    }
    return list;
}
