/* SPDX-License-Identifier: MIT */
/* Templates, trees of them and URLs: parsed into the model, and noted with what they may see. */
#include "definition/build/loader.h"

const view_t *view_new(loader_t *l, view_t view)
{
    view_t *kept = arena_new_of(l->scratch, view_t);
    *kept = view;
    return kept;
}

const view_t *view_with(loader_t *l, const view_t *view, unsigned roots, const char *where)
{
    view_t other = *view;
    other.roots = roots;
    other.where = where;
    return view_new(l, other);
}

static void note(loader_t *l, use_t use)
{
    if (l->use_count == l->use_room) {
        l->use_room = l->use_room ? l->use_room * 2 : 64;
        use_t *wider = arena_array_of(l->scratch, use_t, l->use_room);
        memcpy(wider, l->uses ? l->uses : wider, l->use_count * sizeof *wider);
        l->uses = wider;
    }
    l->uses[l->use_count++] = use;
}

static const template_t *parse(loader_t *l, str_t text, spot_t at)
{
    err_t err = ERR_INIT;
    const template_t *t = template_parse_in(l->arena, text, at.line, at.column, &err);
    if (t) {
        return t;
    }
    loader_fault(l, err.code, at, "%s", err.text);
    template_t *empty = arena_new_of(l->arena, template_t);
    *empty = (template_t){.source = STR(""), .line = at.line, .column = at.column};
    return empty;
}

const template_t *build_template_at(loader_t *l, str_t text, spot_t at, const view_t *view,
                                    use_kind_t kind)
{
    const template_t *t = parse(l, text, at);
    if (!template_is_constant(t)) {
        note(l, (use_t){.view = view, .kind = kind, .at = at, .template = t});
    }
    return t;
}

const template_t *build_template(loader_t *l, const yaml_node_t *map, const char *key,
                                 const view_t *view, use_kind_t kind)
{
    str_t text = member_text(map, key);
    return text.p ? build_template_at(l, text, key_spot(map, key), view, kind) : NULL;
}

/* The structure check has looked at most faults of URLs and numbers: what it said is not said
 * again. */
static bool is_reported(const loader_t *l, err_code_t code, spot_t at)
{
    for (unsigned i = 0; i < l->d->count; i++) {
        const diagnostic_t *one = &l->d->list[i];
        if (one->code == code && one->line == at.line && one->column == at.column) {
            return true;
        }
    }
    return false;
}

static const url_template_t *read_url(loader_t *l, const yaml_node_t *map, const char *key,
                                      const view_t *view, bool is_name)
{
    err_t err = ERR_INIT;
    str_t text = member_text(map, key);
    spot_t at = key_spot(map, key);
    if (!text.p) {
        return NULL;
    }
    const template_t *t = parse(l, text, at);
    const url_template_t *url = t->count ? url_template_in(l->arena, t, &err) : NULL;
    if (url) {
        note(l, (use_t){.view = view,
                        .kind = USE_NEEDED,
                        .at = at,
                        .template = t,
                        .url = url,
                        .is_name = is_name});
    } else if (err_is_set(&err) && !is_reported(l, err.code, node_spot(yaml_get(map, key)))) {
        loader_fault(l, err.code, at, "%s", err.text);
    }
    return url;
}

const url_template_t *build_url(loader_t *l, const yaml_node_t *map, const char *key,
                                const view_t *view)
{
    return read_url(l, map, key, view, false);
}

const url_template_t *build_url_name(loader_t *l, const yaml_node_t *map, const char *key,
                                     const view_t *view)
{
    return read_url(l, map, key, view, true);
}

/* --- trees --- */

/* What the tree says of scalars is level S, and said by the structure check. */
static void on_tree_fault(void *context, err_code_t code, unsigned line, unsigned column,
                          const char *text)
{
    loader_t *l = context;
    spot_t at = {line, column};
    if (code != ERR_definition_ambiguous_scalar && code != ERR_definition_type &&
        !is_reported(l, code, at)) {
        loader_fault(l, code, at, "%s", text);
    }
}

static void note_tree(loader_t *l, const template_tree_t *tree, const view_t *view, use_kind_t kind)
{
    if (tree->kind == TREE_TEMPLATE) {
        note(l, (use_t){.view = view,
                        .kind = kind,
                        .at = {tree->line, tree->column},
                        .template = tree->template});
    }
    for (size_t i = 0; i < tree->count; i++) {
        note_tree(l, tree->kind == TREE_LIST ? tree->items[i] : tree->members[i].value, view,
                  tree->kind == TREE_LIST && kind == USE_LISTS ? USE_TEXT : kind);
    }
}

const template_tree_t *build_tree(loader_t *l, const yaml_node_t *map, const char *key,
                                  const view_t *view, use_kind_t kind)
{
    const yaml_node_t *node = yaml_get(map, key);
    if (!node || (kind == USE_LISTS && !node_map(node))) {
        return NULL;
    }
    const template_tree_t *tree =
        template_tree_in(l->arena, node, kind == USE_LISTS, on_tree_fault, l);
    note_tree(l, tree, view, kind);
    return tree;
}

/* --- named templates --- */

static named_templates_t build_named(loader_t *l, const yaml_node_t *map, const view_t *view,
                                     use_kind_t kind)
{
    size_t n = node_count(node_map(map));
    named_template_t *list = LOADER_ARRAY(l, named_template_t, n);
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        const yaml_pair_t *pair = &map->pairs[i];
        str_t text = node_text(pair->value);
        spot_t at = node_spot(pair->key);
        if (text.p) {
            list[count++] =
                (named_template_t){.name = arena_str(l->arena, pair->key->text),
                                   .template = build_template_at(l, text, at, view, kind),
                                   .line = at.line,
                                   .column = at.column};
        }
    }
    return (named_templates_t){.list = list, .count = count};
}

named_templates_t build_headers(loader_t *l, const yaml_node_t *map, const view_t *view)
{
    named_templates_t headers = build_named(l, map, view, USE_TEXT);
    map_t *seen = map_new();
    for (size_t i = 0; i < headers.count; i++) {
        const named_template_t *header = &headers.list[i];
        if (map_set(seen, loader_lower(l, header->name), l)) {
            loader_fault(l, ERR_header_twice, (spot_t){header->line, header->column},
                         "header `%.*s` stands twice; names compare without case",
                         STR_ARG(header->name));
        }
    }
    map_free(seen);
    return headers;
}

named_templates_t build_answer(loader_t *l, const yaml_node_t *map, const view_t *view)
{
    return build_named(l, map, view, USE_JSON);
}

const template_t **build_template_list(loader_t *l, const yaml_node_t *list, const view_t *view,
                                       size_t *count)
{
    size_t n = node_count(node_list(list));
    const template_t **templates = LOADER_ARRAY(l, const template_t *, n);
    *count = 0;
    for (size_t i = 0; i < n; i++) {
        str_t text = node_text(list->items[i]);
        if (text.p) {
            templates[(*count)++] =
                build_template_at(l, text, node_spot(list->items[i]), view, USE_TEXT);
        }
    }
    return templates;
}
