/* SPDX-License-Identifier: MIT */
#include "api/browser.h"

#include "codec/base64.h"
#include "codec/url.h"
#include "seal/hash.h"

enum { HEADERS_MAX = 10 };

/* A form may lead to a service's sign-in page (browsers hold form-action against redirects, too),
 * which is https but on a developer's machine. */
#define CSP                                                                                        \
    "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; "              \
    "form-action 'self' https:"

static bool has_tls(const resource_t *r)
{
    return str_starts(worker_options(r->worker)->public_url, STR("https:"));
}

static void add(http_header_t *headers, size_t *count, str_t name, str_t value)
{
    headers[(*count)++] = (http_header_t){name, value};
}

static size_t begin_headers(const resource_t *r, http_header_t *headers, str_t set_cookie)
{
    size_t count = 0;
    add(headers, &count, STR("cache-control"), STR("no-store"));
    add(headers, &count, STR("content-security-policy"), has_tls(r) ? STR(CSP) : STR(CSP " http:"));
    add(headers, &count, STR("referrer-policy"), STR("no-referrer"));
    add(headers, &count, STR("x-content-type-options"), STR("nosniff"));
    add(headers, &count, STR("x-frame-options"), STR("DENY"));
    if (set_cookie.p) {
        add(headers, &count, STR("set-cookie"), set_cookie);
    }
    return count;
}

static void answer_html(resource_t *r, const err_t *fault, str_t html, str_t set_cookie)
{
    http_header_t headers[HEADERS_MAX];
    size_t count = begin_headers(r, headers, set_cookie);
    add(headers, &count, STR("content-type"), STR("text/html; charset=utf-8"));
    if (fault) {
        add(headers, &count, STR("tenon-error"), str_of(err_code_name(fault->code)));
    }
    resource_answer_as(r, fault ? err_code_status(fault->code) : 200, headers, count, html);
}

void browser_connect_page(resource_t *r, connect_page_t *page, str_t set_cookie)
{
    buf_t html; /* may hold what a person typed */
    buf_init_wiping(&html, CONNECT_PAGE_MAX);
    page->style_url = browser_path(r, "/connect/style.css");
    connect_page_write(&html, page);
    if (buf_ok(&html)) {
        answer_html(r, page->fault, buf_view(&html), set_cookie);
    } else {
        resource_refuse(r, ERR_internal_error, "the page is too large");
    }
    buf_fini(&html);
}

void browser_fault(resource_t *r, const err_t *err, str_t set_cookie)
{
    connect_page_t page = {.stage = CONNECT_GONE, .fault = err};
    browser_connect_page(r, &page, set_cookie);
}

void browser_send_to(resource_t *r, str_t location, str_t set_cookie)
{
    http_header_t headers[HEADERS_MAX];
    size_t count = begin_headers(r, headers, set_cookie);
    add(headers, &count, STR("location"), location);
    resource_answer_as(r, 303, headers, count, STR(""));
}

/* A page that is fetched ahead is not kept, so it is asked for again when it is wanted. */
static bool is_ahead(const resource_t *r)
{
    str_t purpose = http_request_header(r->request, "sec-purpose");
    return str_starts(purpose, STR("prefetch")) ||
           str_is(http_request_header(r->request, "purpose"), "prefetch");
}

bool browser_only_looks(resource_t *r)
{
    if (!str_is(r->view->method, "HEAD") && !is_ahead(r)) {
        return false;
    }
    answer_html(r, NULL, STR(""), STR_NONE);
    return true;
}

/* --- addresses --- */

str_t browser_address(const resource_t *r, const char *path, str_t rest)
{
    return arena_printf(http_request_arena(r->request), "%.*s%s%.*s",
                        STR_ARG(worker_options(r->worker)->public_url), path, STR_ARG(rest));
}

/* "https://host" of the public address, and the path below which a proxy serves us. */
static void split_public_url(const resource_t *r, str_t *origin, str_t *below)
{
    str_t url = worker_options(r->worker)->public_url;
    size_t host = str_find(url, STR("://"), 0);
    host = host == SIZE_MAX ? 0 : host + 3;
    size_t slash = str_find(url, STR("/"), host);
    slash = slash == SIZE_MAX ? url.n : slash;
    *origin = str_slice(url, 0, slash);
    *below = str_slice(url, slash, url.n);
}

