/* SPDX-License-Identifier: MIT */
/* Where an action's request goes and what it carries, as policy templates: the reverse of what an
 * importer makes of them. */
#include "openapi/powerplatform/direct.h"

enum { PATH_MAX_BYTES = 64 * 1024 };

#define PARAMETER(name) "x-ms-apimTemplateParameter." name
static const char SECTION[] = "x-ms-apimTemplate-policySection";

/* --- the host --- */

/* Of a connector whose address each connection tells: policies lead there. */
static str_t stand_in_host(const direct_t *x)
{
    const connector_t *c = x->c;
    str_t host = c->host_count ? c->hosts[0].host : STR("example.com");
    host = str_starts(host, STR("*.")) ? str_slice(host, 2, host.n) : host;
    return arena_printf(x->arena, "https://%.*s", STR_ARG(host));
}

void direct_base(direct_t *x)
{
    const url_template_t *url = x->c->base_url;
    x->base = url ? say_template(x, NULL, url->source, SAY_URL) : STR_NONE;
    bool constant = url && template_is_constant(url->source);
    x->host_url = constant ? template_constant(url->source) : stand_in_host(x);
    x->base = x->base.p ? x->base : x->host_url;
    while (str_ends(x->base, STR("/"))) {
        x->base.n--;
    }
    while (str_ends(x->host_url, STR("/"))) {
        x->host_url.n--;
    }
}

static void add_host(direct_t *x, direct_phase_t phase, const action_t *a, str_t base)
{
    instance_add(x, phase, a, "dynamichosturl",
                 json_pack("{s:o}", PARAMETER("urlTemplate"), json_str(base)));
}

/* --- URLs --- */

/* The action's path as the document writes it. */
static str_t path_in(direct_t *x, const action_t *a)
{
    buf_t to;
    buf_init(&to, PATH_MAX_BYTES);
    for (size_t i = 0; i < a->piece_count; i++) {
        const path_piece_t *piece = &a->pieces[i];
        if (piece->field) {
            buf_printf(&to, "{%.*s}", STR_ARG(piece->field->name));
        } else {
            buf_str(&to, piece->text);
        }
    }
    str_t path = arena_str(x->arena, buf_view(&to));
    buf_fini(&to);
    return path;
}

/* scheme://authority of a URL that is told whole. */
static str_t origin_of(str_t url)
{
    size_t at = str_find(url, STR("://"), 0);
    size_t from = at == SIZE_MAX ? 0 : at + 3;
    while (from < url.n && url.p[from] != '/' && url.p[from] != '?') {
        from++;
    }
    return str_slice(url, 0, from);
}

/* A URL in its two parts; the path of the document takes no policy. base absent: it cannot be said. */
static void take_apart(direct_t *x, const action_t *a, const url_template_t *url, str_t *base,
                       str_t *path)
{
    str_t own = path_in(x, a);
    str_t text = say_template(x, a, url->source, SAY_URL);
    if (url->kind == URL_RELATIVE && text.p) {
        *base = x->base;
        *path = text;
    } else if (str_ends(text, own)) {
        *base = str_slice(text, 0, text.n - own.n);
        *path = own;
    } else {
        *base = text.p ? origin_of(text) : STR_NONE;
        *path = str_slice(text, base->n, text.n);
    }
}

/* --- values fetched first --- */

static const expr_t *fetched_by(const template_t *t, str_t step)
{
    const expr_t *e = t ? say_only(t) : NULL;
    bool body = e && e->root == ROOT_STEPS && e->step_count > 1 && str_eq(e->steps[0].name, step) &&
                str_is(e->steps[1].name, "body");
    return body ? e : NULL;
}

typedef struct target {
    const char *place; /* "headers", "queryParameters" */
    str_t name;
    const expr_t *value;
} target_t;

/* The header or parameter that is the step's value. */
static target_t target_of(const action_t *a, str_t step)
{
    const request_definition_t *r = a->request;
    for (size_t i = 0; r && i < r->headers.count; i++) {
        const expr_t *e = fetched_by(r->headers.list[i].template, step);
        if (e) {
            return (target_t){"headers", r->headers.list[i].name, e};
        }
    }
    for (size_t i = 0; r && r->query && i < r->query->count; i++) {
        const template_member_t *m = &r->query->members[i];
        const expr_t *e =
            m->value->kind == TREE_TEMPLATE ? fetched_by(m->value->template, step) : NULL;
        if (e) {
            return (target_t){"queryParameters", m->name, e};
        }
    }
    return (target_t){0};
}

