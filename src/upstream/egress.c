/* SPDX-License-Identifier: MIT */
#include "upstream/egress.h"

#include <ifaddrs.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/mem.h"
#include "upstream/address_class.h"

enum { PORT_ANY = 0, PORT_HTTPS = 443 };

/* One exception: by name, by range, or by name within a range. */
typedef struct entry {
    str_t name; /* lower case, maybe *.rest; absent: any host */
    bool has_range;
    address_range_t range;
    uint16_t port; /* PORT_ANY: every port */
} entry_t;

typedef struct own {
    address_t address;
    uint16_t port;
} own_t;

struct egress {
    arena_t *arena;
    entry_t *entries;
    size_t entry_count;
    own_t *own;
    size_t own_count;
};

/* --- reading the list --- */

static bool parse_port(str_t text, uint16_t *port)
{
    uint64_t number = 0;
    *port = PORT_ANY;
    if (!text.p) {
        return true;
    }
    if (!str_to_u64(text, &number) || number < 1 || number > UINT16_MAX) {
        return false;
    }
    *port = (uint16_t)number;
    return true;
}

/* Cuts `[…]` off the front and leaves the text behind a `:` in *port_text. */
static bool cut_brackets(str_t text, str_t *inside, str_t *port_text)
{
    *port_text = str_slice(text, 1, text.n);
    *inside = str_cut(port_text, ']');
    if (!port_text->p || (port_text->n && port_text->p[0] != ':')) {
        return false;
    }
    *port_text = port_text->n ? str_slice(*port_text, 1, port_text->n) : STR_NONE;
    return true;
}

/* CIDR[:PORT]; without brackets two colons can only belong to an IPv6 address. */
static bool parse_range(str_t text, entry_t *out)
{
    str_t port_text = STR_NONE;
    str_t range = text;
    size_t colon = str_index(text, ':');
    if (text.n && text.p[0] == '[') {
        if (!cut_brackets(text, &range, &port_text)) {
            return false;
        }
    } else if (colon != SIZE_MAX && str_find(text, STR(":"), colon + 1) == SIZE_MAX) {
        port_text = text;
        range = str_cut(&port_text, ':');
    }
    out->has_range = address_range_parse(range, &out->range);
    return out->has_range && parse_port(port_text, &out->port);
}

/* A name whose last label is a number, decimal or 0x…, is an address to some readers (WHATWG
 * URL 3.5). */
static bool looks_numeric(str_t name)
{
    str_t label = name;
    for (str_t rest = name; rest.p;) {
        label = str_cut(&rest, '.');
    }
    bool hex = str_starts(label, STR("0x")) || str_starts(label, STR("0X"));
    for (size_t i = hex ? 2 : 0; i < label.n; i++) {
        if (hex ? ascii_hex_value(label.p[i]) < 0 : !ascii_is_digit(label.p[i])) {
            return false;
        }
    }
    return true;
}

static bool is_name(str_t name)
{
    str_t rest = str_starts(name, STR("*.")) ? str_slice(name, 2, name.n) : name;
    return url_is_hostname(rest) && !looks_numeric(rest);
}

static str_t lower_in(arena_t *arena, str_t s)
{
    char *copy = arena_alloc(arena, s.n + 1);
    for (size_t i = 0; i < s.n; i++) {
        copy[i] = ascii_lower(s.p[i]);
    }
    return str_at(copy, s.n);
}

/* NAME[:PORT] or NAME=CIDR[:PORT] */
static bool parse_named(arena_t *arena, str_t text, entry_t *out)
{
    str_t rest = text;
    str_t name = str_cut(&rest, '=');
    if (rest.p) {
        if (!parse_range(str_trim(rest), out)) {
            return false;
        }
        name = str_trim(name);
    } else {
        str_t port_text = text;
        name = str_cut(&port_text, ':');
        if (!parse_port(port_text, &out->port)) {
            return false;
        }
    }
    out->name = lower_in(arena, name);
    return is_name(name);
}

static bool parse_entry(arena_t *arena, str_t text, entry_t *out)
{
    *out = (entry_t){.port = PORT_ANY};
    if (parse_range(text, out)) {
        return true;
    }
    *out = (entry_t){.port = PORT_ANY};
    return parse_named(arena, text, out);
}

static size_t count_commas(str_t s)
{
    size_t count = 0;
    for (size_t i = 0; i < s.n; i++) {
        count += s.p[i] == ',';
    }
    return count;
}

egress_t *egress_new(str_t allow, err_t *err)
{
    egress_t *e = mem_new(egress_t);
    e->arena = arena_new(0);
    e->entries = arena_array_of(e->arena, entry_t, count_commas(allow) + 1);
    for (str_t rest = allow; rest.p;) {
        str_t text = str_trim(str_cut(&rest, ','));
        if (text.n == 0) {
            continue;
        }
        if (!parse_entry(e->arena, text, &e->entries[e->entry_count++])) {
            err_set(err, ERR_configuration,
                    "egress exception \"%.*s\": expected CIDR[:PORT] or NAME[=CIDR][:PORT]",
                    STR_ARG(text));
            egress_free(e);
            return NULL;
        }
    }
    return e;
}

