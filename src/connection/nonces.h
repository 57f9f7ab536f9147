/* SPDX-License-Identifier: MIT */
/* The nonces that servers want to see in the next proof (RFC 9449 8, 9), by origin; one loop's. */
#ifndef TENON_CONNECTION_NONCES_H
#define TENON_CONNECTION_NONCES_H

#include "connection/connection.h"
#include "grant/proof.h"

typedef struct nonces nonces_t;
nonces_t *nonces_new(void);
void nonces_free(nonces_t *n);
/* Takes note of the one that an answer brings; true where it brings one. */
bool nonces_keep(nonces_t *n, str_t url, const message_header_t *headers, size_t count);
/* Proves a request of the connection where its tokens are bound to a key. token: absent of a token request. */
void nonces_prove(const nonces_t *n, const connection_t *c, str_t token, arena_t *arena, upstream_request_t *request);

#endif
