/* SPDX-License-Identifier: MIT */
/* IP addresses and ranges of them. Pure. */
#ifndef TENON_BASE_ADDRESS_H
#define TENON_BASE_ADDRESS_H

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

/* False for another family than IPv4 and IPv6. */
bool address_of(const struct sockaddr *sockaddr, address_t *out, uint16_t *port);
/* Dotted decimal of four parts, or RFC 4291 without brackets or zone. */
bool address_parse(str_t text, address_t *out);
/* ADDRESS or ADDRESS/BITS; false where a bit behind the prefix is set, too. */
bool address_range_parse(str_t text, address_range_t *out);
bool address_in(const address_t *a, const address_range_t *range);
bool address_equal(const address_t *a, const address_t *b);
/* Of four bytes in network order. */
address_t address_of_v4(const void *v4);
bool address_is_v4(const address_t *a);
bool address_is_loopback(const address_t *a);
/* 0.0.0.0 and ::, what a listener on every address is bound to. */
bool address_is_any(const address_t *a);
/* "192.0.2.1" or "2001:db8::1", NUL-terminated; answers its length. */
enum { ADDRESS_TEXT_BYTES = 46 };
size_t address_write(const address_t *a, char out[ADDRESS_TEXT_BYTES]);

#endif
