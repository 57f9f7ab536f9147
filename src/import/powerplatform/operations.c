/* SPDX-License-Identifier: MIT */
/* Every operation of the source as an action, and what they have in common: the base, what carries
 * the credential. */
#include "import/names.h"
#include "import/powerplatform/operation.h"
#include "import/share.h"

enum { NAME_MAX_BYTES = 80 };

/* --- the list --- */

static str_t method_of(const char *key)
{
    static const char *const methods[] = {"GET",   "HEAD",   "POST",   "PUT",
                                          "PATCH", "DELETE", "OPTIONS"};
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        if (str_eq_nocase(str_of(key), str_of(methods[i]))) {
            return str_of(methods[i]);
        }
    }
    return STR_NONE;
}

typedef struct operations {
    operation_t *list;
    size_t count;
} operations_t;

static size_t count_all(const source_t *s)
{
    size_t count = 0;
    const char *path, *method;
    json_t *item, *from;
    json_object_foreach(json_object_get(s->swagger, "paths"), path, item)
    {
        json_object_foreach(item, method, from)
        {
            count += method_of(method).n > 0;
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
    *o = (operation_t){.s = s, .item = item, .from = from, .method = method_of(method)};
    o->path = str_of(path);
    o->name = name.n ? name : arena_printf(s->arena, "%.*s %s", STR_ARG(o->method), path);
    o->action = json_object();
    report_operation(s->report, o->name);
    if (!name.n) {
        report_warn(s->report, o->name, "operation_id", "it has none: the path names it");
    }
}

static void collect(source_t *s, operations_t *all)
{
    const char *path, *method;
    json_t *item, *from;
    all->list = arena_array_of(s->arena, operation_t, count_all(s) + 1);
    json_object_foreach(json_object_get(s->swagger, "paths"), path, item)
    {
        json_object_foreach(item, method, from)
        {
            if (method_of(method).n && json_is_object(from)) {
                add_one(s, all, path, method, item);
            }
        }
    }
}

/* --- scripts --- */

static void refuse_scripted(operation_t *o)
{
    const json_t *names = json_object_get(o->s->properties, "scriptOperations");
    size_t at;
    json_t *name;
    bool listed = json_array_size(names) == 0;
    json_array_foreach(names, at, name)
    {
        listed = listed || str_eq(json_view(name), o->name);
    }
    if (listed) {
        report_refuse(o->s->report, o->name, "script", "script.csx runs in Microsoft's cloud only");
    }
}

/* --- one action --- */

static str_t first_line(str_t text)
{
    return str_trim(str_cut(&text, '\n'));
}

static void add_texts(operation_t *o)
{
    str_t summary = str_trim(json_member(o->from, "summary"));
    str_t description = str_trim(json_member(o->from, "description"));
    summary = summary.n ? summary : first_line(description);
    json_object_set_new(o->action, "summary", json_str(summary.n ? summary : o->name));
    json_add_text(o->action, "description", description);
    json_add_flag(o->action, "deprecated", is_true(json_object_get(o->from, "deprecated")));
    json_object_set_new(o->action, "method", json_str(o->method));
}

/* A path without what FORMAT 7 takes for something else; the request keeps it whole. */
static void add_path(operation_t *o)
{
    size_t end = 0;
    while (end < o->path.n && !strchr("?#*", o->path.p[end])) {
        end++;
    }
    str_t path = str_slice(o->path, 0, end);
    if (end < o->path.n && !o->route.p) {
        o->route = o->path;
    }
    json_object_set_new(o->action, "path", json_str(path));
}

static void add_security(operation_t *o)
{
    const json_t *security = json_object_get(o->from, "security");
    if (json_is_array(security) && json_array_size(security) == 0 &&
        json_object_size(o->s->auths)) {
        json_object_set_new(o->action, "auth", json_string("none"));
    }
}

/* What a polling trigger means for designers is derived from it. */
static void drop_derived(operation_t *o)
{
    json_t *metadata = json_pack("{s:s,s:s}", "kind", "query", "mode", "polling");
    json_t *trigger = json_object_get(o->action, "trigger");
    bool polls = str_is(json_member(trigger, "type"), "polling");
    if (polls && json_equal(json_object_get(o->action, "x-ms-trigger-metadata"), metadata)) {
        json_object_del(o->action, "x-ms-trigger-metadata");
    }
    json_decref(metadata);
}

/* A service that speaks the protocol of polling itself is called like any other. */
static void warn_of_trigger(operation_t *o)
{
    if (json_object_get(o->from, "x-ms-trigger") && !json_object_get(o->action, "trigger")) {
        report_warn(o->s->report, o->name, "trigger",
                    "no policy and no content tell how it triggers: hosted as an action");
    }
}

static void import_one(operation_t *o)
{
    add_texts(o);
    input_import(o);
    answers_import(o);
    request_begin(o);
    policy_templates_apply(o);
    warn_of_trigger(o);
    add_path(o);
    add_security(o);
    extensions_import(o->s, o->from, o->action);
    drop_derived(o);
}

/* --- what they share --- */

static bool runs(const operation_t *o)
{
    return !report_is_refused(o->s->report, o->name);
}

static str_t commonest_base(const operations_t *all)
{
    size_t most = 0;
    str_t found = STR_NONE;
    for (size_t i = 0; i < all->count; i++) {
        size_t equal = 0;
        for (size_t k = 0; k < all->count; k++) {
            equal += runs(&all->list[k]) && str_eq(all->list[i].base, all->list[k].base);
        }
        if (runs(&all->list[i]) && equal > most) {
            most = equal;
            found = all->list[i].base;
        }
    }
    return found;
}

static void finish_all(const operations_t *all, str_t base)
{
    for (size_t i = 0; i < all->count; i++) {
        operation_t *o = &all->list[i];
        if (runs(o)) {
            request_finish(o, base);
            hosts_take(&o->s->hosts, o->base);
        }
    }
}

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
        if (runs(o)) {
            json_object_update_missing(json_object_get(shared, "headers"),
                                       json_object_get(o->carried, "headers"));
            json_object_update_missing(json_object_get(shared, "query"),
                                       json_object_get(o->carried, "query"));
        }
    }
    return shared;
}

