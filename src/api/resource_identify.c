/* SPDX-License-Identifier: MIT */
/* Who asks. Programs show a key. Browsers hold the cookie of a session of the console, which counts
 * below /v1 only; there, what changes something must come from the console's own page: it says the
 * session's secret, and the browser says where it comes from. */
#include "api/browser.h"
#include "api/console_sessions.h"
#include "base/clock.h"
#include "seal/hash.h"

static bool changes(const resource_t *r)
{
    return r->may_change ||
           (!str_is(r->view->method, "GET") && !str_is(r->view->method, "HEAD"));
}

/* A browser sends no Origin along with GET and HEAD to where the page is from (Fetch 3.2); then
 * Sec-Fetch-Site says the same. */
static bool is_from_own_page(const resource_t *r)
{
    if (http_request_header(r->request, "origin").p) {
        return browser_is_own_origin(r);
    }
    bool is_safe = str_is(r->view->method, "GET") || str_is(r->view->method, "HEAD");
    return is_safe && str_is(http_request_header(r->request, "sec-fetch-site"), "same-origin");
}

static bool is_of_console(const resource_t *r)
{
    str_t shown = http_request_header(r->request, "x-tenon-csrf");
    return bytes_equal(shown, str_of(r->csrf)) && is_from_own_page(r);
}

static void refuse_forged(resource_t *r)
{
    resource_note_refusal(r, ERR_csrf_rejected);
    resource_refuse(r, ERR_csrf_rejected,
                    "a change by session needs its `X-Tenon-CSRF` and comes from a page at %.*s",
                    STR_ARG(worker_options(r->worker)->public_url));
}

static void on_caller(void *context, caller_key_t *caller, const err_t *refusal)
{
    resource_t *r = context;
    r->caller = caller;
    if (!caller && r->csrf && refusal->code == ERR_unauthorized) { /* revoked, or expired */
        console_session_end(r->api->sessions, &r->session);
        resource_refuse_signed_out(r);
    } else if (!caller) {
        resource_fail(r, refusal);
    } else if (r->csrf && changes(r) && !is_of_console(r)) {
        refuse_forged(r);
    } else {
        r->on_identified(r);
    }
}

/* What a page asks for by itself, again and again, is no use: else a forgotten tab stayed signed
 * in. */
static bool is_use(const resource_t *r)
{
    return !http_request_header(r->request, "x-tenon-background").p &&
           !str_is(http_request_header(r->request, "accept"), "text/event-stream");
}

static void identify_by_session(resource_t *r, str_t cookie)
{
    console_session_t found;
    r->session = browser_digest_of(cookie);
    if (console_session_find(r->api->sessions, &r->session, clock_boot_ms(), is_use(r), &found)) {
        r->csrf = arena_str(http_request_arena(r->request), str_of(found.csrf)).p;
        worker_identify_kept(r->worker, r->request, &found.key, on_caller, r);
    } else {
        resource_refuse_signed_out(r);
    }
}

void resource_identify(resource_t *r, void (*on_identified)(resource_t *r))
{
    bool shows_key = r->view->local || r->view->authorization.p || r->view->api_key.p;
    str_t cookie = STR_NONE;
    if (!shows_key && str_starts(r->view->path, STR("/v1/"))) {
        cookie = browser_get_session(r);
    }
    r->on_identified = on_identified;
    if (cookie.n) {
        identify_by_session(r, cookie);
    } else {
        worker_identify(r->worker, r->request, on_caller, r);
    }
}

void resource_refuse_signed_out(resource_t *r)
{
    resource_refuse(r, ERR_unauthorized, "nobody is signed in here, or not any more; sign in");
}
