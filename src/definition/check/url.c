/* SPDX-License-Identifier: MIT */
/* URLs and hosts (FORMAT 9): every host that is known at load must match `hosts`, and no host may
 * be chosen by who calls, or by nothing at all. */
#include "codec/url.h"
#include "definition/build/refer.h"
#include "definition/check/check.h"

typedef struct site {
    loader_t *l;
    const use_t *use;
    str_t prefix, suffix; /* around the one value of the authority */
    str_t column;         /* of its choices; absent: none */
} site_t;

/* --- hosts --- */

static bool pattern_allows(const host_pattern_t *pattern, str_t host, uint16_t port)
{
    return (pattern->port == 0 || pattern->port == port) && url_host_matches(host, pattern->host);
}

static void check_host(const site_t *s, str_t host, uint16_t port)
{
    const connector_t *c = s->l->c;
    bool allowed = c->hosts_any || c->host_count == 0;
    for (size_t i = 0; i < c->host_count && !allowed; i++) {
        allowed = pattern_allows(&c->hosts[i], host, port);
    }
    if (!allowed) {
        loader_fault(s->l, ERR_host_not_in_hosts, s->use->at, "the host `%.*s` is not in `hosts`",
                     STR_ARG(host));
    }
}

/* Whether some host that ends with the text can match. */
static bool pattern_can_end(const host_pattern_t *pattern, str_t end)
{
    bool wild = str_starts(pattern->host, STR("*"));
    str_t rest = wild ? str_slice(pattern->host, 1, pattern->host.n) : pattern->host;
    return str_ends_nocase(rest, end) || (wild && str_ends_nocase(end, rest));
}

/* Of an authority whose value is not known, its end is. */
static void check_end(const site_t *s)
{
    const connector_t *c = s->l->c;
    str_t end = str_slice(s->suffix, 0, str_index(s->suffix, ':'));
    bool possible = c->hosts_any || c->host_count == 0 || end.n == 0;
    for (size_t i = 0; i < c->host_count && !possible; i++) {
        possible = pattern_can_end(&c->hosts[i], end);
    }
    if (!possible) {
        loader_fault(s->l, ERR_host_not_in_hosts, s->use->at,
                     "no host that ends with `%.*s` is in `hosts`", STR_ARG(end));
    }
}

/* --- values that are known: choices, enum, const, default --- */

static void warn_http(const site_t *s)
{
    loader_advise(s->l, ERR_http_url, s->use->at,
                  "http:// sends everything in the open and needs the operator's egress list: use "
                  "https://");
}

static void check_value_of(const site_t *s, str_t value)
{
    arena_t *scratch = s->l->scratch;
    url_t url;
    err_t err = ERR_INIT;
    bool whole = s->use->url->kind == URL_WHOLE;
    str_t text = whole ? value
                       : arena_printf(scratch, "https://%.*s%.*s%.*s", STR_ARG(s->prefix),
                                      STR_ARG(value), STR_ARG(s->suffix));
    if (!url_parse_in(scratch, text, &url, &err)) {
        loader_fault(s->l, ERR_host_not_in_hosts, s->use->at, "the value `%.*s` gives no URL: %s",
                     STR_ARG(str_slice(value, 0, 80)), err.text);
        return;
    }
    check_host(s, url.host, url.port);
    if (str_is(url.scheme, "http")) {
        warn_http(s);
    }
}

/* The empty text is absent. */
static void check_json(const site_t *s, const json_t *value)
{
    if (json_string_length(value) > 0) {
        check_value_of(s, str_at(json_string_value(value), json_string_length(value)));
    }
}

static void check_choices(const site_t *s, const field_t *field)
{
    for (size_t i = 0; i < field->choice_count; i++) {
        const choice_t *choice = &field->choices[i];
        if (s->column.p && choice->columns) {
            check_json(s, json_object_getn(choice->columns, s->column.p, s->column.n));
        } else if (!s->column.p) {
            check_value_of(s, choice->value);
        }
    }
}

static void check_field_values(void *context, const field_t *field)
{
    const site_t *s = context;
    check_choices(s, field);
    if (field->choice_count > 0 || field->secret) {
        return;
    }
    for (size_t i = 0; i < json_array_size(field->schema->enumeration); i++) {
        check_json(s, json_array_get(field->schema->enumeration, i));
    }
    check_json(s, field->schema->constant);
    check_json(s, schema_default_of(field->schema));
}

/* --- an authority --- */

