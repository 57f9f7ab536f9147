/* SPDX-License-Identifier: MIT */
#include "api/connect_visit.h"

#include "codec/form.h"
#include "codec/json.h"

enum { QUERY_PARTS_MAX = 16 };

str_t visit_cookie_name(arena_t *arena, str_t id)
{
    return arena_printf(arena, "tenon_connect_%.*s", STR_ARG(id));
}

/* --- answers --- */

static connect_view_t view_of(const visit_t *v, const err_t *fault)
{
    return (connect_view_t){.connector = v->connector,
                            .auth = v->auth,
                            .session = v->session,
                            .shown = v->shown,
                            .given = v->given,
                            .fault = fault,
                            .action = browser_path(v->r, "/connect/")};
}

void visit_show_form(visit_t *v, const err_t *fault)
{
    buf_t html;
    connect_view_t view = view_of(v, fault);
    int status = fault ? err_code_status(fault->code) : 200;
    buf_init(&html, CONNECT_HTML_MAX);
    view.action = arena_printf(v->arena, "%.*s%.*s", STR_ARG(view.action), STR_ARG(v->id));
    connect_write_form(&html, &view);
    browser_page(v->r, status, fault ? fault->code : ERR_none, buf_view(&html), STR_NONE);
    buf_fini(&html);
}

void visit_show_result(visit_t *v)
{
    buf_t html;
    connect_view_t view = view_of(v, NULL);
    buf_init(&html, CONNECT_HTML_MAX);
    connect_write_result(&html, &view,
                         arena_printf(v->arena, "%.*s%.*s?again=1", STR_ARG(view.action),
                                      STR_ARG(v->id)));
    browser_page(v->r, 200, ERR_none, buf_view(&html), STR_NONE);
    buf_fini(&html);
}

void visit_fault(resource_t *r, const err_t *err)
{
    buf_t html;
    buf_init(&html, CONNECT_HTML_MAX);
    connect_write_fault(&html, err);
    browser_page(r, err_code_status(err->code), err->code, buf_view(&html), STR_NONE);
    buf_fini(&html);
}

void visit_refuse(visit_t *v, const err_t *err)
{
    visit_fault(v->r, err);
}

void visit_go_on(visit_t *v)
{
    browser_send_to(v->r, browser_address(v->r, "/connect/", v->id), STR_NONE);
}

/* --- questions --- */

static void on_answer(void *context, json_t *output, const err_t *err)
{
    visit_t *v = context;
    if (err_is_set(err)) {
        visit_show_form(v, err);
    } else {
        v->then(v, output);
    }
}

void visit_ask(visit_t *v, admin_verb_t verb, json_t *input,
               void (*then)(visit_t *v, json_t *output))
{
    v->then = then;
    manager_admin(worker_options(v->r->worker)->manager, verb, input,
                  json_member(v->session, "who"), on_answer, v);
}

json_t *visit_key(const visit_t *v)
{
    json_t *key = json_object();
    json_object_set_new(key, "id", json_str(v->id));
    json_object_set_new(key, "cookie", json_str(v->cookie));
    return key;
}

/* --- opening --- */

static void release(void *context)
{
    visit_t *v = context;
    connector_unref(v->connector);
    json_decref(v->session);
    json_decref(v->shown);
    json_decref(v->given);
}

static void on_shown(visit_t *v, json_t *output)
{
    v->shown = json_deep_copy(output);
    v->on_open(v);
}

static str_t asked_auth(const visit_t *v)
{
    form_t query;
    err_t ignored = ERR_INIT;
    if (v->r->view->query.p && form_read_urlencoded_in(v->arena, v->r->view->query, QUERY_PARTS_MAX,
                                                       &query, &ignored)) {
        for (size_t i = 0; i < query.count; i++) {
            if (str_is(query.parts[i].name, CONNECT_FIELD_AUTH)) {
                return query.parts[i].value;
            }
        }
    }
    return STR_NONE;
}

static void on_session(void *context, json_t *output, const err_t *err)
{
    visit_t *v = context;
    if (err_is_set(err)) {
        visit_refuse(v, err);
        return;
    }
    v->session = json_deep_copy(output);
    const connector_t *connector =
        snapshot_connector(worker_snapshot(v->r->worker), json_member(output, "connector"));
    v->connector = connector ? connector_ref(connector) : NULL;
    v->auth = connector ? connect_auth(connector, v->session, asked_auth(v)) : NULL;
    if (!v->auth) {
        err_t gone = ERR_INIT;
        (void)err_set(&gone, ERR_not_found, "the connector of this link is not here any more");
        visit_refuse(v, &gone);
    } else if (json_is_true(json_object_get(output, "is_made"))) {
        visit_ask(v, ADMIN_CONNECTION_SHOW,
                  json_pack("{s:o}", "name", json_str(json_member(v->session, "name"))), on_shown);
    } else {
        v->on_open(v);
    }
}

void visit_open(resource_t *r, void (*on_open)(visit_t *v))
{
    arena_t *arena = http_request_arena(r->request);
    visit_t *v = arena_new_of(arena, visit_t);
    arena_on_free(arena, release, v);
    v->r = r;
    v->arena = arena;
    v->on_open = on_open;
    v->id = r->variables[0];
    v->cookie = browser_get_cookie(r, visit_cookie_name(arena, v->id));
    manager_admin(worker_options(r->worker)->manager, ADMIN_SESSION_SHOW, visit_key(v), STR("connect"),
                  on_session, v);
}
