/* SPDX-License-Identifier: MIT */
/* The tree: libyaml's events become nodes on one stack of values, on which every open list or map
 * remembers where its own begin. What libyaml would do slowly or forgive is decided around it:
 * bytes before it runs (yaml_check.c), depth and documents between two events. */
#include "codec/yaml.h"

#include <stdlib.h>

#include "base/fatal.h"
#include "base/map.h"
#include "base/mem.h"
#include "codec/yaml_check.h"

/* Maps up to this size are searched for a key's twin one by one. */
enum { FEW_PAIRS = 8 };

typedef struct frame {
    yaml_node_t *node;
    size_t values_from; /* in builder_t.values; of a map: key, value, key, value… */
} frame_t;

typedef struct builder {
    arena_t *arena;
    yaml_faults_t *faults;
    str_t text;
    yaml_parser_t parser;
    frame_t open[YAML_DEPTH_MAX];
    unsigned depth;
    const yaml_node_t **values;
    size_t value_count;
    size_t value_room;
    map_t *anchors; /* names seen, NULL before the first; name -> node where aliases are followed */
    bool shares;    /* aliases are followed */
    size_t left;    /* values that aliases may still stand for */
    const yaml_node_t *root;
} builder_t;

/* What an event means for the loop. */
typedef enum { GO_ON, FINISHED, BROKEN } verdict_t;

static verdict_t broken(builder_t *b, err_code_t code, yaml_mark_t mark, const char *text)
{
    yaml_fault(b->faults, code, (unsigned)mark.line + 1, (unsigned)mark.column + 1, "%s", text);
    return BROKEN;
}

/* ---- values ---- */

static void push(builder_t *b, const yaml_node_t *node)
{
    if (b->value_count == b->value_room) {
        b->value_room = b->value_room ? b->value_room * 2 : 64;
        b->values = mem_resize(b->values, b->value_room * sizeof(*b->values));
    }
    b->values[b->value_count++] = node;
}

static bool key_is_next(const builder_t *b)
{
    if (b->depth == 0) {
        return false;
    }
    const frame_t *frame = &b->open[b->depth - 1];
    return frame->node->kind == YAML_MAP && (b->value_count - frame->values_from) % 2 == 0;
}

static yaml_node_t *node_new(builder_t *b, yaml_kind_t kind, yaml_mark_t mark)
{
    yaml_node_t *node = arena_new_of(b->arena, yaml_node_t);
    node->kind = kind;
    node->line = (unsigned)mark.line + 1;
    node->column = (unsigned)mark.column + 1;
    return node;
}

static void place(builder_t *b, const yaml_node_t *node)
{
    if (b->depth == 0) {
        b->root = node;
    } else {
        push(b, node);
    }
}

/* ---- maps ---- */

static int compare_keys(const void *left, const void *right)
{
    const yaml_pair_t *const *a = left;
    const yaml_pair_t *const *b = right;
    int order = str_compare((*a)->key->text, (*b)->key->text);
    if (order != 0) {
        return order;
    }
    return *a < *b ? -1 : *a > *b;
}

/* Takes the key out of a pair whose key stood before; drop_twins closes the gaps. */
static void report_twin(builder_t *b, yaml_pair_t *pair)
{
    const yaml_node_t *key = pair->key;
    yaml_fault(b->faults, ERR_definition_duplicate_key, key->line, key->column,
               "duplicate key `%.*s`", STR_ARG(key->text));
    pair->key = NULL;
}

static void find_twins_sorted(builder_t *b, const yaml_node_t *map)
{
    yaml_pair_t **sorted = mem_array(map->count, sizeof *sorted);
    for (size_t i = 0; i < map->count; i++) {
        sorted[i] = &map->pairs[i];
    }
    qsort(sorted, map->count, sizeof *sorted, compare_keys);
    size_t first = 0;
    for (size_t i = 1; i < map->count; i++) {
        if (str_eq(sorted[first]->key->text, sorted[i]->key->text)) {
            report_twin(b, sorted[i]);
        } else {
            first = i;
        }
    }
    free(sorted);
}

static void find_twins_of(builder_t *b, const yaml_node_t *map, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        const yaml_node_t *before = map->pairs[i].key;
        if (before && str_eq(before->text, map->pairs[at].key->text)) {
            report_twin(b, &map->pairs[at]);
            return;
        }
    }
}

static void drop_twins(builder_t *b, yaml_node_t *map)
{
    size_t kept = 0;
    if (map->count > FEW_PAIRS) {
        find_twins_sorted(b, map);
    } else {
        for (size_t i = 1; i < map->count; i++) {
            find_twins_of(b, map, i);
        }
    }
    for (size_t i = 0; i < map->count; i++) {
        if (map->pairs[i].key) {
            map->pairs[kept++] = map->pairs[i];
        }
    }
    map->count = kept;
}

static void fill_list(builder_t *b, yaml_node_t *list, size_t from)
{
    list->count = b->value_count - from;
    list->items = arena_array_of(b->arena, const yaml_node_t *, list->count);
    for (size_t i = 0; i < list->count; i++) {
        list->items[i] = b->values[from + i];
    }
}

