/* SPDX-License-Identifier: MIT */
/* IP addresses and what they are for: public, reserved for something else, or never to be called. Private to
 * this folder; pure. */
#ifndef TENON_UPSTREAM_ADDRESS_H
#define TENON_UPSTREAM_ADDRESS_H

#include <sys/socket.h>

#include "base/str.h"

/* Network order; an IPv4 address stands as ::ffff:a.b.c.d, so the mapped form needs no care of its own. */
typedef struct address {
    uint8_t bytes[16];
} address_t;

typedef struct address_range {
    address_t base;
    unsigned bits; /* of 128 */
} address_range_t;

typedef enum {
    ADDRESS_PUBLIC,
    ADDRESS_RESERVED, /* private, loopback, documentation...: only where the operator lists it */
    ADDRESS_NEVER     /* link-local, metadata services, multicast: whatever the operator lists */
} address_class_t;

/* False for another family than IPv4 and IPv6. */
bool address_of(const struct sockaddr *sockaddr, address_t *out, uint16_t *port);
/* Dotted decimal of four parts, or RFC 4291 without brackets or zone. */
bool address_parse(str_t text, address_t *out);
/* ADDRESS or ADDRESS/BITS; false where a bit behind the prefix is set, too. */
bool address_range_parse(str_t text, address_range_t *out);
bool address_in(const address_t *a, const address_range_t *range);
bool address_equal(const address_t *a, const address_t *b);
bool address_is_loopback(const address_t *a);
/* 0.0.0.0 and ::, what a listener on every address is bound to. */
bool address_is_any(const address_t *a);

/* The address that a packet ends at: the IPv4 address inside NAT64 (RFC 6052), 6to4 (RFC 3056), Teredo
 * (RFC 4380) and IPv4-compatible addresses; else the address itself. */
address_t address_end(const address_t *a);
/* Judges the address and every address inside it; the worst wins. reason is a static text. */
address_class_t address_classify(const address_t *a, const char **reason);

#endif
