/* SPDX-License-Identifier: MIT */
/* Every operation of the document as an action. */
#include "import/methods.h"
#include "import/names.h"
#include "import/openapi/call.h"
#include "import/openapi/scheme.h"
#include "import/settle.h"
#include "import/share.h"

enum { NAME_MAX_BYTES = 80 };

/* --- names --- */

/* "GetPetsPetId" of GET /pets/{petId}. */
static str_t name_of_path_in(arena_t *arena, str_t method, str_t path)
{
    buf_t to;
    buf_init(&to, NAME_MAX_BYTES);
    buf_char(&to, method.p[0]);
    for (size_t i = 1; i < method.n; i++) {
        buf_char(&to, ascii_lower(method.p[i]));
    }
    bool begins = true;
    for (size_t i = 0; i < path.n && to.n < NAME_MAX_BYTES; i++) {
        char c = path.p[i];
        bool lower = c >= 'a' && c <= 'z';
        if (ascii_is_alnum(c)) {
            buf_char(&to, begins && lower ? (char)(c - 'a' + 'A') : c);
        }
        begins = !ascii_is_alnum(c);
    }
    str_t name = arena_str(arena, buf_view(&to));
    buf_fini(&to);
    return name;
}

/* --- the list --- */

typedef struct calls {
    call_t *list;
    size_t count;
} calls_t;

static const json_t *item_of(const spec_t *s, const char *path)
{
    return bundle_follow(s->bundle, json_object_get(json_object_get(s->root, "paths"), path));
}

static void tell_method(const spec_t *s, const char *path, const char *key)
{
    static const char *const others[] = {"trace", "query"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (str_eq_nocase(str_of(key), str_of(others[i]))) {
            str_t place = arena_printf(s->arena, "%s %s", others[i], path);
            report_refuse(s->report, report_operation_in(s->arena, s->report, place, place),
                          "method", "the method cannot be said");
        }
    }
}

static size_t count_all(const spec_t *s)
{
    size_t count = 0;
    const char *path, *key;
    json_t *item, *from;
    json_object_foreach(json_object_get(s->root, "paths"), path, item)
    {
        json_object_foreach((json_t *)(uintptr_t)item_of(s, path), key, from)
        {
            count += method_of(str_of(key)).p && json_is_object(from);
        }
    }
    return count;
}

static void add_call(spec_t *s, calls_t *all, const char *path, const char *key)
{
    call_t *c = &all->list[all->count++];
    const json_t *item = item_of(s, path);
    *c = (call_t){.s = s, .item = item, .from = json_object_get(item, key)};
    str_t id = json_member(c->from, "operationId");
    c->method = method_of(str_of(key));
    c->path = str_of(path);
    str_t place = arena_printf(s->arena, "%s %s", c->method.p, path);
    c->name = report_operation_in(s->arena, s->report, id.n ? id : place, place);
    c->action = json_object();
    c->input = json_object();
    c->cookies = json_object();
}

static void collect(spec_t *s, calls_t *all)
{
    const char *path, *key;
    json_t *item, *from;
    all->list = arena_array_of(s->arena, call_t, count_all(s) + 1);
    json_object_foreach(json_object_get(s->root, "paths"), path, item)
    {
        if (strncmp(path, "x-", 2) == 0) {
            continue;
        }
        if (!item_of(s, path)) {
            report_note(s->report, "reference", "%s leads nowhere", path);
        }
        json_object_foreach((json_t *)(uintptr_t)item_of(s, path), key, from)
        {
            tell_method(s, path, key);
            if (method_of(str_of(key)).p && json_is_object(from)) {
                add_call(s, all, path, key);
            }
        }
    }
}

