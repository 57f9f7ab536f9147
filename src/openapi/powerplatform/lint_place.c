/* SPDX-License-Identifier: MIT */
/* Schemas have the same keys in both; what leads to them has not. */
#include "openapi/powerplatform/lint_place.h"

#include "codec/json.h"

typedef struct walk {
    const yaml_node_t *node; /* NULL: beyond what the file says */
    lint_place_t at;
} walk_t;

/* --- steps in the file --- */

static bool enter(walk_t *w, str_t key)
{
    for (size_t i = 0; w->node && w->node->kind == YAML_MAP && i < w->node->count; i++) {
        const yaml_pair_t *pair = &w->node->pairs[i];
        if (str_eq(pair->key->text, key)) {
            w->at = (lint_place_t){pair->key->line, pair->key->column};
            w->node = pair->value;
            return true;
        }
    }
    return false;
}

static bool enter_item(walk_t *w, size_t index)
{
    if (!w->node || w->node->kind != YAML_LIST || index >= w->node->count) {
        return false;
    }
    w->node = w->node->items[index];
    w->at = (lint_place_t){w->node->line, w->node->column};
    return true;
}

static str_t key_at(const json_t *place, size_t i)
{
    return json_view(json_array_get(place, i));
}

/* As far as the file says it; a title is a summary there, and a reference is read through. */
static void enter_rest(walk_t *w, const json_t *place, size_t from)
{
    bool on = true;
    for (size_t i = from; on && i < json_array_size(place); i++) {
        const json_t *key = json_array_get(place, i);
        str_t text = json_view(key);
        text = str_is(text, "x-ms-summary") ? STR("title") : text;
        on = json_is_integer(key) ? enter_item(w, (size_t)json_integer_value(key)) : enter(w, text);
    }
}

/* --- parts of an action --- */

static bool has_input(const action_t *a, str_t name)
{
    return fields_find(&a->input, name) != NULL;
}

static void enter_parameter(walk_t *w, const action_t *a, const json_t *parameter,
                            const json_t *place, size_t from)
{
    str_t name = json_member(parameter, "name");
    bool body = str_is(json_member(parameter, "in"), "body");
    enter(w, STR("input"));
    if (body && !a->body_field) { /* members of JSON: each is an input */
        from += str_is(key_at(place, from), "schema");
        from += str_is(key_at(place, from), "properties");
        enter_rest(w, place, from);
    } else if (has_input(a, name)) {
        enter(w, name);
        enter_rest(w, place, from + str_is(key_at(place, from), "schema"));
    }
}

static void enter_response(walk_t *w, const json_t *place, size_t from)
{
    walk_t output = *w;
    str_t status = key_at(place, from);
    if (enter(w, STR("responses")) && enter(w, status)) {
        enter_rest(w, place, from + 1);
    } else if (enter(&output, STR("output"))) {
        *w = output;
        enter_rest(w, place, from + 1 + str_is(key_at(place, from + 1), "schema"));
    }
}

static void enter_operation(walk_t *w, const connector_t *c, const json_t *operation,
                            const json_t *place, size_t from)
{
    str_t name = json_member(operation, "operationId"), key = key_at(place, from);
    const action_t *a = connector_action(c, name);
    if (!a || !enter(w, STR("actions")) || !enter(w, name)) {
        return;
    }
    const json_t *parameters = json_object_get(operation, "parameters");
    size_t index = (size_t)json_integer_value(json_array_get(place, from + 1));
    if (str_is(key, "parameters") && json_array_size(place) > from + 1) {
        enter_parameter(w, a, json_array_get(parameters, index), place, from + 2);
    } else if (str_is(key, "responses") && json_array_size(place) > from + 1) {
        enter_response(w, place, from + 1);
    } else if (str_is(key, "parameters")) {
        enter(w, STR("input"));
    } else {
        enter_rest(w, place, from);
    }
}

/* --- parts of the document --- */

