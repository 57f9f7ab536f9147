/* SPDX-License-Identifier: MIT */
/* W3C Trace Context (Recommendation, level 1): the trace that a request belongs to, and what is told of it to
 * whoever is called for it. Pure: random bytes are passed in. */
#ifndef TENON_CODEC_TRACE_CONTEXT_H
#define TENON_CODEC_TRACE_CONTEXT_H

#include "base/arena.h"

/* What came with a request. */
typedef struct trace_fields {
    str_t parent; /* traceparent */
    unsigned parent_count;
    str_t state; /* tracestate: all of its lines, joined in the arena where there are several */
} trace_fields_t;

enum { TRACE_ID_DIGITS = 32, SPAN_ID_DIGITS = 16, TRACE_RANDOM_BYTES = 24, TRACE_PARENT_BYTES = 56 };
typedef struct trace_context {
    char trace_id[TRACE_ID_DIGITS + 1]; /* lower-case hexadecimal, as the next two */
    char span_id[SPAN_ID_DIGITS + 1];   /* our own span: the parent of what is called */
    char flags[3];
    str_t state; /* to pass on with it as it came; absent: none */
} trace_context_t;

/* Keeps a header field if it is one of them; name in lower case. */
void trace_take(trace_fields_t *f, arena_t *arena, str_t name, str_t value);
/* Goes on with the trace that came, or begins one where none did or what came is not valid (3.2, 3.3). A trace
 * begun here is not sampled, as nothing is recorded here; state is borrowed from f. */
void trace_make(trace_context_t *t, const trace_fields_t *f, const unsigned char random[TRACE_RANDOM_BYTES]);
/* The traceparent for what is called, NUL-terminated. */
void trace_write(const trace_context_t *t, char out[TRACE_PARENT_BYTES]);

#endif
