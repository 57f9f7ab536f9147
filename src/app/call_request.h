/* SPDX-License-Identifier: MIT */
/* From the words of `tenon call` to the request that calls the action: each field in its place, by
 * the action's description as /v1 shows it. */
#ifndef TENON_APP_CALL_REQUEST_H
#define TENON_APP_CALL_REQUEST_H

#include <jansson.h>

#include "base/arena.h"
#include "base/err.h"
#include "upstream/message.h"

typedef struct call_words {
    str_t connector, connection;
    const json_t *action;
    const str_t *words; /* field=value */
    size_t word_count;
    str_t body; /* of --json; absent: none */
} call_words_t;

/* Errors: usage, param_unknown, param_missing (a path variable), json_*. */
CHECKED bool call_request_in(arena_t *arena, const call_words_t *words, upstream_request_t *out,
                             err_t *err);

#endif
