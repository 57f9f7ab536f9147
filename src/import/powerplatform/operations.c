/* SPDX-License-Identifier: MIT */
/* Every operation of the source as an action, and what they have in common: the base, what carries
 * the credential. */
#include "import/compose.h"
#include "import/powerplatform/operation.h"
#include "import/settle.h"
#include "import/share.h"

/* --- scripts --- */

static void refuse_scripted(operation_t *o)
{
    const json_t *names = json_object_get(o->s->properties, "scriptOperations");
    size_t at;
    json_t *name;
    bool listed = json_array_size(names) == 0;
    json_array_foreach(names, at, name)
    {
        listed = listed || str_eq(json_view(name), o->id);
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

static json_t *tags_of(const operation_t *o)
{
    json_t *tags = json_array(), *seen = json_object();
    size_t at;
    json_t *tag;
    json_array_foreach(json_object_get(o->from, "tags"), at, tag)
    {
        str_t text = json_view(tag);
        if (text.n && !json_object_getn(seen, text.p, text.n)) {
            json_object_setn_new(seen, text.p, text.n, json_true());
            json_array_append(tags, tag);
        }
    }
    json_decref(seen);
    return tags;
}

static void add_texts(operation_t *o)
{
    str_t summary = str_trim(json_member(o->from, "summary"));
    str_t description = str_trim(json_member(o->from, "description"));
    summary = summary.n ? summary : first_line(description);
    json_object_set_new(o->action, "summary", json_str(summary.n ? summary : o->id));
    json_add_text(o->action, "description", description);
    json_add_flag(o->action, "deprecated", is_true(json_object_get(o->from, "deprecated")));
    json_add_filled(o->action, "tags", tags_of(o));
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
        o->route = compose_literal_in(o->s->arena, o->path);
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
    left_out_of_operation(o);
    extensions_import(o->s, o->from, o->action);
    drop_derived(o);
}

static void import_each(const source_t *s, const operations_t *all)
{
    size_t actions = 0;
    for (size_t i = 0; i < all->count; i++) {
        operation_t *o = &all->list[i];
        if (s->has_script) {
            refuse_scripted(o);
        }
        if (definition_has_room(actions, s->report, o->name)) {
            import_one(o);
            actions += operation_runs(o);
        }
    }
}

/* --- what they share --- */

/* The first of them, where several are as common. */
static str_t commonest_base(const operations_t *all)
{
    json_t *counts = json_object();
    json_int_t most = 0;
    str_t found = STR_NONE;
    for (size_t i = all->count; i-- > 0;) {
        const operation_t *o = &all->list[i];
        if (operation_runs(o)) {
            json_t *before = json_object_getn(counts, o->base.p, o->base.n);
            json_int_t count = json_integer_value(before) + 1;
            json_object_setn_new(counts, o->base.p, o->base.n, json_integer(count));
            found = count >= most ? o->base : found;
            most = count >= most ? count : most;
        }
    }
    json_decref(counts);
    return found;
}

static void finish_all(const operations_t *all, str_t base)
{
    for (size_t i = 0; i < all->count; i++) {
        operation_t *o = &all->list[i];
        if (operation_runs(o)) {
            request_finish(o, base);
            hosts_take(&o->s->hosts, o->base);
        }
    }
}

/* --- the whole --- */

static void write_actions(source_t *s, const operations_t *all)
{
    json_t *actions = json_object();
    for (size_t i = 0; i < all->count; i++) {
        operation_t *o = &all->list[i];
        if (operation_runs(o)) {
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

bool operations_import(source_t *s, const operations_t *all)
{
    import_each(s, all);
    str_t base = commonest_base(all);
    if (base.p) {
        json_object_set_new(s->definition, "base_url", json_str(base));
        finish_all(all, base);
        secrets_share(s, all);
        policy_templates_write(s, all->list, all->count);
        write_actions(s, all);
        dynamic_follow(s);
        requests_share(s->definition);
    }
    return base.p != NULL;
}
