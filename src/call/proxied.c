/* SPDX-License-Identifier: MIT */
#include "call/proxied.h"

#include "codec/form.h"
#include "codec/json.h"

enum { JOINED_MAX = 16 * 1024 };

/* --- header fields --- */

/* Meant for the far end, and nobody's credential (RFC 9110, and what is common among APIs). */
static const char *const PASSING[] = {
    "accept",
    "accept-charset",
    "accept-encoding",
    "accept-language",
    "cache-control",
    "content-digest",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-location",
    "content-md5",
    "content-range",
    "content-type",
    "digest",
    "idempotency-key",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "link",
    "odata-maxversion",
    "odata-version",
    "prefer",
    "range",
    "repr-digest",
    "slug",
    "soapaction",
    "want-content-digest",
    "want-digest",
    "want-repr-digest",
};

static const str_t PREFIX = STR_INIT("tenon-proxy-");

/* Not even with the prefix: the connection's own (credentials, cookies, host, framing), what tells
 * of the way here, and what some servers take for the path. */
static const char *const REFUSED[] = {
    "authorization", "connection",        "content-length", "cookie",        "cookie2",
    "expect",        "forwarded",         "host",           "keep-alive",    "te",
    "trailer",       "transfer-encoding", "upgrade",        "traceparent",   "tracestate",
    "via",           "x-original-url",    "x-real-ip",      "x-rewrite-url",
};
static const char *const REFUSED_PREFIXES[] = {"proxy-", "sec-", "tenon-", "x-forwarded-"};

static bool is_one_of(str_t name, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (str_is(name, list[i])) {
            return true;
        }
    }
    return false;
}

static bool is_refused(str_t name)
{
    for (size_t i = 0; i < sizeof REFUSED_PREFIXES / sizeof *REFUSED_PREFIXES; i++) {
        if (str_starts(name, str_of(REFUSED_PREFIXES[i]))) {
            return true;
        }
    }
    return name.n == 0 || is_one_of(name, REFUSED, sizeof REFUSED / sizeof *REFUSED);
}

/* Lines of one name are one list (RFC 9110 5.3). */
static bool add(arena_t *arena, proxied_t *out, str_t name, str_t value, err_t *err)
{
    for (size_t i = 0; i < out->header_count; i++) {
        message_header_t *header = &out->headers[i];
        if (str_eq(header->name, name)) {
            header->value =
                arena_printf(arena, "%.*s, %.*s", STR_ARG(header->value), STR_ARG(value));
            return header->value.n <= JOINED_MAX ||
                   err_set(err, ERR_request_header_too_long, "the lines of a header are too long");
        }
    }
    out->headers[out->header_count++] = (message_header_t){name, value};
    return true;
}

static bool take_header(arena_t *arena, proxied_t *out, const message_header_t *header, err_t *err)
{
    str_t name = header->name;
    bool prefixed = str_starts(name, PREFIX);
    if (!prefixed && !is_one_of(name, PASSING, sizeof PASSING / sizeof *PASSING)) {
        return true; /* stays here, as undeclared ones of an action do */
    }
    name = prefixed ? str_slice(name, PREFIX.n, name.n) : name;
    if (is_refused(name)) {
        return err_set(err, ERR_param_unknown,
                       "the header `Tenon-Proxy-%.*s` cannot be passed on: it belongs to the "
                       "connection or to Tenon",
                       STR_ARG(str_slice(name, 0, 64)));
    }
    if (!message_header_value_ok(header->value)) {
        return err_set(err, ERR_param_control_char,
                       "the header `%.*s` holds more than printable ASCII, blanks and tabs",
                       STR_ARG(str_slice(name, 0, 64)));
    }
    return add(arena, out, name, header->value, err);
}

/* --- the query --- */

/* It passes as it is, but for what no request line can carry or would end it. */
static bool check_query(str_t query, err_t *err)
{
    for (size_t i = 0; i < query.n; i++) {
        if (query.p[i] <= ' ' || query.p[i] > '~' || query.p[i] == '#' || query.p[i] == '\\') {
            return err_set(err, ERR_param_control_char,
                           "the query holds a character that must be percent-encoded");
        }
    }
    return true;
}

bool proxied_take(arena_t *arena, const message_header_t *headers, size_t count, proxied_t *out,
                  err_t *err)
{
    if (!proxied_path_check(arena, out->path, err) || !check_query(out->query, err)) {
        return false;
    }
    out->headers = arena_array_of(arena, message_header_t, count);
    for (size_t i = 0; i < count; i++) {
        if (!take_header(arena, out, &headers[i], err)) {
            return false;
        }
    }
    return true;
}

/* --- the body --- */

static void release(void *json)
{
    json_decref(json);
}

static void release_numbers(void *numbers)
{
    json_numbers_free(numbers);
}

bool proxied_read(arena_t *arena, unsigned json_depth, proxied_t *p, err_t *err)
{
    str_t type = message_header_get(p->headers, p->header_count, "content-type");
    str_t encoding = message_header_get(p->headers, p->header_count, "content-encoding");
    if (p->body.n == 0 || !media_type_is_json(type)) {
        return true;
    }
    if (encoding.n && !str_eq_nocase(encoding, STR("identity"))) {
        return err_set(err, ERR_media_type,
                       "this connection takes a JSON body without content encoding only");
    }
    p->json = json_read_spelt(p->body, &(json_limits_t){.depth = json_depth}, &p->numbers, err);
    arena_on_free(arena, release, p->json);
    arena_on_free(arena, release_numbers, p->numbers);
    return p->json != NULL;
}
