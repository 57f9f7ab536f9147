/* SPDX-License-Identifier: MIT */
/* Two ways to sign in as one that does both: a requirement may name several schemes. */
#include "import/openapi/scheme.h"

enum { WAYS_MAX = 32 };

bool scheme_is_light(const json_t *auth)
{
    str_t type = json_member(auth, "type");
    return str_is(type, "api_key") || str_is(type, "none");
}

static bool sets_authorization(const json_t *auth)
{
    return !scheme_is_light(auth) ||
           json_object_get(json_object_get(json_object_get(auth, "inject"), "headers"),
                           "Authorization");
}

static json_t *values_of(const json_t *auth, const char *place)
{
    return json_object_get(json_object_get(auth, "inject"), place);
}

/* False where both send the same under one name. Cookies stand beside each other. */
static bool add_values(json_t *to, const json_t *from, const char *place)
{
    const char *name;
    json_t *value;
    json_object_foreach(values_of(from, place), name, value)
    {
        json_t *values = json_child(json_child(to, "inject"), place);
        json_t *there = json_object_get(values, name);
        if (there && strcmp(name, "Cookie") != 0) {
            return false;
        }
        json_object_set_new(
            values, name,
            there ? json_sprintf("%s; %s", json_string_value(there), json_string_value(value))
                  : json_incref(value));
    }
    return true;
}

/* NULL where one keeps the other out; a new reference. */
static json_t *joined(const json_t *a, const json_t *b)
{
    const json_t *first = scheme_is_light(a) && !scheme_is_light(b) ? b : a,
                 *second = first == a ? b : a;
    if (!scheme_is_light(second) || (sets_authorization(a) && sets_authorization(b))) {
        return NULL;
    }
    json_t *to = json_deep_copy(first);
    bool ok = add_values(to, second, "headers") && add_values(to, second, "query");
    json_object_update(json_child(to, "parameters"), json_object_get(second, "parameters"));
    if (json_object_get(second, "tls")) {
        json_object_set(to, "tls", json_object_get(second, "tls"));
    }
    bool key =
        str_is(json_member(to, "type"), "none") && str_is(json_member(second, "type"), "api_key");
    if (key) {
        json_object_set_new(to, "type", json_string("api_key"));
    }
    if (!ok) {
        json_decref(to);
    }
    return ok ? to : NULL;
}

json_t *scheme_join(spec_t *s, json_t *ways, json_t *more)
{
    json_t *to = json_array();
    size_t i, k;
    json_t *a, *b;
    json_array_foreach(ways, i, a)
    {
        json_array_foreach(more, k, b)
        {
            json_t *auth = joined(json_object_get(a, "auth"), json_object_get(b, "auth"));
            if (auth && json_array_size(to) < WAYS_MAX) {
                json_array_append_new(to, json_pack("{s:o,s:o}", "name",
                                                    json_sprintf("%s_%s", json_member(a, "name").p,
                                                                 json_member(b, "name").p),
                                                    "auth", auth));
            } else {
                json_decref(auth);
                report_note(s->report, "auth", "%s and %s do not go together",
                            json_member(a, "name").p, json_member(b, "name").p);
            }
        }
    }
    json_decref(ways);
    json_decref(more);
    return to;
}
