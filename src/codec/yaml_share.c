/* SPDX-License-Identifier: MIT */
/* Nodes that stand in a tree more than once: what they count, and what a merge key takes from them.
 */
#include "codec/yaml_check.h"

bool yaml_count_off(const yaml_node_t *node, size_t *left)
{
    bool fits = *left > 0;
    *left -= fits;
    for (size_t i = 0; fits && node->kind != YAML_SCALAR && i < node->count; i++) {
        fits =
            yaml_count_off(node->kind == YAML_LIST ? node->items[i] : node->pairs[i].value, left);
    }
    return fits;
}

static bool is_merge(const yaml_pair_t *pair)
{
    return pair->key->plain && str_eq(pair->key->text, STR("<<"));
}

static bool has_key(const yaml_node_t *map, str_t name)
{
    for (size_t i = 0; i < map->count; i++) {
        if (str_eq(map->pairs[i].key->text, name)) {
            return true;
        }
    }
    return false;
}

static void take_pairs(yaml_node_t *to, const yaml_node_t *from)
{
    for (size_t i = 0; i < from->count; i++) {
        if (!has_key(to, from->pairs[i].key->text)) {
            to->pairs[to->count++] = from->pairs[i];
        }
    }
}

bool yaml_merge_in(arena_t *arena, yaml_node_t *map)
{
    const yaml_node_t *base = yaml_get(map, "<<");
    const yaml_pair_t *own = map->pairs;
    size_t count = map->count;
    if (!base || !is_merge(yaml_pair(map, "<<"))) {
        return true;
    }
    if (base->kind != YAML_MAP) {
        return false;
    }
    map->pairs = arena_array_of(arena, yaml_pair_t, count + base->count);
    map->count = 0;
    for (size_t i = 0; i < count; i++) {
        if (!is_merge(&own[i])) {
            map->pairs[map->count++] = own[i];
        }
    }
    take_pairs(map, base);
    return true;
}
