/* SPDX-License-Identifier: MIT */
/* A request to a service and its answer, as plain data: built and read by pure rooms, carried by upstream.h. */
#ifndef TENON_UPSTREAM_MESSAGE_H
#define TENON_UPSTREAM_MESSAGE_H

#include "base/arena.h"
#include "base/str.h"

typedef struct message_header {
    str_t name; /* as it goes on the wire; compared without case */
    str_t value;
} message_header_t;

typedef struct upstream_request {
    str_t method;
    str_t url; /* absolute, encoded */
    message_header_t *headers;
    size_t header_count;
    str_t body; /* absent: none */
} upstream_request_t;

typedef struct upstream_answer {
    int status;
    const message_header_t *headers; /* in the order of the wire; of a final answer, not of 1xx */
    size_t header_count;
    str_t body;
} upstream_answer_t;

/* The first header of that name; absent where there is none. */
str_t message_header_get(const message_header_t *headers, size_t count, const char *name);
/* Sets or replaces; the array grows in the arena. */
void message_header_set(arena_t *arena, upstream_request_t *request, str_t name, str_t value);
/* False where a byte cannot stand in a header value: only tab, 0x20-0x7E (FORMAT 8). */
bool message_header_value_ok(str_t value);

/* Retry-After (RFC 9110 10.2.3): delay-seconds or HTTP-date, several values: the largest. Answers milliseconds
 * from now, clamped to one hour; 0 where it is absent, in the past or unreadable. */
int64_t message_retry_after_ms(const message_header_t *headers, size_t count, int64_t wall_ms);
/* How long the answer asks to wait by any sign: Retry-After, else RateLimit r=0 with t (draft), else of the
 * named header (epoch seconds, or seconds where the number is small). 0 where there is none. */
int64_t message_pause_ms(const message_header_t *headers, size_t count, int64_t wall_ms, str_t epoch_header);

#endif