static void fill_map(builder_t *b, yaml_node_t *map, size_t from)
{
    map->count = (b->value_count - from) / 2;
    map->pairs = arena_array_of(b->arena, yaml_pair_t, map->count);
    for (size_t i = 0; i < map->count; i++) {
        map->pairs[i] =
            (yaml_pair_t){.key = b->values[from + 2 * i], .value = b->values[from + 2 * i + 1]};
    }
    drop_twins(b, map);
    if (b->shares && !yaml_merge_in(b->arena, map)) {
        yaml_fault(b->faults, ERR_definition_alias_forbidden, map->line, map->column,
                   "`<<` stands for no map");
    }
}

/* Moves the innermost open list's or map's values from the stack into its node. */
static void close_node(builder_t *b)
{
    const frame_t *frame = &b->open[--b->depth];
    if (frame->node->kind == YAML_LIST) {
        fill_list(b, frame->node, frame->values_from);
    } else {
        fill_map(b, frame->node, frame->values_from);
    }
    b->value_count = frame->values_from;
    place(b, frame->node);
}

/* ---- events ---- */

/* node: what they belong to. */
static void note_properties(builder_t *b, const char *anchor, const char *tag, yaml_mark_t mark,
                            const yaml_node_t *node)
{
    unsigned line = (unsigned)mark.line + 1;
    unsigned column = (unsigned)mark.column + 1;
    if (anchor && !b->shares) {
        yaml_fault(b->faults, ERR_definition_parse_error, line, column, "anchors are refused");
    }
    if (anchor) {
        b->anchors = b->anchors ? b->anchors : map_new();
        map_set(b->anchors, str_of(anchor), (void *)(uintptr_t)node);
    }
    if (tag) {
        yaml_fault(b->faults, ERR_definition_tag_forbidden, line, column, "tags are refused");
    }
}

static bool is_open(const builder_t *b, const yaml_node_t *node)
{
    bool open = false;
    for (unsigned i = 0; i < b->depth; i++) {
        open = open || b->open[i].node == node;
    }
    return open;
}

/* Puts the anchor's node in the alias's place; false where that would never end. */
static bool follow(builder_t *b, const yaml_node_t *node)
{
    if (is_open(b, node) || key_is_next(b) || !yaml_count_off(node, &b->left)) {
        return false;
    }
    place(b, node);
    return true;
}

static verdict_t on_alias(builder_t *b, const yaml_event_t *event)
{
    str_t name = str_of((const char *)event->data.alias.anchor);
    const yaml_node_t *known = b->anchors ? map_get(b->anchors, name) : NULL;
    if (b->shares && known) {
        return follow(b, known) ? GO_ON
                                : broken(b, ERR_definition_alias_forbidden, event->start_mark,
                                         "an alias that stands for too much, or for itself");
    }
    yaml_node_t *node = node_new(b, YAML_SCALAR, event->start_mark);
    yaml_fault(b->faults, known ? ERR_definition_alias_forbidden : ERR_definition_alias_unknown,
               node->line, node->column, known ? "aliases are refused" : "no such anchor");
    node->plain = true;
    node->text = arena_printf(b->arena, "*%.*s", STR_ARG(name));
    place(b, node);
    return GO_ON;
}

static verdict_t on_scalar(builder_t *b, const yaml_event_t *event)
{
    yaml_node_t *node = node_new(b, YAML_SCALAR, event->start_mark);
    note_properties(b, (const char *)event->data.scalar.anchor,
                    (const char *)event->data.scalar.tag, event->start_mark, node);
    node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    node->text = arena_str(b->arena, str_at(event->data.scalar.value, event->data.scalar.length));
    if (!b->shares && node->plain && key_is_next(b) && str_eq(node->text, STR("<<"))) {
        yaml_fault(b->faults, ERR_definition_alias_forbidden, node->line, node->column,
                   "merge keys are refused");
    }
    if (!node->plain && yaml_holds_control(node->text)) {
        yaml_fault(b->faults, ERR_definition_control_char, node->line, node->column,
                   "an escape of a control character");
    }
    place(b, node);
    return GO_ON;
}

static verdict_t open_node(builder_t *b, yaml_kind_t kind, yaml_mark_t mark, const char *anchor,
                           const char *tag)
{
    if (key_is_next(b)) {
        return broken(b, ERR_definition_complex_key, mark, "a key must be a scalar");
    }
    if (b->depth == YAML_DEPTH_MAX) {
        return broken(b, ERR_definition_too_deep, mark, "more than 64 levels");
    }
    yaml_node_t *node = node_new(b, kind, mark);
    note_properties(b, anchor, tag, mark, node);
    b->open[b->depth++] = (frame_t){.node = node, .values_from = b->value_count};
    return GO_ON;
}

/* What stands behind the first document is not given to libyaml: a long row of %TAG lines costs it
 * seconds. */
