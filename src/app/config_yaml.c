/* SPDX-License-Identifier: MIT */
/* tenon.yaml: a flat map of the table's keys. */
#include "app/config.h"
#include "codec/yaml.h"

static void on_yaml_fault(void *context, err_code_t code, unsigned line, unsigned column,
                          const char *text)
{
    diagnostics_add(context, LEVEL_S, code, line, column, "%s", text);
}

static void fault_at(diagnostics_t *d, const yaml_node_t *node, const char *text)
{
    diagnostics_add(d, LEVEL_S, ERR_configuration, node->line, node->column, "%s", text);
}

static const option_t *option_of_key(str_t key)
{
    for (size_t i = 0; i < OPTION_COUNT_ALL; i++) {
        if (OPTIONS[i].key && str_is(key, OPTIONS[i].key)) {
            return &OPTIONS[i];
        }
    }
    return NULL;
}

static void report_unknown(diagnostics_t *d, const yaml_node_t *key)
{
    str_t *names = arena_array_of(d->arena, str_t, OPTION_COUNT_ALL);
    size_t count = 0;
    for (size_t i = 0; i < OPTION_COUNT_ALL; i++) {
        if (OPTIONS[i].key) {
            names[count++] = str_of(OPTIONS[i].key);
        }
    }
    char shown[80];
    err_clean_text(shown, sizeof shown, key->text);
    str_t nearest = nearest_name(key->text, names, count);
    if (nearest.p) {
        diagnostics_add(d, LEVEL_S, ERR_definition_unknown_key, key->line, key->column,
                        "unknown key `%s`; did you mean `%.*s`?", shown, STR_ARG(nearest));
    } else {
        diagnostics_add(d, LEVEL_S, ERR_definition_unknown_key, key->line, key->column,
                        "unknown key `%s`; docs/CONFIGURATION.md lists all", shown);
    }
}

/* A list becomes the text that the environment would give. */
static bool join_items(const yaml_node_t *list, diagnostics_t *d, buf_t *to)
{
    for (size_t i = 0; i < list->count; i++) {
        const yaml_node_t *item = list->items[i];
        if (item->kind != YAML_SCALAR || str_index(item->text, ',') != SIZE_MAX) {
            fault_at(d, item, "expected one entry");
            return false;
        }
        buf_printf(to, "%s%.*s", i ? "," : "", STR_ARG(item->text));
    }
    return true;
}

static bool text_of(const option_t *option, const yaml_node_t *value, diagnostics_t *d, buf_t *to)
{
    if (value->kind == YAML_LIST && option->kind == OPTION_LIST) {
        return join_items(value, d, to);
    }
    if (value->kind != YAML_SCALAR) {
        fault_at(d, value,
                 option->kind == OPTION_LIST ? "expected a text or a list of texts"
                                             : "expected a single value");
        return false;
    }
    if (yaml_scalar_is(value) == YAML_IS_NOTHING || yaml_scalar_is(value) == YAML_IS_NULL) {
        fault_at(d, value, "the value is missing");
        return false;
    }
    buf_str(to, value->text);
    return true;
}

static void take(config_t *c, const yaml_pair_t *pair, diagnostics_t *d)
{
    const option_t *option = option_of_key(pair->key->text);
    if (!option) {
        report_unknown(d, pair->key);
        return;
    }
    buf_t text;
    err_t err = ERR_INIT;
    buf_init_wiping(&text, YAML_BYTES_MAX);
    if (text_of(option, pair->value, d, &text) && !config_set(c, option, buf_view(&text), &err)) {
        diagnostics_add(d, LEVEL_S, ERR_configuration, pair->value->line, pair->value->column,
                        "%s: %s", option->key, err.text);
    }
    buf_fini(&text);
}

void config_read_yaml(config_t *c, str_t text, diagnostics_t *d)
{
    const yaml_node_t *root = yaml_read_in(d->arena, text, YAML_BYTES_MAX, on_yaml_fault, d);
    if (root && root->kind != YAML_MAP) {
        fault_at(d, root, "expected a map of options");
        root = NULL;
    }
    for (size_t i = 0; root && i < root->count; i++) {
        take(c, &root->pairs[i], d);
    }
    diagnostics_sort(d);
}
