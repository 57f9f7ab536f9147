/* SPDX-License-Identifier: MIT */
#include "definition/build/node.h"

#include "codec/json.h"

const yaml_node_t *node_map(const yaml_node_t *node)
{
    return node && node->kind == YAML_MAP ? node : NULL;
}

const yaml_node_t *node_list(const yaml_node_t *node)
{
    return node && node->kind == YAML_LIST ? node : NULL;
}

size_t node_count(const yaml_node_t *node)
{
    return node && node->kind != YAML_SCALAR ? node->count : 0;
}

str_t node_text(const yaml_node_t *node)
{
    bool is_text = node && node->kind == YAML_SCALAR && yaml_scalar_is(node) != YAML_IS_NOTHING;
    return is_text ? node->text : STR_NONE;
}

bool node_is_null(const yaml_node_t *node)
{
    return node && node->kind == YAML_SCALAR && yaml_scalar_is(node) == YAML_IS_NULL;
}

bool node_bool(const yaml_node_t *node, bool fallback)
{
    bool is_bool = node && node->kind == YAML_SCALAR && yaml_scalar_is(node) == YAML_IS_BOOL;
    return is_bool ? str_is(node->text, "true") : fallback;
}

int64_t node_int(const yaml_node_t *node, int64_t fallback)
{
    int64_t value;
    bool is_int = node && node->kind == YAML_SCALAR && yaml_scalar_is(node) == YAML_IS_INT;
    return is_int && str_to_i64(node->text, &value) ? value : fallback;
}

/* JSON's spelling of a number, bool or null. */
static json_t *literal(str_t text)
{
    err_t err = ERR_INIT;
    json_t *value = json_read(text, NULL, &err);
    return value ? value : json_str(text);
}

bool node_number(const yaml_node_t *node, double *out)
{
    yaml_scalar_is_t is = node && node->kind == YAML_SCALAR ? yaml_scalar_is(node) : YAML_IS_TEXT;
    if (is != YAML_IS_INT && is != YAML_IS_NUMBER) {
        return false;
    }
    json_t *value = literal(node->text);
    bool is_number = json_is_number(value);
    if (is_number) {
        *out = json_number_value(value);
    }
    json_decref(value);
    return is_number;
}

int64_t node_duration_ms(const yaml_node_t *node, int64_t fallback)
{
    static const struct {
        const char *unit;
        int64_t ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};
    str_t text = node_text(node);
    size_t digits = 0;
    uint64_t amount;
    while (digits < text.n && ascii_is_digit(text.p[digits])) {
        digits++;
    }
    if (!str_to_u64(str_slice(text, 0, digits), &amount) || amount > INT32_MAX * UINT64_C(2)) {
        return fallback;
    }
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (str_is(str_slice(text, digits, text.n), units[i].unit)) {
            return (int64_t)amount * units[i].ms;
        }
    }
    return fallback;
}

static json_t *scalar_json(const yaml_node_t *node)
{
    switch (yaml_scalar_is(node)) {
    case YAML_IS_NULL:
    case YAML_IS_BOOL:
    case YAML_IS_INT:
    case YAML_IS_NUMBER:
        return literal(node->text);
    case YAML_IS_TEXT:
    case YAML_IS_NOTHING:
    case YAML_IS_ODD:
        break;
    }
    return json_str(node->text);
}

json_t *node_json(const yaml_node_t *node)
{
    if (node->kind == YAML_SCALAR) {
        return scalar_json(node);
    }
    json_t *value = node->kind == YAML_LIST ? json_array() : json_object();
    for (size_t i = 0; i < node->count; i++) {
        if (node->kind == YAML_LIST) {
            (void)json_array_append_new(value, node_json(node->items[i]));
        } else {
            str_t key = node->pairs[i].key->text;
            (void)json_object_setn_new_nocheck(value, key.p, key.n,
                                               node_json(node->pairs[i].value));
        }
    }
    return value;
}

spot_t node_spot(const yaml_node_t *node)
{
    return node ? (spot_t){node->line, node->column} : (spot_t){1, 1};
}

spot_t key_spot(const yaml_node_t *map, const char *key)
{
    const yaml_pair_t *pair = yaml_pair(map, key);
    return node_spot(pair ? pair->key : map);
}

str_t member_text(const yaml_node_t *map, const char *key)
{
    return node_text(yaml_get(map, key));
}

bool member_is(const yaml_node_t *map, const char *key, const char *value)
{
    return str_is(member_text(map, key), value);
}