static verdict_t on_document_end(builder_t *b, const yaml_event_t *event)
{
    bool another = !event->data.document_end.implicit;
    yaml_place_t at = {.line = (unsigned)event->end_mark.line + 1,
                       .column = (unsigned)event->end_mark.column + 1};
    str_t rest = yaml_rest_at(b->text, event->end_mark.index);
    str_t next = yaml_skip_blank(rest, &at);
    another = another || str_starts(next, STR("---")) || str_starts(next, STR("%"));
    if (next.n == 0) {
        return FINISHED;
    }
    yaml_fault(b->faults, another ? ERR_definition_multi_document : ERR_definition_parse_error,
               at.line, at.column,
               another ? "a second document" : "the end of the file is expected");
    return BROKEN;
}

static verdict_t on_event(builder_t *b, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_ALIAS_EVENT:
        return on_alias(b, event);
    case YAML_SCALAR_EVENT:
        return on_scalar(b, event);
    case YAML_SEQUENCE_START_EVENT:
        return open_node(b, YAML_LIST, event->start_mark,
                         (const char *)event->data.sequence_start.anchor,
                         (const char *)event->data.sequence_start.tag);
    case YAML_MAPPING_START_EVENT:
        return open_node(b, YAML_MAP, event->start_mark,
                         (const char *)event->data.mapping_start.anchor,
                         (const char *)event->data.mapping_start.tag);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        close_node(b);
        return GO_ON;
    case YAML_DOCUMENT_END_EVENT:
        return on_document_end(b, event);
    case YAML_STREAM_END_EVENT:
        return FINISHED;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_DOCUMENT_START_EVENT:
        break;
    }
    return GO_ON;
}

/* Asks libyaml for the next event; its look-ahead is bounded, so that nothing worse than one more
 * event happens after the verdict. */
static verdict_t pull(builder_t *b)
{
    yaml_event_t event;
    if (!yaml_parser_parse(&b->parser, &event)) {
        yaml_report_syntax(b->faults, &b->parser, b->text);
        return BROKEN;
    }
    verdict_t verdict = on_event(b, &event);
    yaml_event_delete(&event);
    return verdict == GO_ON && yaml_faults_are_full(b->faults) ? BROKEN : verdict;
}

static const yaml_node_t *build(builder_t *b)
{
    verdict_t verdict = GO_ON;
    if (!yaml_parser_initialize(&b->parser)) {
        fatal_abort("out of memory");
    }
    yaml_parser_set_encoding(&b->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&b->parser, (const unsigned char *)b->text.p, b->text.n);
    while (verdict == GO_ON) {
        verdict = pull(b);
    }
    yaml_parser_delete(&b->parser);
    map_free(b->anchors);
    free((void *)b->values);
    return verdict == FINISHED ? b->root : NULL;
}

static bool is_nothing(const yaml_node_t *root)
{
    return !root || (root->kind == YAML_SCALAR && root->plain && root->text.n == 0);
}

static const yaml_node_t *read_checked(arena_t *arena, str_t text, bool shares, yaml_faults_t *faults)
{
    builder_t b = {.arena = arena, .faults = faults, .text = text, .shares = shares, .left = YAML_SHARED_MAX};
    const yaml_node_t *root = build(&b);
    if (is_nothing(root) && faults->count == 0) {
        yaml_fault(faults, ERR_definition_empty, 1, 1, "the file holds nothing");
    }
    return is_nothing(root) ? NULL : root;
}

static const yaml_node_t *read_in(arena_t *arena, str_t text, size_t bytes_max, bool shares,
                                  yaml_on_fault_t *on_fault, void *context)
{
    yaml_faults_t faults = {.count = 0};
    const yaml_node_t *root = NULL;
    str_t checked = yaml_check_in(arena, text, bytes_max, &faults);
    if (checked.p) {
        root = read_checked(arena, checked, shares, &faults);
    }
    yaml_faults_tell(&faults, on_fault, context);
    return root;
}

const yaml_node_t *yaml_read_in(arena_t *arena, str_t text, size_t bytes_max,
                                yaml_on_fault_t *on_fault, void *context)
{
    return read_in(arena, text, bytes_max, false, on_fault, context);
}

const yaml_node_t *yaml_read_shared_in(arena_t *arena, str_t text, size_t bytes_max,
                                       yaml_on_fault_t *on_fault, void *context)
{
    return read_in(arena, text, bytes_max, true, on_fault, context);
}

const yaml_pair_t *yaml_pair(const yaml_node_t *map, const char *key)
{
    str_t name = str_of(key);
    for (size_t i = 0; map && map->kind == YAML_MAP && i < map->count; i++) {
        if (str_eq(map->pairs[i].key->text, name)) {
            return &map->pairs[i];
        }
    }
    return NULL;
}

const yaml_node_t *yaml_get(const yaml_node_t *map, const char *key)
{
    const yaml_pair_t *pair = yaml_pair(map, key);
    return pair ? pair->value : NULL;
}
