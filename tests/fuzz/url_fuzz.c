/* SPDX-License-Identifier: MIT */
/* The one URL parser, and percent-encoding. The input is URL [NUL VALUE [NUL PATTERN]]. A URL that
 * is accepted must be read the same way by libcurl, which sends it: policy decides on our parse, so
 * a host that only one of both sees would pass the egress rule by name. */
#include <arpa/inet.h>
#include <curl/curl.h>

#include "codec/url.h"
#include "fuzz.h"

static bool is_numeric(str_t host)
{
    struct in_addr address;
    char text[256];
    snprintf(text, sizeof text, "%.*s", STR_ARG(host));
    return inet_aton(text, &address) != 0; /* 1.2, 0x7f.1 and 017700000001, too */
}

static char *part_of(CURLU *u, CURLUPart part)
{
    char *text = NULL;
    return curl_url_get(u, part, &text, 0) == CURLUE_OK ? text : NULL;
}

/* libcurl writes a numeric host as a dotted address, and an IPv6 address in its shortest form. */
static bool is_same_host(const url_t *url, const char *theirs)
{
    struct in6_addr a;
    struct in6_addr b;
    char bare[256];
    if (url->ipv6) {
        str_t inner = str_slice(str_of(theirs), 1, strlen(theirs) - 1);
        snprintf(bare, sizeof bare, "%.*s", STR_ARG(inner));
        return inet_pton(AF_INET6, url->host.p, &a) == 1 && inet_pton(AF_INET6, bare, &b) == 1 &&
               memcmp(&a, &b, sizeof a) == 0;
    }
    return str_eq_nocase(url->host, str_of(theirs)) ||
           (is_numeric(url->host) && is_numeric(str_of(theirs)));
}

static void compare_with_libcurl(str_t text, const url_t *url)
{
    char *copy = strndup(text.p, text.n);
    CURLU *u = curl_url();
    if (curl_url_set(u, CURLUPART_URL, copy, CURLU_PATH_AS_IS) == CURLUE_OK) {
        char *host = part_of(u, CURLUPART_HOST);
        char *port = part_of(u, CURLUPART_PORT);
        char *user = part_of(u, CURLUPART_USER);
        char *path = part_of(u, CURLUPART_PATH);
        REQUIRE(host && is_same_host(url, host));
        REQUIRE(!user);
        REQUIRE(!port || atoi(port) == url->port);
        REQUIRE(path && str_is(url->path, path));
        curl_free(host);
        curl_free(port);
        curl_free(user);
        curl_free(path);
    }
    curl_url_cleanup(u);
    free(copy);
}

static void check_parts(const url_t *url)
{
    REQUIRE(str_is(url->scheme, "https") || str_is(url->scheme, "http"));
    REQUIRE(url->port != 0 && url->host.n > 0 && url->host.n <= 253);
    REQUIRE(url->ipv6 || url_is_hostname(url->host));
    REQUIRE(url->path.n > 0 && url->path.p[0] == '/');
    REQUIRE(str_index(url->path, '?') == SIZE_MAX && str_index(url->path, '#') == SIZE_MAX);
    REQUIRE(str_index(url->query, '#') == SIZE_MAX);
    for (size_t i = 0; i < url->host.n; i++) {
        REQUIRE(url->host.p[i] < 'A' || url->host.p[i] > 'Z');
    }
}

static void write_url(buf_t *to, const url_t *url)
{
    buf_printf(to, "%.*s://%s%.*s%s:%u%.*s", STR_ARG(url->scheme), url->ipv6 ? "[" : "",
               STR_ARG(url->host), url->ipv6 ? "]" : "", url->port, STR_ARG(url->path));
    if (url->query.p) {
        buf_printf(to, "?%.*s", STR_ARG(url->query));
    }
    if (url->fragment.p) {
        buf_printf(to, "#%.*s", STR_ARG(url->fragment));
    }
}

static void check_same(const url_t *a, const url_t *b)
{
    REQUIRE(str_eq(a->scheme, b->scheme) && str_eq(a->host, b->host) && a->port == b->port);
    REQUIRE(str_eq(a->path, b->path) && str_eq(a->query, b->query) &&
            str_eq(a->fragment, b->fragment));
    REQUIRE((a->query.p != NULL) == (b->query.p != NULL));
    REQUIRE((a->fragment.p != NULL) == (b->fragment.p != NULL));
}

static void check_url(arena_t *arena, str_t text)
{
    url_t url;
    url_t again;
    buf_t written;
    err_t err = ERR_INIT;
    bool parsed = url_parse_in(arena, text, &url, &err);
    REQUIRE(parsed == (err.code == ERR_none));
    REQUIRE(parsed || err.code == ERR_definition_bad_url);
    if (!parsed) {
        return;
    }
    REQUIRE(fuzz_is_printable(text));
    check_parts(&url);
    compare_with_libcurl(text, &url);
    buf_init(&written, text.n + 64);
    write_url(&written, &url);
    REQUIRE(url_parse_in(arena, buf_view(&written), &again, &err));
    check_same(&url, &again);
    buf_fini(&written);
}

typedef void encode_t(buf_t *to, str_t s);

/* What stands unencoded must be among unreserved and keep; decoding gives the value back. */
static void check_encoding(encode_t *encode, str_t value, const char *keep, bool plus)
{
    buf_t coded;
    buf_t back;
    buf_init(&coded, 3 * value.n + 1);
    buf_init(&back, value.n + 1);
    encode(&coded, value);
    REQUIRE(buf_ok(&coded));
    for (size_t i = 0; i < coded.n; i++) {
        char c = coded.p[i];
        REQUIRE(ascii_is_alnum(c) || c == '%' || (c != '\0' && strchr(keep, c)));
    }
    REQUIRE(url_decode(&back, buf_view(&coded), plus));
    REQUIRE(str_eq(buf_view(&back), value));
    buf_fini(&coded);
    buf_fini(&back);
}

static void check_value(str_t value)
{
    buf_t decoded;
    check_encoding(url_encode_segment, value, "-._~", false);
    check_encoding(url_encode_path, value, "-._~/", false);
    check_encoding(url_encode_query, value, "-._~", false);
    check_encoding(url_encode_form, value, "*-._+", true);
    buf_init(&decoded, value.n + 1);
    if (url_decode(&decoded, value, true)) {
        REQUIRE(buf_ok(&decoded) && decoded.n <= value.n);
    }
    buf_fini(&decoded);
}

/* No host escapes a pattern: it is the pattern, or ends with what stands behind the star. */
static void check_match(str_t host, str_t pattern)
{
    if (!url_host_matches(host, pattern)) {
        return;
    }
    REQUIRE(host.n > 0);
    if (str_starts(pattern, STR("*."))) {
        str_t tail = str_slice(pattern, 1, pattern.n);
        REQUIRE(host.n > tail.n && str_ends_nocase(host, tail));
    } else {
        REQUIRE(str_eq_nocase(host, pattern));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    str_t rest = str_at(data, size);
    str_t text = str_cut(&rest, '\0');
    str_t value = str_cut(&rest, '\0');
    arena_t *arena = arena_new(0);
    check_url(arena, text.p ? text : STR(""));
    check_value(value.p ? value : text);
    check_match(value, rest);
    arena_free(arena);
    return 0;
}
