/* SPDX-License-Identifier: MIT */
/* What the same schema looks like in different tools: "or null" as an alternative, one alternative
 * alone, a description beside a reference as allOf. */
#include "codec/json.h"
#include "import/schema.h"

static bool is_null(const json_t *schema)
{
    const json_t *type = json_object_get(schema, "type");
    const json_t *values = json_object_get(schema, "enum");
    bool listed = json_array_size(type) == 1 && str_is(json_view(json_array_get(type, 0)), "null");
    bool only = json_array_size(values) == 1 && json_is_null(json_array_get(values, 0));
    return listed || only || str_is(json_view(type), "null") ||
           json_is_null(json_object_get(schema, "const"));
}

/* An alternative that is null alone becomes `nullable`. */
static void take_out_null(json_t *schema, const char *key)
{
    json_t *list = json_object_get(schema, key);
    json_t *kept = json_array();
    size_t at;
    json_t *one;
    json_array_foreach(list, at, one)
    {
        if (!is_null(one)) {
            json_array_append(kept, one);
        }
    }
    bool found = json_array_size(kept) < json_array_size(list);
    if (found) {
        json_object_set(schema, key, kept);
        json_object_set_new(schema, "nullable", json_true());
    }
    json_decref(kept);
}

static bool only_describes(const char *key)
{
    static const char *const keys[] = {"title",    "description", "default",  "example",
                                       "nullable", "deprecated",  "examples", "x-nullable"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (str_is(str_of(keys[i]), key)) {
            return true;
        }
    }
    return strncmp(key, "x-", 2) == 0;
}

static bool describes_alone(const json_t *schema, const char *but)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)schema, key, value)
    {
        (void)value;
        if (strcmp(key, but) != 0 && !only_describes(key)) {
            return false;
        }
    }
    return true;
}

/* One alternative is none: what stands beside it describes it. */
static void unwrap(json_t *schema, const char *key)
{
    json_t *list = json_object_get(schema, key);
    json_t *only = json_array_get(list, 0);
    if (json_array_size(list) == 1 && json_is_object(only) && describes_alone(schema, key)) {
        json_t *inner = json_copy(only);
        json_object_del(schema, key);
        json_object_update_missing(schema, inner);
        json_decref(inner);
    }
}

bool schema_maps_names(const json_t *discriminator)
{
    const char *name;
    json_t *target;
    json_object_foreach(json_object_get(discriminator, "mapping"), name, target)
    {
        str_t ending = json_view(target);
        for (size_t at; (at = str_index(ending, '/')) != SIZE_MAX;) {
            ending = str_slice(ending, at + 1, ending.n);
        }
        if (!str_is(ending, name)) {
            return true;
        }
    }
    return false;
}

/* Alternatives that only such a value tells apart may all fit. */
static void loosen(json_t *schema)
{
    json_t *list = json_object_get(schema, "oneOf");
    bool free = list && !json_object_get(schema, "anyOf");
    if (free && schema_maps_names(json_object_get(schema, "discriminator"))) {
        json_object_set(schema, "anyOf", list);
        json_object_del(schema, "oneOf");
    }
}

json_t *schema_straighten(const json_t *schema)
{
    json_t *copy = json_copy((json_t *)(uintptr_t)schema);
    take_out_null(copy, "anyOf");
    take_out_null(copy, "oneOf");
    unwrap(copy, "anyOf");
    unwrap(copy, "oneOf");
    unwrap(copy, "allOf");
    loosen(copy);
    return copy;
}
