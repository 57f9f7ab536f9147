/* SPDX-License-Identifier: MIT */
#include "http/forwarded.h"

/* --- collecting --- */

static void keep(forwarded_lines_t *lines, str_t value)
{
    if (lines->count < FORWARDED_LINES_MAX) {
        lines->list[lines->count] = value;
    }
    lines->count++;
}

void forwarded_take(forwarded_t *f, str_t name, str_t value)
{
    if (str_eq(name, STR("x-forwarded-for"))) {
        keep(&f->x_for, value);
    } else if (str_eq(name, STR("x-forwarded-proto"))) {
        keep(&f->x_proto, value);
    } else if (str_eq(name, STR("forwarded"))) {
        keep(&f->forwarded, value);
    }
}

/* --- lists, from their end --- */

/* Cuts the last part off; separators within quotes divide nothing. From the end, since only what
 * stands there is sure to be a proxy's: a quote that a client opened must not swallow it. The rest
 * becomes absent with the first part. */
static str_t pop_part(str_t *list, char separator)
{
    bool quoted = false;
    size_t at = list->n;
    while (at > 0 && (quoted || list->p[at - 1] != separator)) {
        quoted = quoted != (list->p[at - 1] == '"');
        at--;
    }
    str_t part = str_trim(str_slice(*list, at, list->n));
    *list = at > 0 ? str_slice(*list, 0, at - 1) : STR_NONE;
    return part;
}

/* --- one hop --- */

typedef struct hop {
    bool known; /* it has an address */
    forwarded_client_t client;
} hop_t;

static bool read_port(str_t text, uint16_t *port)
{
    uint64_t number;
    bool ok = str_to_u64(text, &number) && number > 0 && number <= UINT16_MAX;
    *port = ok ? (uint16_t)number : 0;
    return ok || str_starts(text, STR("_")); /* RFC 7239 6.3: a port may be hidden */
}

/* Cuts the port off [V6]:PORT, [V6] and V4:PORT; more than one colon outside of brackets is an
 * address alone. */
static bool split_node(str_t text, str_t *host, str_t *port)
{
    *host = text;
    *port = STR_NONE;
    if (str_starts(text, STR("["))) {
        str_t rest = str_slice(text, 1, text.n);
        *host = str_cut(&rest, ']');
        *port = rest.n ? str_slice(rest, 1, rest.n) : STR_NONE;
        return rest.p && str_index(*host, ':') != SIZE_MAX && (!rest.n || rest.p[0] == ':');
    }
    size_t colon = str_index(text, ':');
    if (colon != SIZE_MAX && str_find(text, STR(":"), colon + 1) == SIZE_MAX) {
        *port = text;
        *host = str_cut(port, ':');
    }
    return true;
}

static bool read_node(str_t text, forwarded_client_t *out)
{
    str_t host, port;
    out->port = 0;
    return split_node(text, &host, &port) && address_parse(host, &out->address) &&
           (!port.p || read_port(port, &out->port));
}

/* X-Forwarded-For: 192.0.2.1, [2001:db8::1]:4711 */
static bool read_x_for(str_t text, hop_t *out)
{
    out->known = read_node(text, &out->client);
    return out->known;
}

static forwarded_scheme_t scheme_of(str_t text)
{
    return str_eq_nocase(text, STR("https"))  ? SCHEME_HTTPS
           : str_eq_nocase(text, STR("http")) ? SCHEME_HTTP
                                              : SCHEME_UNSAID;
}

/* A quoted pair is nothing that a node or a scheme needs. */
static bool unquote(str_t *value)
{
    bool quoted = value->n >= 2 && value->p[0] == '"' && value->p[value->n - 1] == '"';
    *value = quoted ? str_slice(*value, 1, value->n - 1) : *value;
    return str_index(*value, '"') == SIZE_MAX && str_index(*value, '\\') == SIZE_MAX;
}

static bool take_pair(hop_t *hop, str_t name, str_t value)
{
    bool is_for = str_eq_nocase(name, STR("for"));
    bool is_proto = str_eq_nocase(name, STR("proto"));
    if (name.n && !value.p) {
        return false;
    }
    if ((is_for || is_proto) && !unquote(&value)) {
        return false;
    }
    if (is_for) { /* "unknown" and "_hidden" are no addresses (RFC 7239 6) */
        hop->known = read_node(value, &hop->client);
    } else if (is_proto) {
        hop->client.scheme = scheme_of(value);
    }
    return true;
}

/* RFC 7239 4: for="[2001:db8::1]:4711";proto=https;by=… */
static bool read_forwarded(str_t text, hop_t *out)
{
    while (text.p) {
        str_t value = pop_part(&text, ';');
        str_t name = str_cut(&value, '=');
        if (!take_pair(out, name, value)) {
            return false;
        }
    }
    return true;
}

/* --- the way from the connection's peer to the client --- */

typedef bool read_hop_t(str_t text, hop_t *out);

static void walk(const forwarded_lines_t *lines, read_hop_t *read, const http_proxies_t *trusted,
                 forwarded_client_t *client)
{
    for (size_t i = lines->count; i-- > 0;) {
        for (str_t rest = lines->list[i]; rest.p;) {
            hop_t hop = {.known = false};
            str_t text = pop_part(&rest, ',');
            if (text.n == 0) { /* RFC 9110 5.6.1: an empty element is none */
                continue;
            }
            if (!read(text, &hop)) {
                return;
            }
            client->scheme = hop.client.scheme;
            if (!hop.known) {
                return;
            }
            client->address = hop.client.address;
            client->port = hop.client.port;
            if (!http_proxies_trust(trusted, &client->address)) {
                return;
            }
        }
    }
}

/* A list of schemes does not tell whose each is, unless all are the same. */
static forwarded_scheme_t scheme_of_all(const forwarded_lines_t *lines)
{
    forwarded_scheme_t common = SCHEME_UNSAID;
    for (size_t i = 0; i < lines->count; i++) {
        for (str_t rest = lines->list[i]; rest.p;) {
            forwarded_scheme_t one = scheme_of(str_trim(str_cut(&rest, ',')));
            if (one == SCHEME_UNSAID || (common && one != common)) {
                return SCHEME_UNSAID;
            }
            common = one;
        }
    }
    return common;
}

static bool is_readable(const forwarded_t *f)
{
    return f->x_for.count <= FORWARDED_LINES_MAX && f->x_proto.count <= FORWARDED_LINES_MAX &&
           f->forwarded.count <= FORWARDED_LINES_MAX;
}

void forwarded_judge(const forwarded_t *f, const http_proxies_t *trusted,
                     forwarded_client_t *client)
{
    if (!is_readable(f)) {
        return;
    }
    forwarded_client_t by_x = *client;
    forwarded_client_t by_standard = *client;
    walk(&f->x_for, read_x_for, trusted, &by_x);
    walk(&f->forwarded, read_forwarded, trusted, &by_standard);
    by_x.scheme = scheme_of_all(&f->x_proto);
    /* A proxy writes one kind and may pass the other on as its client wrote it. */
    bool both = f->x_for.count && f->forwarded.count;
    if (!both || address_equal(&by_x.address, &by_standard.address)) {
        const forwarded_client_t *by = f->x_for.count ? &by_x : &by_standard;
        client->address = by->address;
        client->port = by->port;
    }
    bool both_schemes = by_x.scheme && by_standard.scheme;
    if (!both_schemes || by_x.scheme == by_standard.scheme) {
        client->scheme = by_x.scheme ? by_x.scheme : by_standard.scheme;
    }
}
