/* SPDX-License-Identifier: MIT */
#include "definition/routes.h"

#include <stdlib.h>

#include "codec/url.h"
#include "definition/route_table.h"

/* One action's path in segments. */
typedef struct route {
    const action_t *action;
    route_segment_t *segments;
    size_t count;
} route_t;

/* --- a path into segments --- */

typedef struct splitter {
    arena_t *arena;
    route_t *route;
    str_t *parts; /* room for all parts of the path; those of the last segment end at part_end */
    size_t part_end;
} splitter_t;

/* Literals are compared with what callers send once both are decoded; an author's broken escape
 * stays as it is and so matches nothing. */
static str_t decoded_in(arena_t *arena, str_t text)
{
    buf_t buf;
    buf_init(&buf, text.n);
    str_t decoded = arena_str(arena, url_decode(&buf, text, false) ? buf_view(&buf) : text);
    buf_fini(&buf);
    return decoded;
}

static void begin_segment(splitter_t *s)
{
    s->route->segments[s->route->count++] = (route_segment_t){
        .kind = SEGMENT_LITERAL, .literal = STR(""), .parts = s->parts + s->part_end};
}

static void add_part(splitter_t *s, str_t part)
{
    route_segment_t *segment = &s->route->segments[s->route->count - 1];
    s->parts[s->part_end++] = part;
    segment->part_count++;
    segment->literal_bytes += part.n;
    if (segment->part_count > 1) {
        segment->kind = SEGMENT_MIXED;
    } else if (part.p) {
        segment->literal = part;
    } else {
        segment->kind = SEGMENT_VARIABLE;
    }
}

/* Literal text may hold many slashes. False where it does not stand behind one. */
static bool add_text(splitter_t *s, str_t text)
{
    while (text.p) {
        str_t literal = str_cut(&text, '/');
        if (literal.n > 0) {
            if (s->route->count == 0) {
                return false;
            }
            add_part(s, decoded_in(s->arena, literal));
        }
        if (text.p) {
            begin_segment(s);
        }
    }
    return true;
}

static size_t slashes_in(const action_t *action)
{
    size_t count = 0;
    for (size_t i = 0; i < action->piece_count; i++) {
        str_t text = action->pieces[i].text;
        for (size_t at = 0; !action->pieces[i].field && at < text.n; at++) {
            count += text.p[at] == '/';
        }
    }
    return count;
}

static size_t variables_in(const action_t *action)
{
    size_t count = 0;
    for (size_t i = 0; i < action->piece_count; i++) {
        count += action->pieces[i].field != NULL;
    }
    return count;
}

/* False where no call can match the path. */
static bool split_path(arena_t *arena, const action_t *action, route_t *route)
{
    size_t slashes = slashes_in(action);
    splitter_t s = {.arena = arena, .route = route};
    *route =
        (route_t){.action = action, .segments = arena_array_of(arena, route_segment_t, slashes)};
    s.parts = arena_array_of(arena, str_t, slashes + action->piece_count);
    if (slashes == 0 || variables_in(action) > PATH_VARIABLES_MAX) {
        return false;
    }
    for (size_t i = 0; i < action->piece_count; i++) {
        const path_piece_t *piece = &action->pieces[i];
        if (!piece->field) {
            if (!add_text(&s, piece->text)) {
                return false;
            }
        } else if (route->count > 0) {
            add_part(&s, STR_NONE);
        } else {
            return false;
        }
    }
    return true;
}

/* --- order --- */

static int compare_sizes(size_t a, size_t b)
{
    return (a > b) - (a < b);
}

static int compare_mixed(const route_segment_t *a, const route_segment_t *b)
{
    int order = compare_sizes(b->literal_bytes, a->literal_bytes);
    if (order == 0) {
        order = compare_sizes(a->part_count, b->part_count);
    }
    for (size_t i = 0; order == 0 && i < a->part_count; i++) {
        order = (a->parts[i].p != NULL) - (b->parts[i].p != NULL);
        order = order ? order : str_compare(a->parts[i], b->parts[i]);
    }
    return order;
}

