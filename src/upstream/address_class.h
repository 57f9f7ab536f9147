/* SPDX-License-Identifier: MIT */
/* What IP addresses are for: public, reserved for something else, or never to be called. Private to this folder;
 * pure. */
#ifndef TENON_UPSTREAM_ADDRESS_CLASS_H
#define TENON_UPSTREAM_ADDRESS_CLASS_H

#include "base/address.h"

typedef enum {
    ADDRESS_PUBLIC,
    ADDRESS_RESERVED, /* private, loopback, documentation...: only where the operator lists it */
    ADDRESS_NEVER     /* link-local, metadata services, multicast: whatever the operator lists */
} address_class_t;

/* The address that a packet ends at: the IPv4 address inside NAT64 (RFC 6052), 6to4 (RFC 3056), Teredo
 * (RFC 4380) and IPv4-compatible addresses; else the address itself. */
address_t address_end(const address_t *a);
/* Judges the address and every address inside it; the worst wins. reason is a static text. */
address_class_t address_classify(const address_t *a, const char **reason);

#endif
