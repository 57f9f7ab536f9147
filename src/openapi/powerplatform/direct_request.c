/* SPDX-License-Identifier: MIT */
/* Where an action's request goes, and what is fetched before it, as policy templates: the reverse
 * of what an importer makes of them. */
#include "openapi/powerplatform/direct.h"

enum { PATH_MAX_BYTES = 64 * 1024 };

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

/* A URL in its two parts; the path of the document takes no policy. base absent: it cannot be said.
 */
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

static json_t *fetch_of(const step_t *step, const target_t *to, str_t path)
{
    buf_t value;
    buf_init(&value, PATH_MAX_BYTES);
    buf_lit(&value, "@body()");
    say_steps(&value, to->value->steps + 2, to->value->step_count - 2);
    json_t *parameters = json_pack(
        "{s:o,s:o,s:o,s:o,s:s}", PARAMETER("parameterTemplate"),
        json_sprintf("@%s('%.*s')", to->place, STR_ARG(to->name)), PARAMETER("parameterValueUrl"),
        json_str(path), PARAMETER("parameterValuePathTemplate"), json_str(buf_view(&value)),
        PARAMETER("httpMethod"),
        json_str(step->request.method.n ? step->request.method : STR("GET")), POLICY_SECTION,
        "Request");
    buf_fini(&value);
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
    if (!to.value || !base.p || !direct_step_is_usual(x, a, step) || r->query ||
        r->body_kind != BODY_NONE || r->expect.count) {
        return direct_leave_out(x, a, "steps", "the step %.*s is more than a value for one field",
                                STR_ARG(step->name));
    }
    if (!str_eq(base, x->host_url)) {
        add_host(x, PHASE_STEP_HOST, a, base);
    }
    instance_add(x, PHASE_STEP, a, "setvaluefromurl", fetch_of(step, &to, path));
    return true;
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
    return ok && say_address(x, a) && direct_values(x, a);
}
