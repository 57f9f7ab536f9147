/* SPDX-License-Identifier: MIT */
/* Where a service's sign-in page sends the browser back to (RFC 6749 4.1.2), and where people stand
 * who signed out. */
#include "api/browser.h"
#include "api/handlers.h"
#include "codec/form.h"
#include "codec/json.h"

enum { PARTS_MAX = 64, BINDING_LIFE_S = 600 };

/* --- the cookie that ties a sign-in to its browser; one each, so that two tabs do not meet --- */

static str_t binding_name(const resource_t *r, str_t state)
{
    return browser_name_of(r, "tenon_sign_in_", state);
}

static str_t binding_cookie(const resource_t *r, str_t state, str_t binding)
{
    return browser_set_cookie(r, &(browser_cookie_t){.name = binding_name(r, state),
                                                     .value = binding,
                                                     .path = "/oauth/callback",
                                                     .max_age_s = BINDING_LIFE_S});
}

str_t callback_binding_cookie(const resource_t *r, const json_t *begun)
{
    return binding_cookie(r, json_member(begun, "state"), json_member(begun, "binding"));
}

/* --- what came back --- */

/* By OAuth 2.0 and 1.0a (RFC 6749 4.1.2, RFC 5849 2.2). */
static bool names_any(const json_t *all, const char *const *names)
{
    bool any = false;
    for (; *names; names++) {
        any = any || json_member(all, *names).n;
    }
    return any;
}

/* `customField` is what SHOPLINE calls it. */
static void find_state(json_t *all)
{
    json_t *other = json_object_get(all, "customField");
    if (other && !json_object_get(all, "state")) {
        json_object_set(all, "state", other);
    }
}

static bool is_code_or_error(const json_t *all)
{
    static const char *const CODES[] = {"code", "oauth_verifier", NULL};
    static const char *const ERRORS[] = {"error", "oauth_problem", "denied", NULL};
    return names_any(all, CODES) != names_any(all, ERRORS);
}

/* As an object; each name once. Errors: callback_params, those of the form. */
static json_t *read_parameters(resource_t *r, err_t *err)
{
    form_t form = {0};
    json_t *all = json_object();
    if (r->view->query.p && !form_read_urlencoded_in(http_request_arena(r->request), r->view->query,
                                                     PARTS_MAX, &form, err)) {
        json_decref(all);
        return NULL;
    }
    for (size_t i = 0; i < form.count; i++) {
        const form_part_t *part = &form.parts[i];
        if (json_object_getn(all, part->name.p, part->name.n)) {
            err_set(err, ERR_callback_params, "the answer of the sign-in page names a value twice");
        }
        json_object_setn_new(all, part->name.p, part->name.n, json_str(part->value));
    }
    find_state(all);
    if (!json_member(all, "state").n) {
        err_set(err, ERR_callback_state, "there is no `state` in the answer of the sign-in page");
    } else if (!is_code_or_error(all)) {
        err_set(err, ERR_callback_params,
                "the answer of the sign-in page holds neither a code nor an error, or both");
    }
    if (err_is_set(err)) {
        json_decref(all);
        return NULL;
    }
    return all;
}

static void on_ended(void *context, json_t *output, const err_t *err)
{
    resource_t *r = context;
    str_t state = json_member(r->body, "state");
    str_t no_cookie = binding_cookie(r, state, STR(""));
    if (output) {
        browser_send_to(r, browser_address(r, "/connect/", json_member(output, "session")),
                        no_cookie);
    } else { /* what is not over goes on in the browser where it began */
        bool is_over = err->code == ERR_callback_issuer || err->code == ERR_connection_removed;
        browser_fault(r, err, is_over ? no_cookie : STR_NONE);
    }
}

void callback_receive(resource_t *r)
{
    err_t err = ERR_INIT;
    if (browser_only_looks(r)) {
        return;
    }
    json_t *callback = read_parameters(r, &err);
    if (!callback) {
        browser_fault(r, &err, STR_NONE);
        return;
    }
    str_t state = json_member(callback, "state");
    json_t *input = json_object();
    json_object_set_new(input, "state", json_str(state));
    json_object_set_new(input, "binding", json_str(browser_get_cookie(r, binding_name(r, state))));
    json_object_set_new(input, "path", json_str(r->view->path));
    json_object_set_new(input, "callback", json_deep_copy(callback));
    r->body = callback;
    const actor_t actor = resource_actor(r);
    manager_admin(worker_options(r->worker)->manager, ADMIN_SIGN_IN_END, input, &actor, on_ended,
                  r);
}

/* --- signed out --- */

void callback_signed_out(resource_t *r)
{
    connect_page_t page = {.stage = CONNECT_SIGNED_OUT};
    browser_connect_page(r, &page, STR_NONE);
}
