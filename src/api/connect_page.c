/* SPDX-License-Identifier: MIT */
/* GET /connect/{link or session}: the first visit trades the link for a cookie; then the page. And
 * the style sheet of all pages. */
#include "api/connect_visit.h"
#include "api/handlers.h"
#include "codec/json.h"

enum { LINK_CHARACTERS = 43, COOKIE_LIFE_S = 30 * 60 };

/* --- the first visit --- */

static void on_traded(void *context, json_t *output, const err_t *err)
{
    resource_t *r = context;
    if (!output) {
        browser_fault(r, err, STR_NONE);
        return;
    }
    str_t id = json_member(output, "id");
    str_t cookie = json_member(output, "cookie");
    arena_t *arena = http_request_arena(r->request);
    const browser_cookie_t set = {.name = visit_cookie_name(arena, id),
                                  .value = cookie,
                                  .path = "/connect",
                                  .max_age_s = COOKIE_LIFE_S};
    browser_send_to(r, browser_address(r, "/connect/", id),
                    cookie.p ? browser_set_cookie(r, &set) : STR_NONE);
}

/* Who opened the link before and comes by it again is known by the cookie. */
static json_t *cookies_of(const resource_t *r)
{
    static const str_t prefix = STR_INIT("tenon_connect_");
    json_t *cookies = json_object();
    str_t name, value;
    for (str_t rest = r->view->cookie; browser_next_cookie(&rest, &name, &value);) {
        if (str_starts(name, prefix)) {
            str_t id = str_slice(name, prefix.n, name.n);
            json_object_setn_new(cookies, id.p, id.n, json_str(value));
        }
    }
    return cookies;
}

static void trade(resource_t *r)
{
    json_t *input = json_object();
    json_object_set_new(input, "link", json_str(r->variables[0]));
    json_object_set_new(input, "cookies", cookies_of(r));
    const actor_t actor = resource_actor(r);
    manager_admin(worker_options(r->worker)->manager, ADMIN_SESSION_TRADE, input, &actor, on_traded,
                  r);
}

/* --- the page --- */

static bool wants_again(const visit_t *v)
{
    return v->r->view->query.p != NULL && !visit_watches(v);
}

static void show(visit_t *v)
{
    if (json_object_get(v->session, "outcome") && !wants_again(v)) {
        visit_show_result(v);
    } else if (json_object_get(v->session, "device") && !wants_again(v)) {
        visit_show_waiting(v);
    } else {
        visit_show_form(v, NULL);
    }
}

void connect_show(resource_t *r)
{
    if (browser_only_looks(r)) {
        return;
    }
    if (r->variables[0].n == LINK_CHARACTERS) {
        trade(r);
    } else {
        visit_open(r, show);
    }
}

/* --- the style sheet --- */

void connect_style_show(resource_t *r)
{
    const resource_document_t style = {.type = STR("text/css; charset=utf-8"),
                                       .text = connect_style(),
                                       .tag = connect_style_etag()};
    resource_answer_document(r, &style);
}