static void name_all(spec_t *s, const calls_t *all)
{
    json_t *given = json_object();
    for (size_t i = 0; i < all->count; i++) {
        call_t *c = &all->list[i];
        str_t id = json_member(c->from, "operationId");
        str_t plain = id.n ? name_plain_in(s->arena, id, NAME_MAX_BYTES)
                           : name_of_path_in(s->arena, c->method, c->path);
        c->ours = name_give_in(s->arena, plain, given);
        report_action(s->report, c->name, c->ours);
        if (!str_eq(c->ours, id)) {
            if (str_eq(c->name, id)) { /* of several that are equal, others mean the first */
                json_object_setn_new(s->operations, id.p, id.n, json_str(c->ours));
            }
            report_tell(s->report, c->name, id.n ? "renamed" : "operation_id",
                        "the action is called %s", c->ours.p);
        }
    }
    json_decref(given);
}

/* --- one action --- */

static void add_texts(call_t *c)
{
    str_t description = str_trim(json_member(c->from, "description")), rest = description;
    str_t first = str_trim(str_cut(&rest, '\n'));
    str_t summary = str_trim(json_member(c->from, "summary"));
    summary = summary.n ? summary : first.n ? first : c->ours;
    json_object_set_new(c->action, "summary", json_str(summary));
    json_add_text(c->action, "description", description);
    json_add_flag(c->action, "deprecated", schema_is_true(json_object_get(c->from, "deprecated")));
    json_object_set_new(c->action, "method", json_str(c->method));
}

static void add_security(call_t *c)
{
    if (!security_of_operation(c->s, c->from, &c->auths)) {
        report_refuse(c->s->report, c->name, "auth", "the way to sign in cannot be said");
    }
}

static void import_one(call_t *c)
{
    members_t form;
    members_init(&form, c->s, json_object_get(call_form(c), "schema"));
    c->reserved = form.properties;
    add_texts(c);
    call_add_parameters(c);
    call_add_body(c);
    call_add_answers(c);
    call_add_path(c);
    add_security(c);
    extensions_take(&c->s->schemas, c->from, c->action);
    c->reserved = NULL;
    members_fini(&form);
}

static void import_each(const calls_t *all)
{
    size_t actions = 0;
    for (size_t i = 0; i < all->count; i++) {
        call_t *c = &all->list[i];
        if (definition_has_room(actions, c->s->report, c->name) && call_path_fits(c)) {
            import_one(c);
            actions += !report_is_refused(c->s->report, c->name);
        }
    }
}

/* --- the whole --- */

/* Where every way to sign in will do, nothing needs to be said. */
static void write_auth(const call_t *c, bool offered)
{
    size_t all = json_object_size(c->s->auths);
    if (!c->auths && all > 0 && !offered) {
        json_object_set_new(c->action, "auth", json_string("none"));
    } else if (c->auths && json_array_size(c->auths) < all) {
        json_object_set(c->action, "auth", c->auths);
    }
}

static void write_all(spec_t *s, const calls_t *all, bool offered)
{
    json_t *actions = json_object();
    for (size_t i = 0; i < all->count; i++) {
        call_t *c = &all->list[i];
        if (!report_is_refused(s->report, c->name)) {
            write_auth(c, offered);
            json_add_filled(c->action, "input", json_incref(c->input));
            json_object_set(actions, c->ours.p, c->action);
        }
    }
    json_object_set_new(s->definition, "actions", actions);
}

static void free_all(const calls_t *all)
{
    for (size_t i = 0; i < all->count; i++) {
        call_t *c = &all->list[i];
        json_t *owned[] = {c->action, c->input, c->cookies, c->auths};
        for (size_t k = 0; k < sizeof owned / sizeof *owned; k++) {
            json_decref(owned[k]);
        }
    }
}

bool operations_of_spec(spec_t *s)
{
    calls_t all = {0};
    collect(s, &all);
    name_all(s, &all);
    import_each(&all);
    bool offered = json_object_size(s->alternatives) == 0;
    security_finish(s);
    write_all(s, &all, offered);
    requests_share(s->definition);
    free_all(&all);
    return json_object_size(json_object_get(s->definition, "actions")) > 0;
}
