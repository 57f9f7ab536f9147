/* SPDX-License-Identifier: MIT */
/* Tokens and refusals by token key (DESIGN 5): immutable snapshots, shared by reference count, in a sharded map
 * that every loop reads. Only the control loop writes. */
#ifndef TENON_CONNECTION_TOKEN_H
#define TENON_CONNECTION_TOKEN_H

#include <jansson.h>

#include "base/buf.h"
#include "base/err.h"

typedef struct token {
    json_t *members;       /* the answer's members and names; refresh_token only where the caller may have it */
    str_t access_token;    /* in members */
    uint64_t generation;   /* unique in the process: a 401 names the token it met */
    int64_t obtained_at_ms; /* clock_boot_ms at the sending of its request */
    int64_t expires_at_ms; /* clock_boot_ms */
    int64_t reuse_until_ms; /* before it: not asked for anew; 0: only for the calls that waited for it */
    /* Its answer, rendered once with a gap for what is left: head, seconds, tail. */
    str_t head, tail;
} token_t;
token_t *token_ref(const token_t *t);
void token_unref(const token_t *t);

/* Steals members. */
token_t *token_new(json_t *members, int64_t obtained_at_ms, int64_t lifetime_ms, int64_t reuse_until_ms);
/* The same token with another reuse_until_ms. */
token_t *token_with_reuse(const token_t *t, int64_t reuse_until_ms);
/* Appends the JSON answer of a token action: members with expires_in as an integer, being what is left. */
void token_write_answer(const token_t *t, int64_t now_ms, buf_t *to);
/* Whole seconds left, rounded down, at least 0. */
int64_t token_seconds_left(const token_t *t, int64_t now_ms);

/* --- the shared map --- */
typedef struct token_cache token_cache_t;
/* capacity: of tokens whose credentials came with the call (least recently used go first). */
token_cache_t *token_cache_new(size_t capacity);
void token_cache_free(token_cache_t *c);
/* A reference to a token that may be reused at now_ms, or NULL. Where the key is refused until later, NULL too,
 * with the refusal in *refusal (plain copy, no details, what is left of a pause; untouched otherwise). */
token_t *token_cache_get(token_cache_t *c, str_t key, int64_t now_ms, err_t *refusal);
/* Keeps a reference. evictable: counts against the capacity. */
void token_cache_put(token_cache_t *c, str_t key, const token_t *token, bool evictable);
/* Refuses the key until then. */
void token_cache_refuse(token_cache_t *c, str_t key, const err_t *why, int64_t until_ms);
void token_cache_remove(token_cache_t *c, str_t key);
/* Removes every key that starts with prefix. */
void token_cache_remove_prefix(token_cache_t *c, str_t prefix);

#endif
