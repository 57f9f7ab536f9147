/* SPDX-License-Identifier: MIT */
/* /v1/session: signing in to the console by a key, or by the set-up link that makes the first one;
 * and out. */
#include "api/browser.h"
#include "api/console_sessions.h"
#include "api/handlers.h"
#include "api/wrong_keys.h"
#include "base/clock.h"
#include "codec/json.h"

static const body_member_t BEGIN_MEMBERS[] = {{"key", JSON_STRING, false},
                                              {"setup", JSON_STRING, false}};
enum { BODY_BYTES_MAX = 4096 }; /* anybody may send one: it is not read before it is measured */
const body_t BODY_SESSION_BEGIN = BODY_OF(BEGIN_MEMBERS);

/* --- what is told of a session --- */

static json_t *names_of(const caller_key_t *caller)
{
    json_t *names = json_array();
    for (size_t i = 0; i < caller->connection_count; i++) {
        json_array_append_new(names, json_string(caller->connections[i]));
    }
    return names;
}

static json_t *rights_of(const caller_key_t *caller)
{
    json_t *rights = json_array();
    for (unsigned right = 0; right < KEY_RIGHT_COUNT; right++) {
        if (caller_key_has(caller, (key_right_t)right)) {
            json_array_append_new(rights, json_string(key_right_name((key_right_t)right)));
        }
    }
    return rights;
}

static json_t *show(const resource_t *r, const char *csrf)
{
    const caller_key_t *caller = r->caller;
    json_t *shown = json_object();
    json_object_set_new(shown, "key_id", json_string(caller->id));
    json_object_set_new(shown, "role", json_string(caller->is_admin ? "admin" : "caller"));
    json_object_set_new(shown, "connections", names_of(caller));
    json_object_set_new(shown, "rights", rights_of(caller));
    json_object_set_new(shown, "csrf", json_string(csrf));
    json_object_set_new(shown, "idle_seconds",
                        json_integer(console_sessions_idle_ms(r->api->sessions) / 1000));
    return shown;
}

static void on_found(resource_t *r)
{
    if (r->csrf) {
        resource_answer(r, 200, show(r, r->csrf));
    } else { /* a key was shown */
        resource_refuse_signed_out(r);
    }
}

void session_show(resource_t *r)
{
    if (browser_get_session(r).n) {
        resource_identify(r, on_found);
    } else { /* a page that asks whether somebody is signed in is nobody to be told of */
        resource_refuse_signed_out(r);
    }
}

/* --- signing in --- */

/* Always under a new cookie: one that was there before, whoever put it there, opens nothing. */
static void on_begun(resource_t *r)
{
    console_session_t session;
    char cookie[BROWSER_SECRET_ROOM];
    browser_digest_t before = browser_digest_of(browser_get_session(r));
    console_session_end(r->api->sessions, &before);
    console_session_begin(r->api->sessions, r->caller, clock_boot_ms(), cookie, &session);
    json_t *shown = show(r, session.csrf);
    if (json_object_get(r->body, "setup")) {
        json_object_set(shown, "key", json_object_get(r->body, "key"));
    }
    const http_header_t set = {STR("set-cookie"), browser_set_session(r, str_of(cookie))};
    secret_wipe(cookie, sizeof cookie);
    resource_answer_with(r, 200, shown, &set);
}

static void refuse_wrong(resource_t *r, const char *what)
{
    int64_t pause_ms =
        wrong_keys_add(r->api->wrong_keys, http_request_peer(r->request), clock_boot_ms());
    err_t err = ERR_INIT;
    if (pause_ms) {
        (void)err_set(&err, ERR_sign_in_delayed,
                      "%s, and neither were those before it: wait before the next one", what);
        err.retry_after_ms = pause_ms;
    } else {
        (void)err_set(&err, ERR_unauthorized, "%s", what);
    }
    resource_fail(r, &err);
}

static void on_caller(void *context, caller_key_t *caller, const err_t *refusal)
{
    resource_t *r = context;
    r->caller = caller;
    if (caller) {
        wrong_keys_forget(r->api->wrong_keys, http_request_peer(r->request));
        resource_tell_then(r, ERR_none, on_begun);
    } else if (refusal->code == ERR_unauthorized) {
        refuse_wrong(r, "this is no key of this host, or not any more");
    } else {
        resource_fail(r, refusal);
    }
}

static void begin_by_key(resource_t *r)
{
    worker_identify_shown(r->worker, r->request, json_member(r->body, "key"), on_caller, r);
}

static void on_set_up(void *context, json_t *output, const err_t *err)
{
    resource_t *r = context;
    if (output) {
        json_object_set(r->body, "key", json_object_get(output, "key"));
        begin_by_key(r);
    } else if (err->code == ERR_unauthorized) {
        refuse_wrong(r, err->text);
    } else {
        resource_fail(r, err);
    }
}

static void begin_by_link(resource_t *r)
{
    json_t *input = json_pack("{s:O}", "setup", json_object_get(r->body, "setup"));
    actor_t actor = resource_actor(r);
    actor.kind = ACTOR_SETUP_LINK;
    manager_admin(worker_options(r->worker)->manager, ADMIN_SETUP, input, &actor, on_set_up, r);
}

static bool read_begin(resource_t *r, err_t *err)
{
    if (http_request_header(r->request, "origin").p && !browser_is_own_origin(r)) {
        return err_set(err, ERR_csrf_rejected, "sign in at %.*s, where this host is known",
                       STR_ARG(worker_options(r->worker)->public_url));
    }
    if (r->view->body.n > BODY_BYTES_MAX) {
        return err_set(err, ERR_body_too_large, "a sign-in has at most %d bytes", BODY_BYTES_MAX);
    }
    if (!resource_read_body(r, err)) {
        return false;
    }
    if (!json_object_get(r->body, "key") == !json_object_get(r->body, "setup")) {
        return err_add_detail(err, ERR_param_missing, "/key",
                              "either `key`, or `setup` with the code of the set-up link");
    }
    return true;
}

void session_begin(resource_t *r)
{
    err_t err = ERR_INIT;
    if (!read_begin(r, &err)) {
        resource_fail(r, &err);
        err_fini(&err);
    } else if (!resource_can_tell(r)) {
        return;
    } else if (json_object_get(r->body, "setup")) {
        begin_by_link(r);
    } else {
        begin_by_key(r);
    }
}

/* --- signing out --- */

static void on_ended(resource_t *r)
{
    const http_header_t headers[] = {{STR("cache-control"), STR("no-store")},
                                     {STR("set-cookie"), browser_set_session(r, STR(""))}};
    console_session_end(r->api->sessions, &r->session);
    resource_answer_as(r, 204, headers, sizeof headers / sizeof *headers, STR(""));
}

void session_end(resource_t *r)
{
    if (!r->csrf) {
        resource_refuse(r, ERR_not_found,
                        "a key that is shown with a request has no session to end");
    } else if (resource_can_tell(r)) {
        resource_tell_then(r, ERR_none, on_ended);
    }
}