static json_t *fetch_of(direct_t *x, const step_t *step, const target_t *to, str_t path)
{
    buf_t value;
    buf_init(&value, PATH_MAX_BYTES);
    buf_lit(&value, "@body()");
    say_steps(&value, to->value->steps + 2, to->value->step_count - 2);
    json_t *parameters =
        json_pack("{s:o,s:o,s:o,s:o,s:s}", PARAMETER("parameterTemplate"),
                  json_sprintf("@%s('%.*s')", to->place, STR_ARG(to->name)),
                  PARAMETER("parameterValueUrl"), json_str(path),
                  PARAMETER("parameterValuePathTemplate"), json_str(buf_view(&value)),
                  PARAMETER("httpMethod"),
                  json_str(step->request.method.n ? step->request.method : STR("GET")), SECTION,
                  "Request");
    buf_fini(&value);
    (void)x;
    return parameters;
}

static bool say_step(direct_t *x, const action_t *a, const step_t *step)
{
    const request_definition_t *r = &step->request;
    target_t to = target_of(a, step->name);
    str_t base = STR_NONE, path = STR_NONE;
    if (r->url) {
        take_apart(x, a, r->url, &base, &path);
    }
    if (!to.value || !base.p || r->headers.count || r->query || r->body_kind != BODY_NONE ||
        r->expect.count) {
        return direct_leave_out(x, a, "steps", "the step %.*s is more than a value for one field",
                                STR_ARG(step->name));
    }
    if (!str_eq(base, x->host_url)) {
        add_host(x, PHASE_STEP_HOST, a, base);
    }
    instance_add(x, PHASE_STEP, a, "setvaluefromurl", fetch_of(x, step, &to, path));
    return true;
}

/* --- headers and query --- */

typedef struct value {
    const char *id; /* of the policy template */
    field_in_t in;
    str_t name;
    bool of_action; /* said by the action itself, not by what all share */
} value_t;

static void set_value(direct_t *x, const action_t *a, const value_t *v, str_t text,
                      const char *exists)
{
    instance_add(x, PHASE_VALUES, a, v->id,
                 json_pack("{s:o,s:o,s:s,s:s}", PARAMETER("name"), json_str(v->name),
                           PARAMETER("value"), json_str(text), PARAMETER("existsAction"), exists,
                           SECTION, "Request"));
}

/* The input that goes there under the same name already. */
static bool is_own_input(const action_t *a, const value_t *v, const expr_t *e)
{
    const field_t *f = e && e->kind == EXPR_REF && e->root == ROOT_INPUT && e->step_count == 1
                           ? fields_find(&a->input, e->steps[0].name)
                           : NULL;
    return f && f->in == v->in && str_eq_nocase(f->name, v->name);
}

/* `default(input.X, 'y')` at X: y where the caller gives none. */
static const expr_t *skipped(const action_t *a, const value_t *v, const template_t *t)
{
    const expr_t *e = t->count == 1 ? t->parts[0].expr : NULL;
    bool usual = e && e->kind == EXPR_CALL && e->argument_count == 2 &&
                 str_is(str_of(template_function_name(e->function)), "default") &&
                 e->arguments[1]->kind == EXPR_TEXT;
    return usual && is_own_input(a, v, e->arguments[0]) ? e->arguments[1] : NULL;
}

static bool cannot(direct_t *x, const action_t *a, str_t name)
{
    return direct_leave_out(x, a, "request", "the value of %.*s cannot be said", STR_ARG(name));
}

static bool say_value(direct_t *x, const action_t *a, const value_t *v, const template_t *t)
{
    const expr_t *only = say_only(t);
    if (is_own_input(a, v, only) || (only && only->root == ROOT_STEPS)) {
        return true;
    }
    const expr_t *skip = skipped(a, v, t);
    str_t text = skip ? skip->text : say_template(x, a, t, SAY_VALUE);
    if (!text.p) {
        return cannot(x, a, v->name);
    }
    set_value(x, a, v, text, skip ? "skip" : "override");
    return true;
}

/* The first item may be the input itself: the others are appended. */
static bool say_list(direct_t *x, const action_t *a, const value_t *v, const template_tree_t *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const template_tree_t *item = list->items[i];
        bool own = i == 0 && item->kind == TREE_TEMPLATE &&
                   is_own_input(a, v, say_only(item->template));
        str_t text = own ? STR("") : say_tree(x, a, item, SAY_VALUE);
        if (!text.p) {
            return cannot(x, a, v->name);
        }
        if (!own) {
            set_value(x, a, v, text, i == 0 ? "override" : "append");
        }
    }
    return true;
}