void egress_free(egress_t *e)
{
    if (!e) {
        return;
    }
    arena_free(e->arena);
    free(e->own);
    free(e);
}

/* --- own listeners --- */

static void add_own(egress_t *e, const address_t *address, uint16_t port)
{
    e->own = mem_resize(e->own, (e->own_count + 1) * sizeof(own_t));
    e->own[e->own_count++] = (own_t){*address, port};
}

/* A listener on every address is reached by each of this machine's. */
static void add_own_interfaces(egress_t *e, uint16_t port)
{
    struct ifaddrs *list;
    if (getifaddrs(&list) < 0) {
        return;
    }
    for (const struct ifaddrs *i = list; i; i = i->ifa_next) {
        address_t address;
        uint16_t none;
        if (i->ifa_addr && address_of(i->ifa_addr, &address, &none)) {
            add_own(e, &address, port);
        }
    }
    freeifaddrs(list);
}

void egress_add_own(egress_t *e, const struct sockaddr *address)
{
    address_t own;
    uint16_t port;
    if (!address_of(address, &own, &port)) {
        return;
    }
    add_own(e, &own, port);
    if (address_is_any(&own)) {
        add_own_interfaces(e, port);
    }
}

/* Loopback with an own port is an own listener, whichever of its addresses was asked for. */
static bool is_own(const egress_t *e, const address_t *address, uint16_t port)
{
    for (size_t i = 0; i < e->own_count; i++) {
        if (e->own[i].port == port &&
            (address_is_loopback(address) || address_equal(&e->own[i].address, address))) {
            return true;
        }
    }
    return false;
}

/* --- the rule --- */

static bool covers_host(const entry_t *entry, str_t host, uint16_t port)
{
    return (entry->port == PORT_ANY || entry->port == port) &&
           (!entry->name.p || url_host_matches(host, entry->name));
}

/* address: of a host that is an address itself, else NULL. A range without a name can cover any
 * name, since where that leads is not known yet. */
static bool can_cover(const entry_t *entry, str_t host, const address_t *address, uint16_t port)
{
    return covers_host(entry, host, port) &&
           (!address || !entry->has_range || address_in(address, &entry->range));
}

bool egress_opens_port(const egress_t *e, str_t host, uint16_t port)
{
    address_t literal;
    bool is_literal = address_parse(host, &literal);
    if (is_literal) {
        literal = address_end(&literal);
    }
    for (size_t i = 0; i < e->entry_count; i++) {
        if (can_cover(&e->entries[i], host, is_literal ? &literal : NULL, port)) {
            return true;
        }
    }
    return false;
}

bool egress_check_url(const egress_t *e, const url_t *url, err_t *err)
{
    if (str_is(url->scheme, "https") && url->port == PORT_HTTPS) {
        return true;
    }
    bool known = str_is(url->scheme, "https") || str_is(url->scheme, "http");
    if (known && egress_opens_port(e, url->host, url->port)) {
        return true;
    }
    return err_set(err, ERR_egress_denied, "%s", err_code_title(ERR_egress_denied));
}

static bool is_excepted(const egress_t *e, str_t host, const address_t *address, uint16_t port)
{
    for (size_t i = 0; i < e->entry_count; i++) {
        const entry_t *entry = &e->entries[i];
        if (covers_host(entry, host, port) &&
            (!entry->has_range || address_in(address, &entry->range))) {
            return true;
        }
    }
    return false;
}

/* NULL: allowed. */
static const char *reason_against(const egress_t *e, str_t host, const struct sockaddr *sockaddr,
                                  bool https)
{
    address_t address;
    uint16_t port;
    const char *reason;
    if (!address_of(sockaddr, &address, &port)) {
        return "not an IP address";
    }
    address_class_t class = address_classify(&address, &reason);
    address_t end = address_end(&address);
    if (class == ADDRESS_NEVER) {
        return reason;
    }
    if (is_own(e, &end, port)) {
        return "an own listener";
    }
    if (is_excepted(e, host, &end, port)) {
        return NULL;
    }
    if (class == ADDRESS_RESERVED) {
        return reason;
    }
    if (!https) {
        return "http:// without an exception";
    }
    return port == PORT_HTTPS ? NULL : "a port without an exception";
}

bool egress_allows_address(const egress_t *e, str_t host, const struct sockaddr *address,
                           bool https, const char **reason)
{
    const char *against = reason_against(e, host, address, https);
    if (reason) {
        *reason = against;
    }
    return !against;
}
