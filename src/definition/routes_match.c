/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "codec/url.h"
#include "definition/route_table.h"

/* One walk down the tree. A node stands for one beginning of a path, so each is visited once at
 * most. */
typedef struct search {
    str_t method;
    const str_t *segments; /* decoded */
    size_t count;
    str_t values[PATH_VARIABLES_MAX];
    size_t value_count;
    bool path_known;
} search_t;

static const action_t *action_of_method(search_t *s, const route_node_t *node)
{
    for (size_t i = 0; i < node->action_count; i++) {
        s->path_known = true;
        if (str_eq(node->actions[i]->method, s->method)) {
            return node->actions[i];
        }
    }
    return NULL;
}

static int compare_literal(const void *key, const void *node)
{
    return str_compare(*(const str_t *)key, ((const route_node_t *)node)->segment->literal);
}

/* --- segments with variables --- */

static bool take_value(search_t *s, str_t value)
{
    if (s->value_count == PATH_VARIABLES_MAX) {
        return false;
    }
    s->values[s->value_count++] = value;
    return true;
}

/* Where the variable ends that stands before parts[next] and begins at `from`; SIZE_MAX: nowhere.
 * The last literal is at the end of the text, the others where they come first. */
static size_t variable_end(const route_segment_t *segment, size_t next, str_t text, size_t from)
{
    if (next == segment->part_count) {
        return text.n;
    }
    str_t literal = segment->parts[next];
    if (literal.p && next + 1 < segment->part_count) {
        return str_find(text, literal, from);
    }
    bool fits = literal.p && text.n >= from + literal.n && str_ends(text, literal);
    return fits ? text.n - literal.n : SIZE_MAX;
}

static bool take_mixed(search_t *s, const route_segment_t *segment, str_t text)
{
    size_t at = 0;
    for (size_t i = 0; i < segment->part_count; i++) {
        str_t part = segment->parts[i];
        if (part.p) {
            if (!str_starts(str_slice(text, at, text.n), part)) {
                return false;
            }
            at += part.n;
            continue;
        }
        size_t end = variable_end(segment, i + 1, text, at);
        if (end == SIZE_MAX || !take_value(s, str_slice(text, at, end))) {
            return false;
        }
        at = end;
    }
    return at == text.n;
}

static bool take_segment(search_t *s, const route_segment_t *segment, str_t text)
{
    return segment->kind == SEGMENT_VARIABLE ? take_value(s, text) : take_mixed(s, segment, text);
}

/* --- the walk --- */

static const action_t *walk(search_t *s, const route_node_t *node, size_t depth)
{
    if (depth == s->count) {
        return action_of_method(s, node);
    }
    str_t text = s->segments[depth];
    const route_node_t *literal =
        bsearch(&text, node->children, node->literal_count, sizeof *node, compare_literal);
    const action_t *found = literal ? walk(s, literal, depth + 1) : NULL;
    for (size_t i = node->literal_count; !found && i < node->child_count; i++) {
        size_t value_count = s->value_count;
        if (take_segment(s, node->children[i].segment, text)) {
            found = walk(s, &node->children[i], depth + 1);
        }
        s->value_count = found ? s->value_count : value_count;
    }
    return found;
}

static bool decode_in(arena_t *arena, str_t raw, str_t *out)
{
    if (str_index(raw, '%') == SIZE_MAX) {
        *out = raw;
        return true;
    }
    buf_t buf;
    buf_init(&buf, raw.n);
    bool decoded = url_decode(&buf, raw, false);
    *out = arena_str(arena, buf_view(&buf));
    buf_fini(&buf);
    return decoded;
}

/* The decoded segments; NULL where the path has more than any action, no `/` in front, or a broken
 * escape. */
static const str_t *split(const route_table_t *table, str_t path, arena_t *arena, size_t *count)
{
    str_t *segments = arena_array_of(arena, str_t, table->depth);
    str_t rest = path.n ? path : STR("/");
    *count = 0;
    if (str_cut(&rest, '/').n > 0) {
        return NULL;
    }
    while (rest.p) {
        if (*count == table->depth || !decode_in(arena, str_cut(&rest, '/'), &segments[*count])) {
            return NULL;
        }
        ++*count;
    }
    return segments;
}

static void answer_values(const search_t *s, const action_t *action, arena_t *arena,
                          path_value_t values[PATH_VARIABLES_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < action->piece_count && count < s->value_count; i++) {
        const field_t *field = action->pieces[i].field;
        if (field) {
            values[count] = (path_value_t){field, arena_str(arena, s->values[count])};
            count++;
        }
    }
}

const action_t *connector_match(const connector_t *c, str_t method, str_t path, arena_t *arena,
                                path_value_t values[PATH_VARIABLES_MAX], size_t *value_count,
                                bool *path_known)
{
    search_t s = {.method = method};
    *value_count = 0;
    *path_known = false;
    if (!c->routes) {
        return NULL;
    }
    s.segments = split(c->routes, path, arena, &s.count);
    const action_t *action = s.segments ? walk(&s, &c->routes->root, 0) : NULL;
    *path_known = s.path_known;
    if (action) {
        *value_count = s.value_count;
        answer_values(&s, action, arena, values);
    }
    return action;
}

static int compare_name(const void *key, const void *entry)
{
    return str_compare(*(const str_t *)key, (*(const action_t *const *)entry)->name);
}

static const action_t *first_of_name(const connector_t *c, str_t name)
{
    for (size_t i = 0; i < c->action_count; i++) {
        if (str_eq(c->actions[i].name, name)) {
            return &c->actions[i];
        }
    }
    return NULL;
}

const action_t *connector_action(const connector_t *c, str_t operation_id)
{
    if (!c->routes) {
        return first_of_name(c, operation_id); /* while it is being built */
    }
    const action_t *const *found = bsearch(&operation_id, c->routes->by_name, c->routes->name_count,
                                           sizeof *c->routes->by_name, compare_name);
    return found ? *found : NULL;
}
