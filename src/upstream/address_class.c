/* SPDX-License-Identifier: MIT */
#include "upstream/address_class.h"

enum { V4_AT = 12, V4_BYTES = 4, V4_PREFIX_BITS = 96, TEREDO_SERVER_AT = 4 };
enum { SIX_TO_FOUR_AT = 2 };

static bool has_prefix(const address_t *a, const uint8_t *prefix, size_t n)
{
    return memcmp(a->bytes, prefix, n) == 0;
}

/* --- addresses inside addresses --- */

static const uint8_t zero_prefix[V4_AT];
static const uint8_t nat64_prefix[V4_AT] = {0x00, 0x64, 0xFF, 0x9B};
static const uint8_t nat64_local_prefix[] = {0x00, 0x64, 0xFF, 0x9B, 0x00, 0x01};
static const uint8_t six_to_four_prefix[] = {0x20, 0x02};
static const uint8_t teredo_prefix[] = {0x20, 0x01, 0x00, 0x00};

static bool is_compatible(const address_t *a)
{
    return has_prefix(a, zero_prefix, V4_AT) && !address_is_any(a) && !address_is_loopback(a);
}

/* The IPv4 addresses inside; of Teredo's two the client's comes first. Answers how many there are.
 */
static size_t inside(const address_t *a, address_t out[2])
{
    if (has_prefix(a, nat64_prefix, V4_AT) || is_compatible(a) ||
        has_prefix(a, nat64_local_prefix, sizeof nat64_local_prefix)) {
        out[0] = address_of_v4(a->bytes + V4_AT);
        return 1;
    }
    if (has_prefix(a, six_to_four_prefix, sizeof six_to_four_prefix)) {
        out[0] = address_of_v4(a->bytes + SIX_TO_FOUR_AT);
        return 1;
    }
    if (has_prefix(a, teredo_prefix, sizeof teredo_prefix)) {
        uint8_t client[V4_BYTES];
        for (size_t i = 0; i < V4_BYTES; i++) {
            client[i] = (uint8_t)~a->bytes[V4_AT + i]; /* RFC 4380 4: stored inverted */
        }
        out[0] = address_of_v4(client);
        out[1] = address_of_v4(a->bytes + TEREDO_SERVER_AT);
        return 2;
    }
    return 0;
}

/* A NAT64 prefix of the local network may be of any length, so where its IPv4 address stands is a
 * guess, good enough to refuse by but not to allow by. */
static bool is_transparent(const address_t *a)
{
    return !has_prefix(a, nat64_local_prefix, sizeof nat64_local_prefix);
}

address_t address_end(const address_t *a)
{
    address_t inner[2];
    return is_transparent(a) && inside(a, inner) ? inner[0] : *a;
}

/* --- classes: IANA's special-purpose registries (RFC 6890) and what clouds serve metadata at ---
 */

typedef struct class_row {
    address_range_t range;
    address_class_t class;
    const char *reason;
} class_row_t;

/* The first row that fits decides. */
/* clang-format off */
#define V4(a, b, c, d, bits) \
    {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, (a), (b), (c), (d)}}, V4_PREFIX_BITS + (bits)}
#define V6(bits, ...) {{{__VA_ARGS__}}, (bits)}

