/* SPDX-License-Identifier: MIT */
#include "codec/url.h"

#include <arpa/inet.h>

enum { HOST_MAX = 253, LABEL_MAX = 63 };

/* Percent-encodes all but alphanumerics and the characters of keep. */
static void encode_but(buf_t *to, str_t s, const char *keep)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t run = 0;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (ascii_is_alnum(c) || (c != '\0' && strchr(keep, c))) {
            continue;
        }
        buf_add(to, s.p + run, i - run);
        unsigned char byte = (unsigned char)c;
        buf_add(to, (char[]){'%', digits[byte >> 4], digits[byte & 0xf]}, 3);
        run = i + 1;
    }
    buf_add(to, s.p ? s.p + run : NULL, s.n - run);
}

void url_encode_segment(buf_t *to, str_t s)
{
    encode_but(to, s, "-._~");
}

void url_encode_path(buf_t *to, str_t s)
{
    encode_but(to, s, "-._~/");
}

void url_encode_query(buf_t *to, str_t s)
{
    encode_but(to, s, "-._~");
}

void url_encode_form(buf_t *to, str_t s)
{
    str_t rest = s;
    while (rest.p) {
        bool more = str_index(rest, ' ') != SIZE_MAX;
        encode_but(to, str_cut(&rest, ' '), "*-._");
        if (more) {
            buf_char(to, '+');
        }
    }
}

bool url_decode(buf_t *to, str_t s, bool plus)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '%') {
            int high = i + 2 < s.n ? ascii_hex_value(s.p[i + 1]) : -1;
            int low = high >= 0 ? ascii_hex_value(s.p[i + 2]) : -1;
            if (low < 0) {
                return false;
            }
            c = (char)(high << 4 | low);
            i += 2;
        } else if (plus && c == '+') {
            c = ' ';
        }
        buf_char(to, c);
    }
    return true;
}

static bool is_label(str_t s)
{
    if (s.n == 0 || s.n > LABEL_MAX || s.p[0] == '-' || s.p[s.n - 1] == '-') {
        return false;
    }
    for (size_t i = 0; i < s.n; i++) {
        if (!ascii_is_alnum(s.p[i]) && s.p[i] != '-' && s.p[i] != '_') {
            return false;
        }
    }
    return true;
}

bool url_is_hostname(str_t s)
{
    if (s.n == 0 || s.n > HOST_MAX) {
        return false;
    }
    while (s.p) {
        if (!is_label(str_cut(&s, '.'))) {
            return false;
        }
    }
    return true;
}

bool url_host_matches(str_t host, str_t pattern)
{
    if (!str_starts(pattern, STR("*."))) {
        return host.n > 0 && str_eq_nocase(host, pattern);
    }
    str_t suffix = str_slice(pattern, 1, pattern.n);
    return suffix.n > 1 && host.n > suffix.n && str_ends_nocase(host, suffix);
}

static bool refuse(err_t *err, const char *reason)
{
    return err_set(err, ERR_definition_bad_url, "not a usable URL: %s", reason);
}

/* What is refused anywhere in a URL: readers disagree about it, or a request line cannot carry it.
 */
static bool check_characters(str_t text, err_t *err)
{
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (c < 0x20 || c == 0x7f) {
            return refuse(err, "it holds a control character");
        }
        if (c == ' ') {
            return refuse(err, "it holds a blank");
        }
        if (c == '\\') {
            return refuse(err, "it holds a backslash");
        }
        if (c >= 0x80) {
            return refuse(err, "it holds a character that must be percent-encoded");
        }
    }
    return true;
}

static str_t lower_in(arena_t *arena, str_t s)
{
    char *copy = arena_alloc(arena, s.n + 1);
    for (size_t i = 0; i < s.n; i++) {
        copy[i] = ascii_lower(s.p[i]);
    }
    return str_at(copy, s.n);
}

