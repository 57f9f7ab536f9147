/* SPDX-License-Identifier: MIT */
/* The egress rule (DESIGN 7): which addresses Tenon may connect to. https to public addresses on port 443, and
 * what the operator adds; never link-local, metadata services or Tenon's own listeners. Pure, immutable after
 * it is built, read by every thread. */
#ifndef TENON_UPSTREAM_EGRESS_H
#define TENON_UPSTREAM_EGRESS_H

#include <sys/socket.h>

#include "base/err.h"
#include "codec/url.h"

typedef struct egress egress_t;

/* allow: comma-separated CIDR[:PORT] or NAME[=CIDR][:PORT] (an IPv6 CIDR with a port stands in brackets; NAME
 * may be *.rest). Error: configuration, naming the entry. */
egress_t *egress_new(str_t allow, err_t *err);
void egress_free(egress_t *e);
/* Before threads start: an own listener that is never called. */
void egress_add_own(egress_t *e, const struct sockaddr *address);

/* Before a request: scheme and port by name. http needs an entry that can cover host and port; so does a port
 * other than 443. Error: egress_denied, one text for every reason. */
CHECKED bool egress_check_url(const egress_t *e, const url_t *url, err_t *err);
/* When the address is known: false where host may not be reached there. IPv4-mapped, NAT64, 6to4 and Teredo
 * addresses are judged by the IPv4 address inside. reason (for the operator's log) may be NULL. */
bool egress_allows_address(const egress_t *e, str_t host, const struct sockaddr *address, bool https,
                           const char **reason);
/* FORMAT 9: a `hosts` entry without a port means 443 and what this list opens for the host. */
bool egress_opens_port(const egress_t *e, str_t host, uint16_t port);

#endif
