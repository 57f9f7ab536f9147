/* SPDX-License-Identifier: MIT */
/* Schemas that lead back to themselves over $ref, allOf, anyOf and oneOf, where a value never gets
 * smaller: reported and cut, so that whoever follows a reference later comes to an end. */
#include "definition/build/loader.h"

/* A chain of so many references counts as one without end; within one schema only 64 levels follow.
 * So does a schema that one value would be checked against so many times. */
enum { CHAIN_MAX = 128, WEIGHT_MAX = 10000, PATH_SCHEMAS_MAX = CHAIN_MAX + YAML_DEPTH_MAX };

typedef struct loop_search {
    loader_t *l;
    map_t *weights; /* address of a schema -> how many schemas a value of it meets */
    const schema_t *path[PATH_SCHEMAS_MAX]; /* those being searched */
    size_t depth;
} loop_search_t;

static bool is_on_path(const loop_search_t *s, const schema_t *schema)
{
    for (size_t i = 0; i < s->depth; i++) {
        if (s->path[i] == schema) {
            return true;
        }
    }
    return s->depth > CHAIN_MAX;
}

static void cut(loop_search_t *s, const schema_t *schema)
{
    loader_t *l = s->l;
    for (size_t i = 0; schema->ref && i < l->site_count && !loader_is_full(l); i++) {
        if (l->sites[i].schema == schema) {
            loader_fault(
                l, ERR_schema_loop, key_spot(l->sites[i].node, "$ref"),
                "`%.*s` refers to itself without end, or to thousands of schemas: a schema "
                "may hold itself only in properties or items",
                STR_ARG(schema->ref_name));
        }
    }
    WRITABLE(schema_t, schema)->ref = NULL;
}

static size_t weigh(loop_search_t *s, const schema_t *schema);

static size_t weigh_several(loop_search_t *s, const schema_t **several, size_t count)
{
    size_t weight = 0;
    for (size_t i = 0; i < count; i++) {
        weight += weigh(s, several[i]);
    }
    return weight;
}

/* Each sum has few terms of at most WEIGHT_MAX: what is heavier loses its references. */
static size_t weigh_parts(loop_search_t *s, const schema_t *schema)
{
    size_t weight = 1;
    if (schema->ref && is_on_path(s, schema->ref)) {
        cut(s, schema);
    } else if (schema->ref) {
        weight += weigh(s, schema->ref);
    }
    weight += weigh_several(s, schema->all_of, schema->all_of_count);
    weight += weigh_several(s, schema->any_of, schema->any_of_count);
    weight += weigh_several(s, schema->one_of, schema->one_of_count);
    return weight;
}

static size_t weigh(loop_search_t *s, const schema_t *schema)
{
    str_t address = str_at(&schema, sizeof(schema));
    size_t known = (size_t)(uintptr_t)map_get(s->weights, address);
    if (known) {
        return known;
    }
    s->path[s->depth++] = schema;
    size_t weight = weigh_parts(s, schema);
    s->depth--;
    if (weight > WEIGHT_MAX && schema->ref) {
        cut(s, schema);
        weight = 1;
    }
    map_set(s->weights, address, (void *)(uintptr_t)weight); /* a number, never a pointer */
    return weight;
}

void build_cut_loops(loader_t *l)
{
    loop_search_t s = {.l = l, .weights = map_new()};
    for (size_t i = 0; i < l->site_count; i++) {
        (void)weigh(&s, l->sites[i].schema);
    }
    map_free(s.weights);
}
