/* SPDX-License-Identifier: MIT */
#include "codec/url.h"
#include "base/address.h"
#include "upstream/transfer.h"

void slist_add_in(arena_t *arena, struct curl_slist ***end, const char *text)
{
    struct curl_slist *node = arena_new_of(arena, struct curl_slist);
    node->data = (char *)(uintptr_t)text; /* libcurl only reads it */
    **end = node;
    *end = &node->next;
}

static bool is_port(str_t s)
{
    uint64_t port = 0;
    return str_to_u64(s, &port) && port >= 1 && port <= UINT16_MAX;
}

/* Cuts at the last `:`, so that an IPv6 address keeps its own. */
static bool split_port(str_t text, str_t *host, str_t *port)
{
    size_t at = text.n;
    while (at > 0 && text.p[at - 1] != ':') {
        at--;
    }
    if (at == 0) {
        return false;
    }
    *host = str_slice(text, 0, at - 1);
    *port = str_slice(text, at, text.n);
    return is_port(*port);
}

/* The address of a pin: dotted IPv4, or IPv6 in brackets. */
static bool is_address(str_t s)
{
    address_t address;
    bool bracketed = s.n > 2 && s.p[0] == '[' && s.p[s.n - 1] == ']';
    str_t bare = bracketed ? str_slice(s, 1, s.n - 1) : s;
    return address_parse(bare, &address) && bracketed == (str_index(bare, ':') != SIZE_MAX);
}

static bool parse_pin(arena_t *arena, str_t text, struct curl_slist ***end)
{
    str_t to = text;
    str_t from = str_trim(str_cut(&to, '='));
    str_t host;
    str_t host_port;
    str_t address;
    str_t port;
    to = str_trim(to);
    if (!split_port(from, &host, &host_port) || !url_is_hostname(host) ||
        !split_port(to, &address, &port) || !is_address(address)) {
        return false;
    }
    slist_add_in(arena, end, arena_printf(arena, "%.*s:%.*s", STR_ARG(from), STR_ARG(to)).p);
    return true;
}

bool pins_parse_in(arena_t *arena, str_t text, struct curl_slist **out, err_t *err)
{
    struct curl_slist **end = out;
    *out = NULL;
    for (str_t rest = text; rest.p;) {
        str_t pin = str_trim(str_cut(&rest, ','));
        if (pin.n && !parse_pin(arena, pin, &end)) {
            return err_set(err, ERR_configuration,
                           "address pin \"%.*s\": expected host:port=address:port", STR_ARG(pin));
        }
    }
    return true;
}
