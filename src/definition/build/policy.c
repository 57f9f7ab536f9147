/* SPDX-License-Identifier: MIT */
/* Policies (FORMAT 10), and which action has which. */
#include "definition/build/loader.h"

static place_t member_place(loader_t *l, const yaml_node_t *map, const char *key)
{
    return build_place(l, member_text(map, key), key_spot(map, key));
}

static str_t text_or(loader_t *l, const yaml_node_t *map, const char *key, const char *fallback)
{
    str_t text = loader_str(l, map, key);
    return text.p ? text : str_of(fallback);
}

static void read_places(loader_t *l, const yaml_node_t *node, policy_t *policy)
{
    bool moves = policy->kind == POLICY_MOVE_PROPERTIES;
    policy->at = member_place(l, node, "at");
    policy->from = member_place(l, node, "from");
    policy->to = member_place(l, node, "to");
    if (!moves && !policy->to.text.p) {
        policy->to = policy->at;
    }
}

static void read_policy(loader_t *l, const yaml_node_t *node, policy_kind_t kind, policy_t *policy)
{
    const yaml_node_t *keys = node_map(yaml_get(node, policy_kind_name(kind)));
    bool to_array = kind == POLICY_OBJECT_TO_ARRAY;
    const view_t *view = view_new(
        l, (view_t){.roots = VIEW(CONNECTION) | VIEW(INPUT) | VIEW(STEPS) | VIEW(BODY) | VIEW(ITEM),
                    .policy = policy,
                    .where = "a policy"});
    policy->kind = kind;
    policy->response = member_is(node, "section", "response");
    policy->actions =
        WRITABLE(str_t, loader_strs(l, yaml_get(node, "actions"), &policy->action_count));
    read_places(l, keys, policy);
    if (kind == POLICY_SET_PROPERTY) {
        policy->value = build_tree(l, keys, "value", view, USE_JSON);
    }
    policy->find = loader_str(l, keys, "find");
    policy->with = loader_str(l, keys, "with");
    policy->separator = loader_str(l, keys, "separator");
    policy->as = loader_str(l, keys, "as");
    policy->key = text_or(l, keys, "key", to_array ? "key" : NULL);
    policy->value_name = to_array ? text_or(l, keys, "value", "value") : STR_NONE;
    policy->keep_key = node_bool(yaml_get(keys, "keep_key"), false);
}

/* --- whose they are --- */

static policies_t policies_of(loader_t *l, const action_t *action, bool response)
{
    const policy_t **found = arena_array_of(l->scratch, const policy_t *, l->c->policy_count);
    size_t count = 0;
    for (size_t i = 0; i < l->c->policy_count; i++) {
        const policy_t *policy = &l->c->policies[i];
        if (policy->response == response && policy_is_for(policy, action->name)) {
            found[count++] = policy;
        }
    }
    const policy_t **kept = LOADER_ARRAY(l, const policy_t *, count);
    for (size_t i = 0; i < count; i++) {
        kept[i] = found[i];
    }
    return (policies_t){kept, count};
}

/* Tokens are no bodies to reshape. */
static void assign_policies(loader_t *l)
{
    for (size_t i = 0; i < l->c->action_count && l->c->policy_count; i++) {
        action_t *action = WRITABLE(action_t, &l->c->actions[i]);
        if (action->kind == ACTION_REQUEST) {
            action->request_policies = policies_of(l, action, false);
            action->response_policies = policies_of(l, action, true);
        }
    }
}

void build_policies(loader_t *l, const yaml_node_t *list)
{
    size_t count = node_count(node_list(list));
    policy_t *policies = LOADER_ARRAY(l, policy_t, count);
    for (size_t i = 0; i < count; i++) {
        for (policy_kind_t k = 0; k < POLICY_KIND_COUNT; k++) {
            if (node_map(yaml_get(list->items[i], policy_kind_name(k)))) {
                read_policy(l, list->items[i], k, &policies[i]);
                break;
            }
        }
    }
    l->c->policies = policies;
    l->c->policy_count = count;
    assign_policies(l);
}