/* Cuts `scheme://` off. */
static bool take_scheme(arena_t *arena, str_t *rest, url_t *out, err_t *err)
{
    size_t end = str_find(*rest, STR("://"), 0);
    str_t scheme = end == SIZE_MAX ? STR_NONE : str_slice(*rest, 0, end);
    bool secure = str_eq_nocase(scheme, STR("https"));
    if (!secure && !str_eq_nocase(scheme, STR("http"))) {
        return refuse(err, "it must begin with https:// or http://");
    }
    out->scheme = lower_in(arena, scheme);
    out->port = secure ? 443 : 80;
    *rest = str_slice(*rest, end + 3, rest->n);
    return true;
}

/* Cuts `[address]` off (RFC 3986 3.2.2); zones belong to one machine and are refused. */
static bool take_ipv6(arena_t *arena, str_t *rest, url_t *out, err_t *err)
{
    struct in6_addr address;
    size_t end = str_index(*rest, ']');
    if (end == SIZE_MAX) {
        return refuse(err, "`]` is missing behind the IPv6 address");
    }
    out->host = lower_in(arena, str_slice(*rest, 1, end));
    out->ipv6 = true;
    if (inet_pton(AF_INET6, out->host.p, &address) != 1) {
        return refuse(err, "an IPv6 address is expected in brackets");
    }
    *rest = str_slice(*rest, end + 1, rest->n);
    return true;
}

static bool take_host(arena_t *arena, str_t *rest, url_t *out, err_t *err)
{
    if (rest->n > 0 && rest->p[0] == '[') {
        return take_ipv6(arena, rest, out, err);
    }
    size_t colon = str_index(*rest, ':');
    size_t end = colon == SIZE_MAX ? rest->n : colon;
    str_t host = str_slice(*rest, 0, end);
    if (!url_is_hostname(host)) {
        return refuse(err, host.n ? "the host is not a host name" : "the host is missing");
    }
    out->host = lower_in(arena, host);
    *rest = str_slice(*rest, end, rest->n);
    return true;
}

/* rest is what stands behind the host: nothing or `:port`. */
static bool take_port(str_t rest, url_t *out, err_t *err)
{
    uint64_t port = 0;
    if (rest.n == 0) {
        return true;
    }
    if (rest.p[0] != ':' || rest.n > 6 || !str_to_u64(str_slice(rest, 1, rest.n), &port) ||
        port < 1 || port > 65535) {
        return refuse(err, "the port must be 1 to 65535");
    }
    out->port = (uint16_t)port;
    out->port_given = true;
    return true;
}

static size_t first_of(str_t s, const char *set)
{
    size_t i = 0;
    while (i < s.n && !strchr(set, s.p[i])) {
        i++;
    }
    return i;
}

static bool take_authority(arena_t *arena, str_t *rest, url_t *out, err_t *err)
{
    size_t end = first_of(*rest, "/?#");
    str_t authority = str_slice(*rest, 0, end);
    *rest = str_slice(*rest, end, rest->n);
    if (str_index(authority, '@') != SIZE_MAX) {
        return refuse(err, "user information (`@`) is not allowed");
    }
    return take_host(arena, &authority, out, err) && take_port(authority, out, err);
}

static void split_rest(arena_t *arena, str_t rest, url_t *out)
{
    size_t hash = str_index(rest, '#');
    if (hash != SIZE_MAX) {
        out->fragment = arena_str(arena, str_slice(rest, hash + 1, rest.n));
        rest = str_slice(rest, 0, hash);
    }
    size_t mark = str_index(rest, '?');
    if (mark != SIZE_MAX) {
        out->query = arena_str(arena, str_slice(rest, mark + 1, rest.n));
        rest = str_slice(rest, 0, mark);
    }
    out->path = rest.n ? arena_str(arena, rest) : STR("/");
}

bool url_parse_in(arena_t *arena, str_t text, url_t *out, err_t *err)
{
    str_t rest = text;
    *out = (url_t){.port = 0};
    if (!check_characters(text, err) || !take_scheme(arena, &rest, out, err) ||
        !take_authority(arena, &rest, out, err)) {
        return false;
    }
    split_rest(arena, rest, out);
    return true;
}
