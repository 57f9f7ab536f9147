/* SPDX-License-Identifier: MIT */
/* What signatures of requests are made over, whoever defines them: parameters in one spelling and order. Pure. */
#ifndef TENON_SIGNING_CANONICAL_H
#define TENON_SIGNING_CANONICAL_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "codec/url.h"

/* How many there may be: they are sorted where calls of others wait. */
enum { CANONICAL_PAIRS_MAX = 10000 };

typedef struct canonical_pair {
    str_t name, value; /* all but unreserved characters encoded (RFC 3986 2.3) */
} canonical_pair_t;
/* Set the arena, where everything lives, and nothing else. */
typedef struct canonical {
    arena_t *arena;
    canonical_pair_t *list;
    size_t count, capacity;
    bool is_full; /* there were more */
} canonical_t;

/* A parameter as it is meant. */
void canonical_add(canonical_t *c, str_t name, str_t value);
/* Those of a query, or of a form (plus: `+` is a blank there), in whatever spelling. */
void canonical_add_query(canonical_t *c, str_t query, bool plus);
/* name=value&…, ordered by name, then by value. False: there were too many, or to is full. */
CHECKED bool canonical_write(canonical_t *c, buf_t *to);

/* The host as it is sent in Host: with the port where it is not the scheme's own. */
str_t canonical_host(arena_t *arena, const url_t *url);

#endif
