/* SPDX-License-Identifier: MIT */
/* anyOf and oneOf, which OpenAPI 2.0 does not have: one schema that takes what any of the
 * alternatives takes, as far as that can be said. A designer shows the members of all. */
#include "openapi/flavour.h"

/* Alternatives of alternatives, which may lead round in circles. */
enum { WITHIN_MAX = 3 };

static void add_union(json_t *list, const json_t *more)
{
    size_t i, k;
    json_t *value, *present;
    json_array_foreach(more, i, value)
    {
        bool known = false;
        json_array_foreach(list, k, present)
        {
            known = known || json_equal(present, value);
        }
        if (!known) {
            json_array_append(list, value);
        }
    }
}

static void merge_enums(json_t *to, const json_t *alternatives)
{
    size_t i;
    json_t *one;
    json_t *values = json_array();
    json_array_foreach(alternatives, i, one)
    {
        if (!json_object_get(one, "enum")) { /* it takes any value */
            json_decref(values);
            return;
        }
        add_union(values, json_object_get(one, "enum"));
    }
    json_add_filled(to, "enum", values);
}

static void merge_properties(json_t *to, const json_t *alternatives)
{
    size_t i;
    json_t *one;
    json_t *properties = json_object_get(to, "properties");
    json_t *all = properties ? json_incref(properties) : json_object();
    json_array_foreach(alternatives, i, one)
    {
        json_object_update_missing(all, json_object_get(one, "properties"));
    }
    json_add_filled(to, "properties", all);
}

static str_t type_of(const json_t *schema)
{
    return json_object_get(schema, "properties") ? STR("object") : json_member(schema, "type");
}

/* The type that all have; absent: they differ. */
static str_t common_type(const json_t *alternatives)
{
    size_t i;
    json_t *one;
    str_t type = type_of(json_array_get(alternatives, 0));
    json_array_foreach(alternatives, i, one)
    {
        if (!str_eq(type_of(one), type)) {
            return STR_NONE;
        }
    }
    return type;
}

void v2_lower_alternatives(document_t *d, json_t *to, const schema_t *const *list, size_t count)
{
    if (count == 0 || d->alternatives_within == WITHIN_MAX) {
        return;
    }
    d->alternatives_within++;
    json_t *alternatives = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(alternatives, schema_write_whole(d, list[i]));
    }
    d->alternatives_within--;
    str_t type = common_type(alternatives);
    if (type.n && !json_object_get(to, "type")) {
        json_object_set_new(to, "type", json_str(type));
    }
    if (str_is(type, "object")) {
        merge_properties(to, alternatives);
    } else if (type.n && !json_object_get(to, "enum")) {
        merge_enums(to, alternatives);
    }
    json_decref(alternatives);
}