str_t browser_path(const resource_t *r, const char *path)
{
    str_t origin, below;
    split_public_url(r, &origin, &below);
    return arena_printf(http_request_arena(r->request), "%.*s%s", STR_ARG(below), path);
}

/* --- cookies --- */

str_t browser_set_cookie(const resource_t *r, const browser_cookie_t *cookie)
{
    return arena_printf(http_request_arena(r->request),
                        "%.*s=%.*s; Path=%.*s; Max-Age=%u; HttpOnly; SameSite=Lax%s",
                        STR_ARG(cookie->name), STR_ARG(cookie->value),
                        STR_ARG(browser_path(r, cookie->path)),
                        cookie->value.n ? cookie->max_age_s : 0, has_tls(r) ? "; Secure" : "");
}

bool browser_next_cookie(str_t *rest, str_t *name, str_t *value)
{
    if (!rest->p) {
        return false;
    }
    str_t pair = str_trim(str_cut(rest, ';'));
    *name = str_cut(&pair, '=');
    *value = pair;
    return true;
}

str_t browser_get_cookie(const resource_t *r, str_t wanted)
{
    str_t name, value;
    for (str_t rest = r->view->cookie; browser_next_cookie(&rest, &name, &value);) {
        if (str_eq(name, wanted)) {
            return value;
        }
    }
    return STR_NONE;
}

/* --- the console's session --- */

str_t browser_name_of(const resource_t *r, const char *prefix, str_t text)
{
    enum { NAME_DIGITS = 16 };
    unsigned char digest[HASH_BYTES_MAX];
    buf_t hex;
    buf_init(&hex, 2 * HASH_BYTES_MAX);
    hash_bytes(HASH_SHA256, text, digest);
    hex_write(&hex, str_at((const char *)digest, NAME_DIGITS / 2));
    str_t name = arena_printf(http_request_arena(r->request), "%s%s", prefix, buf_c(&hex));
    buf_fini(&hex);
    return name;
}

/* Browsers keep cookies by host names alone: hosts on other ports, or below other paths, share them
 * (RFC 6265 8.5, 8.6). */
static str_t session_name(const resource_t *r)
{
    return browser_name_of(r, has_tls(r) ? "__Host-tenon_" : "tenon_",
                           worker_options(r->worker)->public_url);
}

str_t browser_get_session(const resource_t *r)
{
    return browser_get_cookie(r, session_name(r));
}

str_t browser_set_session(const resource_t *r, str_t value)
{
    return arena_printf(http_request_arena(r->request),
                        "%.*s=%.*s; Path=/; HttpOnly; SameSite=Strict%s%s",
                        STR_ARG(session_name(r)), STR_ARG(value), value.n ? "" : "; Max-Age=0",
                        has_tls(r) ? "; Secure" : "");
}

/* http://127.0.0.1:8480 is what people call http://localhost:8480. */
static bool is_localhost_of(str_t sent, str_t origin)
{
    static const str_t LOCALHOST = STR_INIT("http://localhost");
    static const str_t LOOPBACK = STR_INIT("http://127.0.0.1");
    return str_starts(sent, LOCALHOST) && str_starts(origin, LOOPBACK) &&
           str_eq(str_slice(sent, LOCALHOST.n, sent.n), str_slice(origin, LOOPBACK.n, origin.n));
}

bool browser_is_own_origin(const resource_t *r)
{
    str_t sent = http_request_header(r->request, "origin");
    str_t origin, below;
    split_public_url(r, &origin, &below);
    return str_eq_nocase(sent, origin) || is_localhost_of(sent, origin);
}

/* --- where a form comes from --- */

/* A page without referrer sends `Origin: null` with its own forms (Fetch 3.2); then
 * Sec-Fetch-Site tells, where the browser knows it. Beside all this stand the cookie's SameSite and
 * the form's own secret. */
bool browser_is_own_form(const resource_t *r)
{
    str_t sent = http_request_header(r->request, "origin");
    str_t site = http_request_header(r->request, "sec-fetch-site");
    str_t origin, below;
    split_public_url(r, &origin, &below);
    bool origin_fits = !sent.p || str_is(sent, "null") || str_eq_nocase(sent, origin);
    return origin_fits && (!site.p || str_is(site, "same-origin"));
}