/* The one expression of the authority; NULL where it has none or several. The suffix is what stands behind the last. */
static const expr_t *only_value(const url_template_t *url, site_t *s)
{
    const expr_t *value = NULL;
    bool several = false;
    s->prefix = s->suffix = STR("");
    for (size_t i = 0; i < url->authority_count; i++) {
        const template_part_t *part = &url->authority[i];
        if (part->expr) {
            several = value != NULL;
            value = part->expr;
            s->suffix = STR("");
        } else {
            *(value ? &s->suffix : &s->prefix) = part->text;
        }
    }
    return several ? NULL : value;
}

/* What the value can be, as far as the file tells. */
static void check_expr(site_t *s, const expr_t *e)
{
    bool everywhere;
    if (e->kind == EXPR_TEXT && e->text.n > 0) {
        check_value_of(s, e->text);
    } else if (e->kind == EXPR_REF && e->root == ROOT_CONNECTION && e->step_count > 0 &&
               e->step_count <= 2) {
        s->column = e->step_count == 2 ? e->steps[1].name : STR_NONE;
        refer_connection(s->l->c, s->use->view, e->steps[0].name, check_field_values, s,
                         &everywhere);
    } else if (e->kind == EXPR_CALL &&
               str_is(str_of(template_function_name(e->function)), "default")) {
        for (size_t i = 0; i < e->argument_count; i++) {
            check_expr(s, e->arguments[i]);
        }
    }
}

static void check_known_hosts(const use_t *use, site_t *s)
{
    uint16_t port;
    str_t host = url_template_constant_host(use->url, &port);
    if (host.p) {
        check_host(s, host, port ? port : str_is(use->url->scheme, "http") ? 80 : 443);
        return;
    }
    const expr_t *value = only_value(use->url, s);
    if (!value || s->suffix.n > 0) {
        check_end(s);
    }
    if (value) {
        check_expr(s, value);
    }
}

/* --- who chooses the host --- */

typedef struct origin {
    bool connection, input, other;
} origin_t;

static void note_origin(void *context, const expr_t *ref, bool sure)
{
    origin_t *o = context;
    (void)sure;
    o->connection = o->connection || ref->root == ROOT_CONNECTION;
    o->input = o->input || ref->root == ROOT_INPUT;
    o->other = o->other || (ref->root != ROOT_CONNECTION && ref->root != ROOT_INPUT);
}

static void check_origin(loader_t *l, const use_t *use)
{
    origin_t origin = {.connection = false};
    for (size_t i = 0; i < use->url->authority_count; i++) {
        if (use->url->authority[i].expr) {
            expr_visit(use->url->authority[i].expr, note_origin, &origin);
        }
    }
    if (origin.input) {
        loader_fault(l, ERR_template_input_in_host, use->at,
                     "input may not choose the host: take it from a connection parameter");
    }
    if (l->c->hosts_any && origin.other && !origin.connection) {
        loader_fault(l, ERR_definition_unbounded_host, use->at,
                     "nothing bounds this host: with `hosts: any` it comes from a connection "
                     "parameter; list the `hosts` that an answer may name");
    }
}

/* --- base_url --- */

static bool has_base_url(const connector_t *c, const view_t *view)
{
    bool all = true;
    if (c->base_url || (view->auth && view->auth->base_url)) {
        return true;
    }
    for (size_t i = 0; i < c->auth_count; i++) {
        all = all && c->auths[i].base_url;
    }
    return all && !view->auth;
}

static void check_relative(loader_t *l, const view_t *view, spot_t at)
{
    if (!yaml_get(l->root, "base_url") && !has_base_url(l->c, view)) {
        loader_fault(l, ERR_url_missing, at,
                     "`base_url` is needed: this begins with `/` and stands behind it");
    }
}

static void check_url(loader_t *l, const use_t *use)
{
    site_t s = {.l = l, .use = use};
    if (use->url->kind == URL_RELATIVE) {
        check_relative(l, use->view, use->at);
        return;
    }
    check_origin(l, use);
    if (use->is_name) {
        return;
    }
    check_known_hosts(use, &s);
    if (str_is(use->url->scheme, "http")) {
        warn_http(&s);
    }
}

/* Calls whose own path is the URL. */
static void check_path(loader_t *l, const action_t *action)
{
    const view_t outside = {.action = action};
    bool is_path = action->kind == ACTION_REQUEST && action->path.p &&
                   !yaml_get(yaml_get(action_node(l, action), "request"), "url");
    if (is_path) {
        check_relative(l, &outside, action_spot(action));
    }
}

void check_urls(loader_t *l)
{
    for (size_t i = 0; i < l->use_count; i++) {
        if (l->uses[i].url) {
            check_url(l, &l->uses[i]);
        }
    }
    for (size_t i = 0; i < l->c->action_count; i++) {
        check_path(l, &l->c->actions[i]);
    }
}
