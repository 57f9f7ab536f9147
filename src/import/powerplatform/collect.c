/* SPDX-License-Identifier: MIT */
/* The operations of the source as a list, and the names that they have as actions. */
#include "import/methods.h"
#include "import/names.h"
#include "import/powerplatform/operation.h"

enum { NAME_MAX_BYTES = 80 };

/* --- the list --- */

static size_t count_all(const source_t *s)
{
    size_t count = 0;
    const char *path, *method;
    json_t *item, *from;
    json_object_foreach(json_object_get(s->swagger, "paths"), path, item)
    {
        json_object_foreach(item, method, from)
        {
            count += method_of(str_of(method)).n > 0;
        }
    }
    return count;
}

static void add_one(source_t *s, operations_t *all, const char *path, const char *method,
                    const json_t *item)
{
    const json_t *from = json_object_get(item, method);
    operation_t *o = &all->list[all->count++];
    str_t name = json_member(from, "operationId");
    *o = (operation_t){.s = s, .item = item, .from = from, .method = method_of(str_of(method))};
    o->path = str_of(path);
    str_t place = arena_printf(s->arena, "%s %s", o->method.p, path);
    o->id = name.n ? name : place;
    o->name = report_operation_in(s->arena, s->report, o->id, place);
    o->action = json_object();
    if (!name.n) {
        report_warn(s->report, o->name, "operation_id", "it has none: the path names it");
    }
}

/* --- their names --- */

/* Names of actions, which differ in more than case. */
static void name_all(source_t *s, const operations_t *all)
{
    json_t *given = json_object();
    for (size_t i = 0; i < all->count; i++) {
        operation_t *o = &all->list[i];
        str_t plain = name_plain_in(s->arena, o->id, NAME_MAX_BYTES);
        o->ours = name_give_in(s->arena, plain, given);
        report_action(s->report, o->name, o->ours);
        if (!str_eq(o->ours, o->id)) {
            if (str_eq(o->name, o->id)) { /* of several that are equal, others mean the first */
                json_object_setn_new(s->operations, o->id.p, o->id.n, json_str(o->ours));
            }
            report_warn(s->report, o->name, "renamed", "the action is called %s", o->ours.p);
        }
    }
    json_decref(given);
}

/* --- the whole --- */

void operations_collect(source_t *s, operations_t *all)
{
    const char *path, *method;
    json_t *item, *from;
    all->list = arena_array_of(s->arena, operation_t, count_all(s) + 1);
    json_object_foreach(json_object_get(s->swagger, "paths"), path, item)
    {
        json_object_foreach(item, method, from)
        {
            if (method_of(str_of(method)).n && json_is_object(from)) {
                add_one(s, all, path, method, item);
            }
        }
    }
    name_all(s, all);
}

bool operation_runs(const operation_t *o)
{
    return !report_is_refused(o->s->report, o->name);
}

void operations_free(const operations_t *all)
{
    for (size_t i = 0; i < all->count; i++) {
        operation_t *o = &all->list[i];
        json_t *owned[] = {o->action,      o->headers, o->query,  o->first_headers,
                           o->first_query, o->steps,   o->carried};
        for (size_t k = 0; k < sizeof owned / sizeof *owned; k++) {
            json_decref(owned[k]);
        }
    }
}
