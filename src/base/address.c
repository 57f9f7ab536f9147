/* SPDX-License-Identifier: MIT */
#include "base/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

enum { ADDRESS_BYTES = 16, V4_AT = 12, V4_BYTES = 4, V4_PREFIX_BITS = 96 };

static const uint8_t mapped_prefix[V4_AT] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

address_t address_of_v4(const void *v4)
{
    address_t a;
    memcpy(a.bytes, mapped_prefix, V4_AT);
    memcpy(a.bytes + V4_AT, v4, V4_BYTES);
    return a;
}

bool address_is_v4(const address_t *a)
{
    return memcmp(a->bytes, mapped_prefix, V4_AT) == 0;
}

bool address_of(const struct sockaddr *sockaddr, address_t *out, uint16_t *port)
{
    if (sockaddr->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, sockaddr, sizeof in);
        *out = address_of_v4(&in.sin_addr);
        *port = ntohs(in.sin_port);
        return true;
    }
    if (sockaddr->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, sockaddr, sizeof in6);
        memcpy(out->bytes, &in6.sin6_addr, ADDRESS_BYTES);
        *port = ntohs(in6.sin6_port);
        return true;
    }
    return false;
}

bool address_parse(str_t text, address_t *out)
{
    char c[INET6_ADDRSTRLEN];
    struct in_addr v4;
    if (text.n == 0 || text.n >= sizeof c || memchr(text.p, 0, text.n)) {
        return false;
    }
    memcpy(c, text.p, text.n);
    c[text.n] = 0;
    if (inet_pton(AF_INET, c, &v4) == 1) {
        *out = address_of_v4(&v4);
        return true;
    }
    return inet_pton(AF_INET6, c, out->bytes) == 1;
}

static bool bit_is_set(const address_t *a, unsigned bit)
{
    return a->bytes[bit / 8] & (0x80U >> (bit % 8));
}

bool address_range_parse(str_t text, address_range_t *out)
{
    str_t bits_text = text;
    str_t base = str_cut(&bits_text, '/');
    bool v4 = str_index(base, ':') == SIZE_MAX;
    uint64_t bits = v4 ? 32 : 128;
    uint64_t bits_max = bits;
    if (!address_parse(base, &out->base) ||
        (bits_text.p && (!str_to_u64(bits_text, &bits) || bits > bits_max))) {
        return false;
    }
    out->bits = (unsigned)bits + (v4 ? V4_PREFIX_BITS : 0);
    for (unsigned bit = out->bits; bit < ADDRESS_BYTES * 8; bit++) {
        if (bit_is_set(&out->base, bit)) {
            return false;
        }
    }
    return true;
}

bool address_in(const address_t *a, const address_range_t *range)
{
    unsigned whole = range->bits / 8;
    unsigned rest = range->bits % 8;
    if (range->bits < V4_PREFIX_BITS && address_is_v4(a)) {
        return false; /* "::/0" means every IPv6 address */
    }
    if (memcmp(a->bytes, range->base.bytes, whole) != 0) {
        return false;
    }
    return rest == 0 || ((a->bytes[whole] ^ range->base.bytes[whole]) >> (8 - rest)) == 0;
}

bool address_equal(const address_t *a, const address_t *b)
{
    return memcmp(a->bytes, b->bytes, ADDRESS_BYTES) == 0;
}

static bool has_prefix(const address_t *a, const uint8_t *prefix, size_t n)
{
    return memcmp(a->bytes, prefix, n) == 0;
}

bool address_is_any(const address_t *a)
{
    static const uint8_t zeros[ADDRESS_BYTES];
    return has_prefix(a, zeros, ADDRESS_BYTES) ||
           (address_is_v4(a) && memcmp(a->bytes + V4_AT, zeros, V4_BYTES) == 0);
}

bool address_is_loopback(const address_t *a)
{
    static const uint8_t v6_loopback[ADDRESS_BYTES] = {[15] = 1};
    return has_prefix(a, v6_loopback, ADDRESS_BYTES) ||
           (address_is_v4(a) && a->bytes[V4_AT] == 127);
}

size_t address_write(const address_t *a, char out[ADDRESS_TEXT_BYTES])
{
    const char *text = address_is_v4(a)
                           ? inet_ntop(AF_INET, a->bytes + V4_AT, out, ADDRESS_TEXT_BYTES)
                           : inet_ntop(AF_INET6, a->bytes, out, ADDRESS_TEXT_BYTES);
    return text ? strlen(text) : 0;
}
