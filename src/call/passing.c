/* SPDX-License-Identifier: MIT */
/* What of the head of a service's answer the caller gets to see. */
#include "call/call_internal.h"

/* Connection-specific fields (RFC 9110 7.6.1), what Tenon says itself, and what the service meant
 * for a browser that talks to it directly, or for a proxy of its own: the one before Tenon would
 * obey it, and serve what it names (X-Accel-Redirect), or keep the answer (RFC 9213). */
static const char *const KEPT_BACK[] = {
    "alt-svc",
    "cdn-cache-control",
    "clear-site-data",
    "connection",
    "content-length",
    "content-security-policy",
    "content-security-policy-report-only",
    "date",
    "keep-alive",
    "nel",
    "no-vary-search",
    "proxy-authenticate",
    "proxy-authentication-info",
    "proxy-connection",
    "public-key-pins",
    "ratelimit",
    "ratelimit-policy",
    "refresh",
    "report-to",
    "reporting-endpoints",
    "server",
    "service-worker-allowed",
    "set-cookie",
    "set-cookie2",
    "strict-transport-security",
    "surrogate-control",
    "te",
    "tenon-error",
    "tenon-secrets",
    "traceparent",
    "traceresponse",
    "tracestate",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "x-content-type-options",
    "x-frame-options",
    "x-powered-by",
    "x-reproxy-url",
    "x-request-id",
};
static const char *const KEPT_BACK_PREFIXES[] = {"access-control-", "cross-origin-", "sec-",
                                                 "x-accel-",        "x-lighttpd-",   "x-litespeed-",
                                                 "x-sendfile"};

static bool is_kept_back(str_t name)
{
    for (size_t i = 0; i < sizeof KEPT_BACK / sizeof *KEPT_BACK; i++) {
        if (str_eq_nocase(name, str_of(KEPT_BACK[i]))) {
            return true;
        }
    }
    for (size_t i = 0; i < sizeof KEPT_BACK_PREFIXES / sizeof *KEPT_BACK_PREFIXES; i++) {
        str_t prefix = str_of(KEPT_BACK_PREFIXES[i]);
        if (name.n >= prefix.n && str_eq_nocase(str_slice(name, 0, prefix.n), prefix)) {
            return true;
        }
    }
    return false;
}

/* Fields that a Connection of the same answer names. */
static bool is_listed(const message_header_t *headers, size_t count, str_t name)
{
    for (size_t i = 0; i < count; i++) {
        str_t rest =
            str_eq_nocase(headers[i].name, STR("connection")) ? headers[i].value : STR_NONE;
        while (rest.n) {
            if (str_eq_nocase(str_trim(str_cut(&rest, ',')), name)) {
                return true;
            }
        }
    }
    return false;
}

static str_t lower_in(arena_t *arena, str_t s)
{
    char *copy = arena_alloc(arena, s.n + 1);
    for (size_t i = 0; i < s.n; i++) {
        copy[i] = ascii_lower(s.p[i]);
    }
    return str_at(copy, s.n);
}

static void add(call_t *c, str_t name, str_t value)
{
    c->headers[c->header_count++] = (http_header_t){name, value};
}

static void add_passed(call_t *c, const message_header_t *header)
{
    str_t name = lower_in(c->arena, header->name);
    str_t value = arena_str(c->arena, header->value);
    add(c, name, str_is(name, "location") ? call_location(c, value) : value);
}

/* A Transfer-Encoding overrides a Content-Length (RFC 9112 6.3). */
static int64_t announced_length(const message_header_t *headers, size_t count)
{
    uint64_t length;
    str_t written = message_header_get(headers, count, "content-length");
    bool known = written.p && !message_header_get(headers, count, "transfer-encoding").p &&
                 str_to_u64(written, &length) && length <= INT64_MAX;
    return known ? (int64_t)length : -1;
}

/* What the host says of every answer of a service. One address answers each key with what is that
 * key's: whatever the service allows, no cache that several share may keep it (RFC 9111 5.2.2.7),
 * and one's own keeps it for that key. */
static const str_t PRIVATE = STR_INIT("private");
/* Of what is tried out: what a browser kept would be shown instead of the next try. */
static const str_t NO_STORE = STR_INIT("no-store");
static const str_t BY_KEY = STR_INIT("authorization, x-api-key, cookie");

static bool is_own(str_t value)
{
    return value.p == PRIVATE.p || value.p == NO_STORE.p || value.p == BY_KEY.p;
}

static void add_own(call_t *c)
{
    add(c, STR("cache-control"), c->is_tried ? NO_STORE : PRIVATE);
    add(c, STR("vary"), BY_KEY);
    add(c, STR("content-security-policy"), STR("sandbox; default-src 'none'"));
    add(c, STR("x-content-type-options"), STR("nosniff"));
    add(c, STR("traceresponse"), call_trace_response(c));
    if (c->ratelimit_length) {
        add(c, STR("ratelimit"), str_at(c->ratelimit, c->ratelimit_length));
        add(c, STR("ratelimit-policy"), c->policy);
    }
}

void call_replace_head(call_t *c, int status)
{
    c->status = status;
    c->header_count = 0;
    add_own(c);
}

static void remove_at(call_t *c, size_t at)
{
    for (c->header_count--; at < c->header_count; at++) {
        c->headers[at] = c->headers[at + 1];
    }
}

void call_set_header(call_t *c, str_t name, str_t value)
{
    name = lower_in(c->arena, name);
    if (is_kept_back(name)) {
        return;
    }
    for (size_t i = c->header_count; i > 0; i--) {
        if (str_eq(c->headers[i - 1].name, name) && !is_own(c->headers[i - 1].value)) {
            remove_at(c, i - 1);
        }
    }
    if (value.n) {
        add(c, name, value);
    }
}

void call_forget_digests(call_t *c)
{
    static const str_t names[] = {STR_INIT("content-md5"), STR_INIT("digest"),
                                  STR_INIT("content-digest"), STR_INIT("repr-digest")};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        call_set_header(c, names[i], STR_NONE);
    }
}

void call_keep_head(call_t *c, int status, const message_header_t *headers, size_t count)
{
    enum { OWN = 8, OF_TRIGGERS = 2 };
    size_t set = c->action->response_headers.count;
    c->status = status;
    c->length = announced_length(headers, count);
    c->headers = arena_array_of(c->arena, http_header_t, count + OWN + OF_TRIGGERS + set);
    c->header_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (!is_kept_back(headers[i].name) && !is_listed(headers, count, headers[i].name)) {
            add_passed(c, &headers[i]);
        }
    }
    if (c->is_tried) {
        call_set_header(c, STR("cache-control"), STR_NONE);
    }
    add_own(c);
}
