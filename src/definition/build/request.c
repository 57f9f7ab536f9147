/* SPDX-License-Identifier: MIT */
/* Requests, steps and what counts as their success (FORMAT 5 and 6). */
#include "definition/build/loader.h"

/* --- matches --- */

static match_t read_match(loader_t *l, const yaml_node_t *node)
{
    match_t match = {.body = loader_json(l, node_map(yaml_get(node, "body")))};
    match.statuses = loader_statuses(l, yaml_get(node, "status"), &match.status_count);
    return match;
}

matches_t build_matches(loader_t *l, const yaml_node_t *node)
{
    bool one = node_map(node) != NULL;
    size_t count = one ? 1 : node_count(node_list(node));
    match_t *list = LOADER_ARRAY(l, match_t, count);
    for (size_t i = 0; i < count; i++) {
        list[i] = read_match(l, one ? node : node->items[i]);
    }
    return (matches_t){.list = list, .count = count};
}

/* --- requests --- */

static const struct {
    const char *key;
    body_kind_t kind;
    use_kind_t use;
} bodies[] = {{"json", BODY_JSON, USE_JSON},
              {"form", BODY_FORM, USE_LISTS},
              {"xml", BODY_XML, USE_JSON},
              {"text", BODY_TEXT, USE_TEXT}};

static void read_body(loader_t *l, const yaml_node_t *node, const view_t *view,
                      request_definition_t *out)
{
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies && out->body_kind == BODY_NONE; i++) {
        if (bodies[i].kind == BODY_TEXT) {
            out->text = build_template(l, node, bodies[i].key, view, bodies[i].use);
        } else {
            out->body = build_tree(l, node, bodies[i].key, view, bodies[i].use);
        }
        out->body_kind = out->body || out->text ? bodies[i].kind : BODY_NONE;
    }
}

void build_request_of(loader_t *l, const yaml_node_t *node, const view_t *view, bool of_action,
                      request_definition_t *out)
{
    out->url = build_url(l, node, "url", view);
    out->headers = build_headers(l, yaml_get(node, "headers"), view);
    out->query = build_tree(l, node, "query", view, USE_LISTS);
    read_body(l, node, view, out);
    out->expect = build_matches(l, yaml_get(node, "expect"));
    out->method = loader_str(l, node, "method");
    if (!out->method.p && !of_action) {
        out->method = out->body_kind == BODY_NONE ? STR("GET") : STR("POST");
    }
}

void build_steps(loader_t *l, const yaml_node_t *map, const view_t *view, steps_t *out)
{
    size_t count = node_count(node_map(map));
    step_t *list = LOADER_ARRAY(l, step_t, count);
    *out = (steps_t){.list = list, .count = count};
    for (size_t i = 0; i < count; i++) {
        const yaml_pair_t *pair = &map->pairs[i];
        view_t of_step = *view;
        of_step.roots |= VIEW(STEPS);
        of_step.steps = out;
        of_step.steps_seen = i;
        list[i].name = arena_str(l->arena, pair->key->text);
        list[i].line = pair->key->line;
        list[i].column = pair->key->column;
        build_request_of(l, pair->value, view_new(l, of_step), false, &list[i].request);
    }
}