static const class_row_t v4_rows[] = {
    {V4(0, 0, 0, 0, 8), ADDRESS_NEVER, "this host"},
    {V4(169, 254, 0, 0, 16), ADDRESS_NEVER, "link-local or metadata"},
    {V4(100, 100, 100, 200, 32), ADDRESS_NEVER, "metadata"},
    {V4(168, 63, 129, 16, 32), ADDRESS_NEVER, "metadata"},
    {V4(192, 0, 0, 192, 32), ADDRESS_NEVER, "metadata"},
    {V4(224, 0, 0, 0, 4), ADDRESS_NEVER, "multicast"},
    {V4(255, 255, 255, 255, 32), ADDRESS_NEVER, "broadcast"},
    {V4(127, 0, 0, 0, 8), ADDRESS_RESERVED, "loopback"},
    {V4(10, 0, 0, 0, 8), ADDRESS_RESERVED, "private"},
    {V4(172, 16, 0, 0, 12), ADDRESS_RESERVED, "private"},
    {V4(192, 168, 0, 0, 16), ADDRESS_RESERVED, "private"},
    {V4(100, 64, 0, 0, 10), ADDRESS_RESERVED, "shared by a carrier"},
    {V4(192, 0, 0, 0, 24), ADDRESS_RESERVED, "protocol assignment"},
    {V4(192, 0, 2, 0, 24), ADDRESS_RESERVED, "documentation"},
    {V4(198, 51, 100, 0, 24), ADDRESS_RESERVED, "documentation"},
    {V4(203, 0, 113, 0, 24), ADDRESS_RESERVED, "documentation"},
    {V4(192, 88, 99, 0, 24), ADDRESS_RESERVED, "6to4 relay"},
    {V4(198, 18, 0, 0, 15), ADDRESS_RESERVED, "benchmark"},
    {V4(240, 0, 0, 0, 4), ADDRESS_RESERVED, "reserved"},
    {V4(0, 0, 0, 0, 0), ADDRESS_PUBLIC, "public"},
};

static const class_row_t v6_rows[] = {
    {V6(128, 0), ADDRESS_NEVER, "this host"},
    {V6(10, 0xFE, 0x80), ADDRESS_NEVER, "link-local"},
    {V6(128, 0xFD, 0x00, 0x0E, 0xC2, [14] = 0x02, [15] = 0x54), ADDRESS_NEVER, "metadata"},
    {V6(128, 0xFD, 0x20, 0x00, 0xCE, [14] = 0x02, [15] = 0x54), ADDRESS_NEVER, "metadata"},
    {V6(8, 0xFF), ADDRESS_NEVER, "multicast"},
    {V6(128, [15] = 0x01), ADDRESS_RESERVED, "loopback"},
    {V6(7, 0xFC), ADDRESS_RESERVED, "private"},
    {V6(10, 0xFE, 0xC0), ADDRESS_RESERVED, "site-local"},
    {V6(96, 0x00, 0x64, 0xFF, 0x9B), ADDRESS_PUBLIC, "public"}, /* judged by what is inside */
    {V6(48, 0x00, 0x64, 0xFF, 0x9B, 0x00, 0x01), ADDRESS_RESERVED, "NAT64 of the local network"},
    {V6(64, 0x01), ADDRESS_RESERVED, "discarded"},
    {V6(32, 0x20, 0x01), ADDRESS_PUBLIC, "public"}, /* Teredo, judged by what is inside */
    {V6(23, 0x20, 0x01), ADDRESS_RESERVED, "protocol assignment"},
    {V6(32, 0x20, 0x01, 0x0D, 0xB8), ADDRESS_RESERVED, "documentation"},
    {V6(20, 0x3F, 0xFF), ADDRESS_RESERVED, "documentation"},
    {V6(3, 0x20), ADDRESS_PUBLIC, "public"},
    {V6(0, 0), ADDRESS_RESERVED, "not global unicast"},
};
/* clang-format on */

static const class_row_t *first_row(const address_t *a, const class_row_t *rows, size_t count)
{
    for (size_t i = 0; i + 1 < count; i++) {
        if (address_in(a, &rows[i].range)) {
            return &rows[i];
        }
    }
    return &rows[count - 1];
}

static const class_row_t *row_of(const address_t *a)
{
    return address_is_v4(a) ? first_row(a, v4_rows, sizeof v4_rows / sizeof *v4_rows)
                            : first_row(a, v6_rows, sizeof v6_rows / sizeof *v6_rows);
}

address_class_t address_classify(const address_t *a, const char **reason)
{
    address_t inner[2];
    size_t count = inside(a, inner);
    const class_row_t *worst = row_of(a);
    for (size_t i = 0; i < count; i++) {
        const class_row_t *row = row_of(&inner[i]);
        worst = row->class > worst->class ? row : worst;
    }
    *reason = worst->reason;
    return worst->class;
}
