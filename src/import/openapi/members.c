/* SPDX-License-Identifier: MIT */
/* What a schema of the document amounts to, as far as places on the wire ask. */
#include "import/openapi/call.h"

/* MEMBERS_MAX: more than an action takes, so that the rest is told. */
enum { SCHEMAS_MAX = 200, MEMBERS_MAX = 501 };

/* --- kinds --- */

/* Alternatives may lead round in circles, each several times. */
typedef struct asking {
    const spec_t *s;
    unsigned left; /* schemas that may still be looked at */
} asking_t;

static str_t kind(asking_t *a, const json_t *schema);

/* The one that all of the parts have that have one. */
static str_t common_kind(asking_t *a, const json_t *list)
{
    str_t found = STR_NONE;
    size_t at;
    json_t *one;
    json_array_foreach(list, at, one)
    {
        str_t own = kind(a, one);
        if (own.p && found.p && !str_eq(own, found)) {
            return STR_NONE;
        }
        found = own.p ? own : found;
    }
    return found;
}

static str_t kind_of_parts(asking_t *a, const json_t *schema)
{
    static const char *const several[] = {"allOf", "anyOf", "oneOf"};
    str_t found = STR_NONE;
    for (size_t i = 0; !found.p && i < sizeof several / sizeof *several; i++) {
        found = common_kind(a, json_object_get(schema, several[i]));
    }
    return found;
}

static str_t kind(asking_t *a, const json_t *schema)
{
    const json_t *behind = bundle_follow(a->s->bundle, schema);
    if (!behind || a->left == 0) {
        return STR_NONE;
    }
    a->left--;
    json_t *straight = schema_straighten(behind);
    str_t type = str_of(schema_type_of_source(straight));
    bool object = json_object_get(straight, "properties") ||
                  json_is_object(json_object_get(straight, "additionalProperties"));
    str_t found = type.p                            ? type
                  : object                          ? STR("object")
                  : json_member(straight, "$ref").p ? kind(a, straight)
                                                    : kind_of_parts(a, straight);
    found = found.p ? arena_str(a->s->arena, found) : STR_NONE;
    json_decref(straight);
    return found;
}

str_t schema_kind(const spec_t *s, const json_t *schema)
{
    asking_t a = {s, SCHEMAS_MAX};
    return kind(&a, schema);
}

bool schema_is_binary(const spec_t *s, const json_t *schema)
{
    schema = bundle_follow(s->bundle, schema);
    bool encoded = json_object_get(schema, "contentEncoding") != NULL;
    return str_is(json_member(schema, "format"), "binary") ||
           str_is(json_member(schema, "type"), "file") ||
           (!encoded && json_object_get(schema, "contentMediaType"));
}

/* --- members --- */

static void add_members(members_t *m, asking_t *a, const json_t *schema)
{
    const char *name;
    size_t at;
    json_t *one;
    schema = a->left > 0 ? bundle_follow(a->s->bundle, schema) : NULL;
    a->left -= a->left > 0;
    json_object_foreach(json_object_get(schema, "properties"), name, one)
    {
        if (!json_object_get(m->properties, name) &&
            json_object_size(m->properties) < MEMBERS_MAX) {
            json_object_set(m->properties, name, one);
        }
    }
    json_array_foreach(json_object_get(schema, "required"), at, one)
    {
        if (json_view(one).n) {
            json_object_set_new(m->required, json_string_value(one), json_true());
        }
    }
    json_array_foreach(json_object_get(schema, "allOf"), at, one)
    {
        add_members(m, a, one);
    }
}

/* Of alternatives each may be meant, so that none is required. */
static void add_alternatives(members_t *m, asking_t *a, const json_t *schema, const char *key)
{
    size_t at;
    json_t *one;
    members_t each = {m->properties, json_object()};
    json_array_foreach(json_object_get(bundle_follow(a->s->bundle, schema), key), at, one)
    {
        add_members(&each, a, one);
    }
    json_decref(each.required);
}

void members_init(members_t *m, const spec_t *s, const json_t *schema)
{
    *m = (members_t){json_object(), json_object()};
    asking_t a = {s, SCHEMAS_MAX};
    add_members(m, &a, schema);
    add_alternatives(m, &a, schema, "anyOf");
    add_alternatives(m, &a, schema, "oneOf");
}

void members_fini(members_t *m)
{
    json_decref(m->properties);
    json_decref(m->required);
}
