/* SPDX-License-Identifier: MIT */
/* What carries a credential goes on every call of a connection (FORMAT 5: inject): what the
 * operations of the source carry, compared. */
#include "import/powerplatform/operation.h"

static bool is_free(const operation_t *o)
{
    return json_object_size(json_object_get(o->carried, "headers")) +
               json_object_size(json_object_get(o->carried, "query")) ==
           0;
}

static void compare_place(operation_t *o, const json_t *shared, const char *place)
{
    const json_t *own = json_object_get(o->carried, place);
    const char *name;
    json_t *value;
    json_object_foreach(json_object_get(shared, place), name, value)
    {
        json_t *mine = json_object_get(own, name);
        if (mine && !json_equal(mine, value)) {
            report_refuse(o->s->report, o->name, "secret_differs",
                          "%s carries another secret here than in other operations", name);
        } else if (!mine && request_value(o->headers, str_of(name)).p) {
            report_refuse(o->s->report, o->name, "secret_differs",
                          "%s carries a secret in other operations", name);
        } else if (!mine) {
            report_warn(o->s->report, o->name, "secret_everywhere",
                        "%s goes with this operation, too", name);
        }
    }
}

static json_t *carried_by_all(const operations_t *all)
{
    json_t *shared = json_pack("{s:{},s:{}}", "headers", "query");
    for (size_t i = 0; i < all->count; i++) {
        const operation_t *o = &all->list[i];
        if (operation_runs(o)) {
            json_object_update_missing(json_object_get(shared, "headers"),
                                       json_object_get(o->carried, "headers"));
            json_object_update_missing(json_object_get(shared, "query"),
                                       json_object_get(o->carried, "query"));
        }
    }
    return shared;
}

void secrets_share(source_t *s, const operations_t *all)
{
    json_t *shared = carried_by_all(all);
    for (size_t i = 0; i < all->count; i++) {
        operation_t *o = &all->list[i];
        if (!operation_runs(o)) {
            continue;
        }
        if (is_free(o) && json_object_size(s->auths)) {
            json_object_set_new(o->action, "auth", json_string("none"));
        } else {
            compare_place(o, shared, "headers");
            compare_place(o, shared, "query");
        }
    }
    auth_finish(s, shared);
    json_decref(shared);
}
