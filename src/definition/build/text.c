/* SPDX-License-Identifier: MIT */
/* Texts, lists and JSON values that the model keeps: copied out of the tree, which dies after
 * loading. */
#include "definition/build/loader.h"

str_t loader_str(loader_t *l, const yaml_node_t *map, const char *key)
{
    return arena_str(l->arena, member_text(map, key));
}

const str_t *loader_strs(loader_t *l, const yaml_node_t *list, size_t *count)
{
    size_t n = node_count(node_list(list));
    str_t *texts = LOADER_ARRAY(l, str_t, n);
    *count = 0;
    for (size_t i = 0; i < n; i++) {
        str_t text = arena_str(l->arena, node_text(list->items[i]));
        if (text.p) {
            texts[(*count)++] = text;
        }
    }
    return texts;
}

str_t loader_lower(loader_t *l, str_t s)
{
    char *lower = arena_alloc(l->scratch, s.n + 1);
    for (size_t i = 0; i < s.n; i++) {
        lower[i] = ascii_lower(s.p[i]);
    }
    return str_at(lower, s.n);
}

static void drop_json(void *value)
{
    json_decref(value);
}

json_t *loader_keep(loader_t *l, json_t *value)
{
    if (value) {
        arena_on_free(l->arena, drop_json, value);
    }
    return value;
}

json_t *loader_json(loader_t *l, const yaml_node_t *node)
{
    return node ? loader_keep(l, node_json(node)) : NULL;
}

json_t *loader_extensions(loader_t *l, const yaml_node_t *map)
{
    json_t *all = NULL;
    for (size_t i = 0; i < node_count(node_map(map)); i++) {
        str_t key = map->pairs[i].key->text;
        if (!str_starts(key, STR("x-"))) {
            continue;
        }
        if (!all) {
            all = loader_keep(l, json_object());
        }
        (void)json_object_setn_new_nocheck(all, key.p, key.n, node_json(map->pairs[i].value));
    }
    return all;
}

const int *loader_statuses(loader_t *l, const yaml_node_t *list, size_t *count)
{
    size_t n = node_count(node_list(list));
    int *statuses = LOADER_ARRAY(l, int, n);
    *count = 0;
    for (size_t i = 0; i < n; i++) {
        int64_t status = node_int(list->items[i], 0);
        if (status >= 100 && status <= 599) {
            statuses[(*count)++] = (int)status;
        }
    }
    return statuses;
}
