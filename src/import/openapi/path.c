/* SPDX-License-Identifier: MIT */
/* Where an action is called and where its request goes: the same path, unless the document needs
 * what FORMAT 7 takes for something else, has a path twice, or another server. */
#include "definition/model.h"
#include "import/compose.h"
#include "import/names.h"
#include "import/openapi/call.h"
#include "import/openapi/scheme.h"

/* `{name}` as `${input.name}`. */
static str_t url_of_path_in(const call_t *c)
{
    buf_t to;
    buf_init(&to, 8 * c->path.n + 8);
    for (str_t rest = c->path; rest.p;) {
        compose_url(&to, str_cut(&rest, '{'));
        str_t name = rest.p ? str_cut(&rest, '}') : STR_NONE;
        if (name.p) {
            compose_expression(&to, name_of_input_in(c->s->arena, name));
        }
    }
    str_t url = arena_str(c->s->arena, buf_view(&to));
    buf_fini(&to);
    return url;
}

/* Method and path without case and without the names of variables (FORMAT 7). */
static str_t route_in(const call_t *c, str_t path)
{
    buf_t to;
    buf_init(&to, c->method.n + 2 * path.n + 8);
    buf_printf(&to, "%s ", c->method.p);
    while (path.p) {
        buf_str(&to, str_cut(&path, '{'));
        buf_lit(&to, path.p ? "{}" : "");
        (void)(path.p && str_cut(&path, '}').p);
    }
    str_t route = name_lower_in(c->s->arena, buf_view(&to));
    buf_fini(&to);
    return route;
}

/* The action's name, and the variables behind it. */
static str_t own_path_in(const call_t *c)
{
    str_t rest = c->path;
    buf_t to;
    buf_init(&to, c->ours.n + 2 * rest.n + 8);
    buf_printf(&to, "/%s", c->ours.p);
    (void)str_cut(&rest, '{');
    while (rest.p) {
        str_t name = str_cut(&rest, '}');
        buf_printf(&to, "/{%.*s}", STR_ARG(name));
        (void)str_cut(&rest, '{');
    }
    str_t path = arena_str(c->s->arena, buf_view(&to));
    buf_fini(&to);
    return path;
}

static str_t plain_path_in(const call_t *c)
{
    size_t end = 0;
    while (end < c->path.n && !strchr("?#*", c->path.p[end])) {
        end++;
    }
    str_t path = str_slice(c->path, 0, end);
    return arena_printf(c->s->arena, "%s%.*s", str_starts(path, STR("/")) ? "" : "/",
                        STR_ARG(path));
}

bool call_path_fits(call_t *c)
{
    size_t variables = 0;
    for (size_t i = 0; i < c->path.n; i++) {
        variables += c->path.p[i] == '{';
    }
    if (variables > PATH_VARIABLES_MAX) {
        report_refuse(c->s->report, c->name, "limit", "%zu variables in a path that takes %d",
                      variables, PATH_VARIABLES_MAX);
    }
    return variables <= PATH_VARIABLES_MAX;
}

void call_add_path(call_t *c)
{
    const json_t *own = json_object_get(c->from, "servers");
    str_t base = servers_of_operation_in(
        c->s, json_array_size(own) ? own : json_object_get(c->item, "servers"), c->name);
    str_t path = plain_path_in(c), route = route_in(c, path);
    bool taken = json_object_get(c->s->routes, route.p);
    if (taken) {
        path = own_path_in(c);
        report_tell(c->s->report, c->name, "path", "it is called at %s: %.*s stands twice", path.p,
                    STR_ARG(c->path));
    }
    json_object_set_new(c->s->routes, taken ? route_in(c, path).p : route.p, json_true());
    json_object_set_new(c->action, "path", json_str(path));
    if (base.n || !str_eq(path, c->path)) {
        size_t fragment = str_index(c->path, '#');
        c->path = str_slice(c->path, 0, fragment);
        json_object_set_new(json_child(c->action, "request"), "url",
                            json_sprintf("%.*s%s", STR_ARG(base), url_of_path_in(c).p));
    }
}
