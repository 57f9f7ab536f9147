/* SPDX-License-Identifier: MIT */
/* Extensions x-ms-dynamic-…: what they fill in is asked of another operation, whose inputs they
 * name, out of inputs of their own. Both follow the inputs that have another name here, or are
 * gone. */
#include "import/powerplatform/operation.h"

enum { DEPTH_MAX = 40 };

void dynamic_note(operation_t *o, str_t wire, str_t ours)
{
    json_t *names = json_object_getn(o->s->renames, o->ours.p, o->ours.n);
    if (!names) {
        names = json_object();
        json_object_setn_new(o->s->renames, o->ours.p, o->ours.n, names);
    }
    json_object_setn_new(names, wire.p, wire.n, ours.p ? json_str(ours) : json_null());
}

static const json_t *names_of(const source_t *s, str_t action)
{
    return json_object_getn(s->renames, action.p ? action.p : "", action.n);
}

/* {parameter: NAME}, {parameterReference: NAME} of the operation that it stands in. */
static void follow_own(const json_t *own, json_t *value)
{
    static const char *const keys[] = {"parameter", "parameterReference"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        str_t name = json_member(value, keys[i]);
        const json_t *ours = name.n ? json_object_getn(own, name.p, name.n) : NULL;
        if (json_is_string(ours)) {
            json_object_set_new(value, keys[i], json_deep_copy(ours));
        }
    }
}

/* Those of the operation that is asked. */
static void follow_parameters(const source_t *s, const json_t *own, json_t *call)
{
    const json_t *theirs = names_of(s, json_member(call, "operationId"));
    json_t *to = json_object();
    const char *name;
    json_t *value;
    json_object_foreach(json_object_get(call, "parameters"), name, value)
    {
        const json_t *ours = json_object_get(theirs, name);
        follow_own(own, value);
        if (!json_is_null(ours)) {
            json_object_set(to, ours ? json_string_value(ours) : name, value);
        }
    }
    json_object_set_new(call, "parameters", to);
}

static void follow_call(const source_t *s, const json_t *own, json_t *v, unsigned depth)
{
    const char *key;
    json_t *child;
    if (depth > DEPTH_MAX) {
        return;
    }
    if (json_is_object(json_object_get(v, "parameters"))) {
        follow_parameters(s, own, v);
    }
    json_object_foreach(v, key, child)
    {
        follow_call(s, own, child, depth + 1);
    }
}

/* Wherever such an extension stands below v. */
static void follow_all(const source_t *s, const json_t *own, json_t *v, unsigned depth)
{
    const char *key;
    json_t *child;
    size_t at;
    if (depth > DEPTH_MAX) {
        return;
    }
    json_object_foreach(v, key, child)
    {
        if (str_starts(str_of(key), STR("x-ms-dynamic-"))) {
            follow_call(s, own, child, 0);
        } else {
            follow_all(s, own, child, depth + 1);
        }
    }
    json_array_foreach(v, at, child)
    {
        follow_all(s, own, child, depth + 1);
    }
}

void dynamic_follow(source_t *s)
{
    const char *name;
    json_t *action;
    if (json_object_size(s->renames) == 0) {
        return;
    }
    json_object_foreach(json_object_get(s->definition, "actions"), name, action)
    {
        follow_all(s, names_of(s, str_of(name)), action, 0);
    }
    follow_all(s, NULL, s->schemas, 0);
}