static const json_t *trigger_of(const json_t *item)
{
    const char *method;
    json_t *operation;
    json_object_foreach((json_t *)(uintptr_t)item, method, operation)
    {
        if (json_object_get(operation, "x-ms-trigger")) {
            return operation;
        }
    }
    return NULL;
}

static void enter_path(walk_t *w, const connector_t *c, const json_t *document, const json_t *place)
{
    const char *path = json_string_value(json_array_get(place, 1));
    const json_t *item = json_object_get(json_object_get(document, "paths"), path ? path : "");
    str_t key = key_at(place, 2);
    if (str_is(key, "x-ms-notification-content")) {
        str_t name = json_member(trigger_of(item), "operationId");
        if (enter(w, STR("actions")) && enter(w, name) && enter(w, STR("trigger"))) {
            enter(w, STR("content"));
            enter_rest(w, place, 4);
        }
    } else if (key.n) {
        enter_operation(w, c, json_object_getn(item, key.p, key.n), place, 3);
    } else {
        const json_t *operation =
            json_object_iter_value(json_object_iter((json_t *)(uintptr_t)item));
        str_t name = json_member(operation, "operationId");
        if (enter(w, STR("actions")) && enter(w, name)) {
            enter(w, STR("path"));
        }
    }
}

static void enter_metadata(walk_t *w, str_t name)
{
    static const struct {
        const char *name, *key;
    } rows[] = {{"Website", "website"}, {"Privacy policy", "privacy_policy"}};
    if (str_is(name, "Categories")) {
        enter(w, STR("categories"));
    } else if (enter(w, STR("links"))) {
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
            if (str_is(name, rows[i].name)) {
                enter(w, str_of(rows[i].key));
            }
        }
    }
}

/* --- beside the document --- */

/* Of all, or of the first way to sign in that asks for it. */
static void enter_connection(walk_t *w, str_t parameter)
{
    str_t name =
        str_starts(parameter, STR("token:")) ? str_slice(parameter, 6, parameter.n) : parameter;
    if (!enter(w, STR("connection"))) {
        return;
    }
    walk_t all = *w, ways = *w;
    if (enter(&all, STR("parameters")) && enter(&all, name)) {
        *w = all;
    } else if (enter(&ways, STR("auth")) && ways.node && ways.node->kind == YAML_MAP) {
        for (size_t i = 0; i < ways.node->count; i++) {
            walk_t way = {ways.node->pairs[i].value, ways.at};
            if (enter(&way, STR("parameters")) && enter(&way, name)) {
                *w = way;
                return;
            }
        }
    }
}

static void enter_properties(walk_t *w, const json_t *place)
{
    if (str_is(key_at(place, 1), "iconBrandColor")) {
        enter(w, STR("brand_color"));
    } else {
        enter_connection(w, key_at(place, 2));
    }
}

/* --- the whole --- */

lint_place_t lint_place_in(const yaml_node_t *root, const json_t *place)
{
    walk_t w = {root, {root->line, root->column}};
    enter_rest(&w, place, 0);
    return w.at;
}

lint_place_t lint_place_of(const connector_t *c, const yaml_node_t *root, const json_t *document,
                           const json_t *place)
{
    walk_t w = {root, {root->line, root->column}};
    str_t top = key_at(place, 0);
    if (str_is(top, "paths") && json_array_size(place) > 1) {
        enter_path(&w, c, document, place);
    } else if (str_is(top, "definitions")) {
        enter(&w, STR("schemas"));
        enter_rest(&w, place, 1);
    } else if (str_is(top, "x-ms-connector-metadata")) {
        enter_metadata(&w, key_at(place, 1));
    } else if (str_is(top, "properties")) {
        enter_properties(&w, place);
    } else if (str_is(top, "paths")) {
        enter(&w, STR("actions"));
    } else {
        enter_rest(&w, place, str_is(top, "info"));
    }
    return w.at;
}