static void share_secrets(source_t *s, const operations_t *all)
{
    json_t *shared = carried_by_all(all);
    for (size_t i = 0; i < all->count; i++) {
        operation_t *o = &all->list[i];
        if (!runs(o)) {
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

/* --- the whole --- */

static void write_actions(source_t *s, const operations_t *all)
{
    json_t *actions = json_object();
    for (size_t i = 0; i < all->count; i++) {
        operation_t *o = &all->list[i];
        if (runs(o)) {
            if (json_object_size(s->auths) == 0) {
                json_object_del(o->action, "auth");
            }
            if (json_object_size(json_object_get(o->action, "input")) == 0) {
                json_object_del(o->action, "input");
            }
            json_object_set(actions, o->ours.p, o->action);
        }
    }
    json_object_set_new(s->definition, "actions", actions);
}

static void name_all(source_t *s, const operations_t *all)
{
    json_t *taken = json_object();
    for (size_t i = 0; i < all->count; i++) {
        operation_t *o = &all->list[i];
        str_t plain = name_plain_in(s->arena, o->name, NAME_MAX_BYTES);
        o->ours = name_free_in(s->arena, plain, taken);
        json_object_set_new(taken, o->ours.p, json_true());
        report_action(s->report, o->name, o->ours);
        if (!str_eq(o->ours, o->name)) {
            json_object_setn_new(s->operations, o->name.p, o->name.n, json_str(o->ours));
            report_warn(s->report, o->name, "renamed", "the action is called %s", o->ours.p);
        }
    }
    json_decref(taken);
}

static void free_all(const operations_t *all)
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

bool operations_import(source_t *s)
{
    operations_t all = {0};
    collect(s, &all);
    name_all(s, &all);
    for (size_t i = 0; i < all.count; i++) {
        if (s->has_script) {
            refuse_scripted(&all.list[i]);
        }
        import_one(&all.list[i]);
    }
    str_t base = commonest_base(&all);
    if (base.p) {
        json_object_set_new(s->definition, "base_url", json_str(base));
        finish_all(&all, base);
        share_secrets(s, &all);
        policy_templates_write(s, all.list, all.count);
        write_actions(s, &all);
        requests_share(s->definition);
    }
    free_all(&all);
    return base.p != NULL;
}
