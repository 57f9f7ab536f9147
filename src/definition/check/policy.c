/* SPDX-License-Identifier: MIT */
/* Policies and places (FORMAT 10): `item` needs an `[]` before it; actions are there. */
#include "definition/check/check.h"

static bool has_each(const place_t *place)
{
    for (size_t i = 0; i < place->count; i++) {
        if (place->steps[i].each) {
            return true;
        }
    }
    return false;
}

static void refuse(loader_t *l, spot_t at, const char *why)
{
    loader_fault(l, ERR_policy_place, at, "%s", why);
}

/* Whose body: place of the policy itself, from which `item` is told. */
static void check_places(loader_t *l, const policy_t *policy, const yaml_node_t *keys)
{
    bool moves = policy->from.text.p != NULL;
    const place_t *own = moves ? &policy->from : &policy->at;
    const char *key = moves ? "from" : "at";
    if (own->item) {
        refuse(l, key_spot(keys, key), "this place begins with `body`");
    }
    if (policy->to.item && !has_each(own) && yaml_get(keys, "to")) {
        refuse(l, key_spot(keys, "to"),
               "`item` is the element of the innermost `[]`, and there is none");
    }
}

static void check_action_names(loader_t *l, const yaml_node_t *list)
{
    for (size_t i = 0; i < node_count(node_list(list)); i++) {
        str_t name = node_text(list->items[i]);
        if (name.p && !map_get(l->actions, name)) {
            loader_fault(l, ERR_unknown_action, node_spot(list->items[i]), "no action `%.*s`%s",
                         STR_ARG(str_slice(name, 0, 80)), loader_suggest_action(l, name));
        }
    }
}

/* One value of the whole body. */
static void check_single(loader_t *l, const place_t *place, spot_t at, bool is_list)
{
    if (place && place->text.p && (place->item || has_each(place))) {
        refuse(l, at,
               is_list ? "the place of the list begins with `body` and holds no `[]`"
                       : "the place of a link begins with `body` and holds no `[]`");
    }
}

void check_policies(loader_t *l)
{
    const yaml_node_t *list = node_list(yaml_get(l->root, "policies"));
    for (size_t i = 0; i < l->c->policy_count && i < node_count(list); i++) {
        const policy_t *policy = &l->c->policies[i];
        const yaml_node_t *keys =
            node_map(yaml_get(list->items[i], policy_kind_name(policy->kind)));
        if (keys) {
            check_places(l, policy, keys);
        }
        check_action_names(l, yaml_get(list->items[i], "actions"));
    }
    for (size_t i = 0; i < l->c->action_count; i++) {
        const action_t *action = &l->c->actions[i];
        const yaml_node_t *node = action_node(l, action);
        check_single(l, action->next_link, key_spot(node, "next_link"), false);
        check_single(l, &action->trigger.items, key_spot(yaml_get(node, "trigger"), "items"), true);
    }
}
