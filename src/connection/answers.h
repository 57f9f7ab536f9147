/* SPDX-License-Identifier: MIT */
/* The answers of a token request and its steps as they came, in their order, for as long as it takes to make them safe. */
#ifndef TENON_CONNECTION_ANSWERS_H
#define TENON_CONNECTION_ANSWERS_H

#include "grant/grant.h"

/* All answers of one sign-in, so that they fit into one sealed record. */
enum { ANSWERS_BYTES_MAX = 512 * 1024 };

typedef struct answers {
    upstream_answer_t list[GRANT_REQUESTS_MAX];
    size_t count;
    int64_t sent_at_ms; /* clock_boot_ms: the first request */
} answers_t;
/* Copies it into the arena, which wipes it when it goes. False where there are too many, or too many bytes. */
CHECKED bool answers_add(answers_t *a, const upstream_answer_t *answer, arena_t *arena);
/* In place of its own. */
void answers_copy(answers_t *a, const answers_t *from, arena_t *arena);

#endif