static int compare_segments(const route_segment_t *a, const route_segment_t *b)
{
    if (a->kind != b->kind) {
        return a->kind < b->kind ? -1 : 1;
    }
    switch (a->kind) {
    case SEGMENT_LITERAL:
        return str_compare(a->literal, b->literal);
    case SEGMENT_MIXED:
        return compare_mixed(a, b);
    case SEGMENT_VARIABLE:
        break;
    }
    return 0;
}

/* A path before those that go on behind it, and otherwise in the order of the file. */
static int compare_routes(const void *left, const void *right)
{
    const route_t *a = left;
    const route_t *b = right;
    for (size_t i = 0; i < a->count && i < b->count; i++) {
        int order = compare_segments(&a->segments[i], &b->segments[i]);
        if (order != 0) {
            return order;
        }
    }
    int order = compare_sizes(a->count, b->count);
    return order ? order : (a->action > b->action) - (a->action < b->action);
}

static int compare_names(const void *left, const void *right)
{
    const action_t *const *a = left;
    const action_t *const *b = right;
    return str_compare((*a)->name, (*b)->name);
}

/* --- the tree --- */

/* The end of those of routes[from..count) that share the segment at depth with the first one. */
static size_t group_end(const route_t *routes, size_t from, size_t count, size_t depth)
{
    size_t end = from + 1;
    while (end < count &&
           compare_segments(&routes[from].segments[depth], &routes[end].segments[depth]) == 0) {
        end++;
    }
    return end;
}

static size_t count_groups(const route_t *routes, size_t from, size_t count, size_t depth)
{
    size_t groups = 0;
    while (from < count) {
        from = group_end(routes, from, count, depth);
        groups++;
    }
    return groups;
}

/* routes are sorted, and share their first depth segments. */
static void build_node(arena_t *arena, route_node_t *node, const route_t *routes, size_t count,
                       size_t depth)
{
    size_t at = 0;
    while (at < count && routes[at].count == depth) {
        at++;
    }
    const action_t **actions = arena_array_of(arena, const action_t *, at);
    for (size_t i = 0; i < at; i++) {
        actions[i] = routes[i].action;
    }
    size_t groups = count_groups(routes, at, count, depth);
    route_node_t *children = arena_array_of(arena, route_node_t, groups);
    node->actions = actions;
    node->action_count = at;
    node->children = children;
    node->child_count = groups;
    for (size_t i = 0; i < groups; i++) {
        size_t end = group_end(routes, at, count, depth);
        children[i].segment = &routes[at].segments[depth];
        node->literal_count += children[i].segment->kind == SEGMENT_LITERAL;
        build_node(arena, &children[i], routes + at, end - at, depth + 1);
        at = end;
    }
}

static const action_t *const *names_of(const connector_t *c)
{
    const action_t **names = arena_array_of(c->arena, const action_t *, c->action_count);
    for (size_t i = 0; i < c->action_count; i++) {
        names[i] = &c->actions[i];
    }
    qsort(names, c->action_count, sizeof *names, compare_names);
    return names;
}

void routes_build(connector_t *c)
{
    route_table_t *table = arena_new_of(c->arena, route_table_t);
    arena_t *scratch = arena_new(0);
    route_t *routes = arena_array_of(scratch, route_t, c->action_count);
    size_t count = 0;
    for (size_t i = 0; i < c->action_count; i++) {
        if (split_path(c->arena, &c->actions[i], &routes[count])) {
            table->depth = routes[count].count > table->depth ? routes[count].count : table->depth;
            count++;
        }
    }
    qsort(routes, count, sizeof *routes, compare_routes);
    build_node(c->arena, &table->root, routes, count, 0);
    table->by_name = names_of(c);
    table->name_count = c->action_count;
    c->routes = table;
    arena_free(scratch);
}
