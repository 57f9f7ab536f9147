/* SPDX-License-Identifier: MIT */
/* What the proxies in front say about a request's client: X-Forwarded-For, X-Forwarded-Proto, and Forwarded
 * (RFC 7239). Each hop names who it was called by, so the lists are read from their end, and believed as far as
 * the hops that wrote them are trusted: what stands before that, anybody may have written. Private to this
 * folder; pure. */
#ifndef TENON_HTTP_FORWARDED_H
#define TENON_HTTP_FORWARDED_H

#include "base/address.h"
#include "http/http.h"

/* More lines of one name than this are not believed. */
enum { FORWARDED_LINES_MAX = 8 };
typedef struct forwarded_lines {
    str_t list[FORWARDED_LINES_MAX];
    size_t count; /* of all that came */
} forwarded_lines_t;
/* The header fields of one request, in their order; borrowed. */
typedef struct forwarded {
    forwarded_lines_t x_for, x_proto, forwarded;
} forwarded_t;

typedef enum { SCHEME_UNSAID, SCHEME_HTTP, SCHEME_HTTPS } forwarded_scheme_t;
typedef struct forwarded_client {
    address_t address;
    uint16_t port; /* 0: unknown */
    forwarded_scheme_t scheme; /* by which the client came */
} forwarded_client_t;

/* Keeps a header field if it is one of them; name in lower case. */
void forwarded_take(forwarded_t *f, str_t name, str_t value);
/* client is the peer of the connection, one of the trusted, and becomes who they say came to them: the first that
 * is not trusted itself. Where two kinds of header tell different clients or schemes, or one cannot be
 * read, it stays the last that is sure. */
void forwarded_judge(const forwarded_t *f, const http_proxies_t *trusted, forwarded_client_t *client);

bool http_proxies_trust(const http_proxies_t *p, const address_t *address);

#endif
