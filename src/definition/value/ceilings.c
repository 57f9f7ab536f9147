/* SPDX-License-Identifier: MIT */
#include "definition/value/check_internal.h"

/* The way from the value that the check began with, outermost first. */
typedef struct way {
    const value_spot_t *steps[VALUE_DEPTH_MOST + 1];
    size_t count;
} way_t;

static way_t way_to(const value_spot_t *spot)
{
    way_t reversed = {.count = 0};
    for (; spot->up && reversed.count < VALUE_DEPTH_MOST + 1; spot = spot->up) {
        reversed.steps[reversed.count++] = spot;
    }
    way_t way = {.count = reversed.count};
    for (size_t i = 0; i < way.count; i++) {
        way.steps[i] = reversed.steps[way.count - 1 - i];
    }
    return way;
}

/* Looks for the largest limit that any schema which may apply at the end of a way gives. Only texts
 * and lists beyond the common ceiling make anyone look, so this may take its time - within bounds:
 * alternatives multiply. */
typedef struct search {
    way_t way;
    bool items;    /* maxItems, otherwise maxLength */
    unsigned left; /* schemas still to be looked at */
} search_t;

static int64_t largest(search_t *s, const schema_t *schema, size_t step);

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t own_limit(const search_t *s, const schema_t *schema)
{
    if (s->items) {
        return schema->max_items;
    }
    /* Bytes of a file: the body's ceiling holds, not that of texts. */
    return schema->format == FORMAT_BINARY && schema->max_length < 0 ? INT64_MAX
                                                                     : schema->max_length;
}

static int64_t limit_below(search_t *s, const schema_t *schema, size_t step)
{
    str_t name = s->way.steps[step]->name;
    if (!name.p) {
        return largest(s, schema->items, step + 1);
    }
    const schema_t *property = value_property(schema, name);
    return largest(s, property ? property : schema->additional_properties, step + 1);
}

static int64_t largest_of(search_t *s, const schema_t *const *list, size_t count, size_t step)
{
    int64_t limit = -1;
    for (size_t i = 0; i < count; i++) {
        limit = larger(limit, largest(s, list[i], step));
    }
    return limit;
}

static int64_t largest(search_t *s, const schema_t *schema, size_t step)
{
    if (!schema || s->left == 0) {
        return -1;
    }
    s->left--;
    int64_t limit = step == s->way.count ? own_limit(s, schema) : limit_below(s, schema, step);
    limit = larger(limit, largest(s, schema->ref, step));
    limit = larger(limit, largest_of(s, schema->all_of, schema->all_of_count, step));
    limit = larger(limit, largest_of(s, schema->any_of, schema->any_of_count, step));
    return larger(limit, largest_of(s, schema->one_of, schema->one_of_count, step));
}

/* -1: no schema says anything. */
static int64_t limit_at(const value_spot_t *spot, const schema_t *schema, bool items)
{
    enum { SCHEMAS_MAX = 300 };
    search_t s = {.way = way_to(spot), .items = items, .left = SCHEMAS_MAX};
    return largest(&s, schema, 0);
}

typedef struct walk {
    value_check_t *check;
    const schema_t *schema; /* of the value that the check began with */
} walk_t;

static void walk_string(const walk_t *w, const value_spot_t *spot, const json_t *value)
{
    size_t most = w->check->limits->string_bytes;
    if (json_string_length(value) <= most) {
        return;
    }
    int64_t limit = limit_at(spot, w->schema, false);
    str_t text = str_at(json_string_value(value), json_string_length(value));
    if (limit < 0) {
        value_fault(w->check, spot, ERR_param_too_long, "must have at most %zu bytes", most);
    } else if (limit < INT64_MAX && str_code_points(text) > (size_t)limit) {
        value_fault(w->check, spot, ERR_param_too_long, "must have at most %lld characters",
                    (long long)limit);
    }
}

/* False where the items are too many to be looked at. */
static bool count_items(const walk_t *w, const value_spot_t *spot, const json_t *value)
{
    size_t count = json_array_size(value);
    size_t most = w->check->limits->array_items;
    if (count <= most) {
        return true;
    }
    int64_t limit = limit_at(spot, w->schema, true);
    most = limit >= 0 ? (size_t)limit : most;
    if (count > most) {
        value_fault(w->check, spot, ERR_param_limit, "must have at most %zu items, not %zu", most,
                    count);
    }
    return count <= most;
}

static void walk(const walk_t *w, const value_spot_t *spot, const json_t *value, unsigned depth);

static void walk_container(const walk_t *w, const value_spot_t *spot, const json_t *value,
                           unsigned depth)
{
    unsigned deepest = w->check->limits->depth;
    if (depth > deepest) {
        value_fault(w->check, spot, ERR_param_limit, "must be nested at most %u deep", deepest);
        return;
    }
    if (json_is_array(value)) {
        size_t count = count_items(w, spot, value) ? json_array_size(value) : 0;
        for (size_t i = 0; i < count && !value_is_over(w->check); i++) {
            value_spot_t item = value_item(spot, i);
            walk(w, &item, json_array_get(value, i), depth);
        }
        return;
    }
    const char *name;
    size_t length;
    json_t *member;
    json_object_keylen_foreach((json_t *)(uintptr_t)value, name, length, member)
    {
        value_spot_t spot_of_it = value_member(spot, str_at(name, length), false);
        walk(w, &spot_of_it, member, depth);
        if (value_is_over(w->check)) {
            break;
        }
    }
}

static void walk(const walk_t *w, const value_spot_t *spot, const json_t *value, unsigned depth)
{
    if (json_is_string(value)) {
        walk_string(w, spot, value);
    } else if (json_is_array(value) || json_is_object(value)) {
        walk_container(w, spot, value, depth + 1);
    }
}

void value_ceilings(value_check_t *c, const value_spot_t *spot, const schema_t *schema,
                    const json_t *value)
{
    walk(&(walk_t){c, schema}, spot, value, 0);
}
