/* SPDX-License-Identifier: MIT */
#include "connection/nonces.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/map.h"
#include "base/mem.h"

enum { ORIGINS_MAX = 1000 };

struct nonces {
    map_t *by_origin; /* origin -> text */
};

nonces_t *nonces_new(void)
{
    nonces_t *n = mem_new(nonces_t);
    n->by_origin = map_new();
    return n;
}

void nonces_free(nonces_t *n)
{
    if (n) {
        map_free_with(n->by_origin, free);
        free(n);
    }
}

bool nonces_keep(nonces_t *n, str_t url, const message_header_t *headers, size_t count)
{
    str_t nonce = proof_nonce_of(headers, count);
    if (!nonce.p) {
        return false;
    }
    if (map_count(n->by_origin) >= ORIGINS_MAX) { /* who wants one says so again */
        map_free_with(n->by_origin, free);
        n->by_origin = map_new();
    }
    free(map_set(n->by_origin, proof_origin(url), str_dup(nonce)));
    return true;
}

void nonces_prove(const nonces_t *n, const connection_t *c, str_t token, arena_t *arena,
                  upstream_request_t *request)
{
    if (!c->proof_key || !c->auth->grant.dpop) {
        return;
    }
    const proof_t proof = {.key = c->proof_key,
                           .access_token = token,
                           .nonce = str_of(map_get(n->by_origin, proof_origin(request->url))),
                           .wall_ms = clock_wall_ms()};
    proof_set(&proof, arena, request);
}
