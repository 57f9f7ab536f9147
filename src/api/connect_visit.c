/* SPDX-License-Identifier: MIT */
#include "api/connect_visit.h"

#include <stdio.h>

#include "api/connect_offer.h"
#include "codec/form.h"
#include "codec/json.h"

#define WATCH "watch=1"

enum { QUERY_PARTS_MAX = 16, RETURN_URL_MAX = 16 * 1024, REFRESH_LEAST_S = 5 };

str_t visit_cookie_name(arena_t *arena, str_t id)
{
    return arena_printf(arena, "tenon_connect_%.*s", STR_ARG(id));
}

/* --- answers --- */

static str_t own_path(const visit_t *v, const char *end)
{
    return arena_printf(v->arena, "%.*s%.*s%s", STR_ARG(browser_path(v->r, "/connect/")),
                        STR_ARG(v->id), end);
}

static connect_page_t page_of(const visit_t *v, connect_stage_t stage)
{
    return (connect_page_t){.stage = stage,
                            .connector = v->connector,
                            .requester = json_member(v->session, "requester"),
                            .name = json_member(v->session, "name"),
                            .title = json_member(v->session, "title"),
                            .reconnects = json_is_true(json_object_get(v->session, "reconnects"))};
}

static void write_return_url(const visit_t *v, buf_t *to)
{
    buf_init(to, RETURN_URL_MAX);
    connect_offer_return_url(to, v->session);
}

void visit_show_form(visit_t *v, const err_t *fault)
{
    connect_page_t page = page_of(v, CONNECT_FORM);
    page.auths = json_object_get(v->session, "auths");
    page.auth = v->auth;
    page.preset = json_object_get(v->session, "parameters");
    page.stored = json_object_get(v->shown, "parameters");
    page.given = v->given;
    page.fault = fault;
    page.action = own_path(v, "");
    page.csrf = json_member(v->session, "csrf");
    page.redirect_url =
        manager_redirect_uri_in(worker_options(v->r->worker)->manager, v->arena, v->connector->id);
    page.logout_url = browser_address(v->r, "/oauth/logout", STR(""));
    buf_t back;
    write_return_url(v, &back);
    page.return_url = buf_view(&back);
    browser_connect_page(v->r, &page, STR_NONE);
    buf_fini(&back);
}

/* No sooner than something can have changed, and not while a person still finds their way. */
static unsigned refresh_s(const json_t *device)
{
    json_int_t interval = json_integer_value(json_object_get(device, "interval"));
    return interval < REFRESH_LEAST_S ? REFRESH_LEAST_S : (unsigned)interval;
}

bool visit_watches(const visit_t *v)
{
    return str_is(v->r->view->query, WATCH);
}

void visit_show_waiting(visit_t *v)
{
    connect_page_t page = page_of(v, CONNECT_WAITING);
    buf_t back;
    write_return_url(v, &back);
    page.return_url = buf_view(&back);
    page.device = json_object_get(v->session, "device");
    page.refresh_s = visit_watches(v) ? refresh_s(page.device) : 0;
    page.watch_url = own_path(v, "?" WATCH);
    page.action = own_path(v, "");
    browser_connect_page(v->r, &page, STR_NONE);
    buf_fini(&back);
}

void visit_show_result(visit_t *v)
{
    const json_t *outcome = json_object_get(v->session, "outcome");
    bool ok = json_is_true(json_object_get(outcome, "ok"));
    connect_page_t page = page_of(v, ok ? CONNECT_DONE : CONNECT_FAILED);
    buf_t back;
    write_return_url(v, &back);
    page.return_url = buf_view(&back);
    if (!ok) {
        page.outcome = outcome;
        page.again_url = own_path(v, "?again=1");
    }
    browser_connect_page(v->r, &page, STR_NONE);
    buf_fini(&back);
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

actor_t visit_actor(const visit_t *v)
{
    actor_t actor = resource_actor(v->r);
    snprintf(actor.session, sizeof actor.session, "%.*s", STR_ARG(v->id));
    snprintf(actor.key, sizeof actor.key, "%.*s", STR_ARG(json_member(v->session, "made_by")));
    return actor;
}

void visit_ask(visit_t *v, admin_verb_t verb, json_t *input,
               void (*then)(visit_t *v, json_t *output))
{
    const actor_t actor = visit_actor(v);
    v->then = then;
    manager_admin(worker_options(v->r->worker)->manager, verb, input, &actor, on_answer, v);
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
    if (v->r->view->query.p &&
        form_read_urlencoded_in(v->arena, v->r->view->query, QUERY_PARTS_MAX, &query, &ignored)) {
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
        browser_fault(v->r, err, STR_NONE);
        return;
    }
    v->session = json_deep_copy(output);
    const connector_t *connector =
        snapshot_connector(worker_snapshot(v->r->worker), json_member(output, "connector"));
    v->connector = connector ? connector_ref(connector) : NULL;
    v->auth = connector ? connect_offer_auth(connector, v->session, asked_auth(v)) : NULL;
    if (!v->auth) {
        err_t gone = ERR_INIT;
        (void)err_set(&gone, ERR_not_found, "the connector of this link is not here any more");
        browser_fault(v->r, &gone, STR_NONE);
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
    const actor_t actor = resource_actor(r);
    manager_admin(worker_options(r->worker)->manager, ADMIN_SESSION_SHOW, visit_key(v), &actor,
                  on_session, v);
}
