/* SPDX-License-Identifier: MIT */
/* Schemas (FORMAT 4): values that fit, keys that go together, and no key that is derived. */
#include "definition/check/check.h"
#include "definition/value/check.h"

/* --- values --- */

typedef struct checked {
    loader_t *l;
    const schema_site_t *site;
    const schema_t *schema;
} checked_t;

static void check_value(const checked_t *c, const char *key, const json_t *value, spot_t at)
{
    err_t err = ERR_INIT;
    bool secret = c->site->field && c->site->field->secret;
    if (c->site->field && c->site->field->choice_count > 0) {
        field_check(c->site->field, value, "", &VALUE_LIMITS, &err);
    } else {
        schema_check(c->schema, value, "", secret, &err);
    }
    if (err_is_set(&err)) {
        bool type = err.code == ERR_param_type;
        loader_fault(c->l, type ? ERR_value_type : ERR_value_range, at,
                     "`%s` does not fit its field: %s", key,
                     err.detail_count > 0 ? err.details[0].text : err.text);
    }
    err_fini(&err);
}

static void check_values_of(loader_t *l, const schema_site_t *site)
{
    const schema_t *schema = site->schema;
    /* A value of `enum` or `const` is compared with the other keys only. */
    schema_t without = *schema;
    without.enumeration = NULL;
    without.constant = NULL;
    checked_t own = {.l = l, .site = site, .schema = schema};
    checked_t others = {.l = l, .site = site, .schema = &without};
    const yaml_node_t *list = node_list(yaml_get(site->node, "enum"));
    if (schema->fallback) {
        check_value(&own, "default", schema->fallback, key_spot(site->node, "default"));
    }
    if (schema->constant) {
        check_value(&others, "const", schema->constant, key_spot(site->node, "const"));
    }
    for (size_t i = 0; i < json_array_size(schema->enumeration) && i < node_count(list); i++) {
        check_value(&others, "enum", json_array_get(schema->enumeration, i),
                    node_spot(list->items[i]));
    }
}

/* --- shape --- */

static bool flags_a_member(const yaml_node_t *properties)
{
    for (size_t i = 0; i < node_count(node_map(properties)); i++) {
        const yaml_node_t *required = yaml_get(properties->pairs[i].value, "required");
        if (node_bool(required, false)) {
            return true;
        }
    }
    return false;
}

static void check_required(loader_t *l, const schema_site_t *site)
{
    if (node_list(yaml_get(site->node, "required")) &&
        flags_a_member(yaml_get(site->node, "properties"))) {
        loader_fault(l, ERR_field_shape, key_spot(site->node, "required"),
                     "one object has either a list `required` or `required: true` at its "
                     "properties, not both");
    }
}

/* --- keys that are derived --- */

static void check_derived(loader_t *l, const yaml_node_t *map)
{
    static const struct {
        const char *key, *from;
    } derived[] = {{"x-ms-trigger", "trigger"},
                   {"x-ms-notification-content", "trigger.content"},
                   {"x-ms-pageable", "trigger or next_link"}};
    for (size_t i = 0; i < sizeof derived / sizeof *derived; i++) {
        if (yaml_get(map, derived[i].key)) {
            loader_fault(l, ERR_x_key_derived, key_spot(map, derived[i].key),
                         "`%s` is written from %s", derived[i].key, derived[i].from);
        }
    }
}

void check_schemas(loader_t *l)
{
    check_derived(l, l->root);
    for (size_t i = 0; i < l->c->action_count; i++) {
        check_derived(l, action_node(l, &l->c->actions[i]));
    }
    for (size_t i = 0; i < l->site_count; i++) {
        check_values_of(l, &l->sites[i]);
        check_required(l, &l->sites[i]);
        check_derived(l, l->sites[i].node);
    }
}
