/* SPDX-License-Identifier: MIT */
#include "base/secret.h"
#include "codec/url.h"
#include "upstream/transfer.h"

enum { URL_MAX = 64 * 1024, METHOD_MAX = 32, ARENA_BYTES = 2048 };

/* Framing and connection belong to this folder: a header that says otherwise than libcurl does
 * makes one request into two. Accept-Encoding joins them where the answer is to be decoded. */
static const char *const own_headers[] = {
    "Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive", "Proxy-Connection", "TE",
    "Trailer",        "Upgrade",           "Expect",
};

static bool is_own_header(str_t name, bool decode)
{
    for (size_t i = 0; i < sizeof own_headers / sizeof *own_headers; i++) {
        if (str_eq_nocase(name, str_of(own_headers[i]))) {
            return true;
        }
    }
    return decode && str_eq_nocase(name, STR("Accept-Encoding"));
}

static bool fail(upstream_call_t *call, const char *why)
{
    outcome_judge(call, UPSTREAM_DENIED, why);
    return false;
}

/* libcurl's list: "Name: value", "Name;" for an empty value, "Name:" to leave out what it would
 * add. */
static bool copy_headers(upstream_call_t *call, const upstream_request_t *request)
{
    struct curl_slist **end = &call->headers;
    slist_add_in(call->arena, &end, arena_str(call->arena, STR("Expect:")).p);
    if (!message_header_get(request->headers, request->header_count, "Accept").p) {
        slist_add_in(call->arena, &end, arena_str(call->arena, STR("Accept:")).p);
    }
    for (size_t i = 0; i < request->header_count; i++) {
        str_t name = request->headers[i].name;
        str_t value = str_trim(request->headers[i].value);
        if (!str_is_token(name) || !message_header_value_ok(value)) {
            return fail(call, "a header that cannot be sent");
        }
        if (!is_own_header(name, call->terms.decode)) {
            slist_add_in(call->arena, &end,
                         arena_printf(call->arena, value.n ? "%.*s: %.*s" : "%.*s;%.*s",
                                      STR_ARG(name), STR_ARG(value))
                             .p);
        }
    }
    return true;
}

/* What libcurl is given is put together from the parse that policy saw, so there is no second
 * opinion. */
static str_t url_again_in(arena_t *arena, const url_t *url)
{
    return arena_printf(arena,
                        url->ipv6 ? "%.*s://[%.*s]:%u%.*s%s%.*s" : "%.*s://%.*s:%u%.*s%s%.*s",
                        STR_ARG(url->scheme), STR_ARG(url->host), (unsigned)url->port,
                        STR_ARG(url->path), url->query.p ? "?" : "", STR_ARG(url->query));
}

static bool copy_url(upstream_call_t *call, str_t text)
{
    url_t url;
    err_t err = ERR_INIT;
    if (text.n > URL_MAX || !url_parse_in(call->arena, text, &url, &err)) {
        return fail(call, err_is_set(&err) ? err.text : "the URL is too long");
    }
    if (!egress_check_url(call->upstream->egress, &url, &err)) {
        return fail(call, "neither https on port 443 nor an egress exception");
    }
    call->https = str_is(url.scheme, "https");
    call->host = url.host;
    call->authority = arena_printf(call->arena, "%.*s:%u", STR_ARG(url.host), (unsigned)url.port);
    call->url = url_again_in(call->arena, &url);
    return true;
}

upstream_call_t *request_copy(upstream_t *u, const upstream_request_t *request,
                              const upstream_terms_t *terms)
{
    arena_t *arena = arena_new(ARENA_BYTES);
    upstream_call_t *call = arena_new_of(arena, upstream_call_t);
    call->upstream = u;
    call->arena = arena;
    call->terms = *terms;
    call->method = arena_str(arena, request->method);
    call->body = arena_str(arena, request->body);
    head_init(&call->head);
    buf_init_wiping(&call->answer, terms->body_bytes_max ? terms->body_bytes_max : SIZE_MAX / 2);
    if (!str_is_token(call->method) || call->method.n > METHOD_MAX ||
        str_is(call->method, "CONNECT")) {
        fail(call, "a method that cannot be sent");
    } else if (copy_url(call, request->url)) {
        copy_headers(call, request);
    }
    return call;
}

/* What the arena holds for this call alone. */
static void wipe(const char *p, size_t n)
{
    if (n) {
        secret_wipe((char *)(uintptr_t)p, n);
    }
}

void request_wipe(upstream_call_t *call)
{
    for (const struct curl_slist *header = call->headers; header; header = header->next) {
        wipe(header->data, strlen(header->data));
    }
    wipe(call->url.p, call->url.n);
    wipe(call->body.p, call->body.n);
}