static bool say_member(direct_t *x, const action_t *a, const template_member_t *m)
{
    const value_t v = {.id = "setqueryparameter", .in = IN_QUERY, .name = m->name};
    if (m->value->kind == TREE_TEMPLATE) {
        return say_value(x, a, &v, m->value->template);
    }
    if (m->value->kind == TREE_LIST) {
        return say_list(x, a, &v, m->value);
    }
    str_t text = say_tree(x, a, m->value, SAY_VALUE);
    if (!text.p) {
        return cannot(x, a, m->name);
    }
    set_value(x, a, &v, text, "override");
    return true;
}

static bool has_header(const request_definition_t *r, str_t name)
{
    for (size_t i = 0; r && i < r->headers.count; i++) {
        if (str_eq_nocase(r->headers.list[i].name, name)) {
            return true;
        }
    }
    return false;
}

static bool has_member(const request_definition_t *r, str_t name)
{
    for (size_t i = 0; r && r->query && i < r->query->count; i++) {
        if (str_eq(r->query->members[i].name, name)) {
            return true;
        }
    }
    return false;
}

static bool say_headers(direct_t *x, const action_t *a, const named_templates_t *headers,
                        const request_definition_t *later)
{
    bool ok = true;
    for (size_t i = 0; ok && i < headers->count; i++) {
        const value_t v = {.id = "setheader", .in = IN_HEADER, .name = headers->list[i].name};
        ok = has_header(later, v.name) || say_value(x, a, &v, headers->list[i].template);
    }
    return ok;
}

static bool say_query(direct_t *x, const action_t *a, const template_tree_t *query,
                      const request_definition_t *later)
{
    bool ok = true;
    for (size_t i = 0; ok && query && i < query->count; i++) {
        const template_member_t *m = &query->members[i];
        ok = has_member(later, m->name) || say_member(x, a, m);
    }
    return ok;
}

/* What every call carries, and no scheme says. */
static void add_carried(direct_t *x, const action_t *a)
{
    static const struct {
        const char *place, *id;
    } places[] = {{"header", "setheader"}, {"query", "setqueryparameter"}};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        const char *name;
        json_t *text;
        json_object_foreach(json_object_get(x->carried, places[i].place), name, text)
        {
            const value_t v = {.id = places[i].id, .name = str_of(name)};
            set_value(x, a, &v, json_view(text), "override");
        }
    }
}

/* --- the address --- */

static bool say_address(direct_t *x, const action_t *a)
{
    const request_definition_t *r = a->request;
    str_t base = x->base, path = path_in(x, a);
    str_t own = path;
    if (r && r->url) {
        take_apart(x, a, r->url, &base, &path);
    }
    if (!base.p) {
        return direct_leave_out(x, a, "request", "its address cannot be said");
    }
    if (!str_eq(base, x->host_url) || a->steps.count) {
        add_host(x, PHASE_HOST, a, base);
    }
    bool polls = a->trigger.kind == TRIGGER_POLLING && str_starts(own, STR("/trigger/")) &&
                 str_eq(path, str_slice(own, strlen("/trigger"), own.n));
    str_t method = r && r->method.n ? r->method : a->method;
    if ((!str_eq(path, own) && !polls) || !str_eq(method, a->method)) {
        bool same = str_eq(method, a->method);
        instance_add(x, PHASE_ROUTE, a, "routerequesttoendpoint",
                     json_pack("{s:o,s:o}", PARAMETER("newPath"), json_str(path),
                               PARAMETER("httpMethod"),
                               json_str(same ? STR("@Request.OriginalHTTPMethod") : method)));
    }
    return true;
}

bool direct_request(direct_t *x, const action_t *a)
{
    const request_definition_t *r = a->request;
    if (r && r->body_kind != BODY_NONE) {
        return direct_leave_out(x, a, "request", "a body that is built from the input");
    }
    bool ok = true;
    for (size_t i = 0; ok && i < a->steps.count; i++) {
        ok = say_step(x, a, &a->steps.list[i]);
    }
    ok = ok && say_address(x, a) && say_headers(x, a, &x->c->request_headers, r) &&
         say_query(x, a, x->c->request_query, r) && (!r || say_headers(x, a, &r->headers, NULL)) &&
         (!r || say_query(x, a, r->query, NULL));
    if (ok && !a->no_auth) {
        add_carried(x, a);
    }
    return ok;
}
