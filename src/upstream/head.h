/* SPDX-License-Identifier: MIT */
/* The head of an answer, line by line: only the final one is kept, folded lines are joined, size and number
 * of interim answers are bounded. Private to this folder; pure. */
#ifndef TENON_UPSTREAM_HEAD_H
#define TENON_UPSTREAM_HEAD_H

#include "base/buf.h"
#include "upstream/message.h"

enum { HEAD_BYTES_MAX = 128 * 1024, HEAD_INTERIM_MAX = 32 };

typedef enum {
    HEAD_MORE,
    HEAD_COMPLETE, /* with this line */
    HEAD_BAD,      /* not HTTP/1.x; why says what is wrong */
    HEAD_TOO_LARGE
} head_step_t;

typedef struct head_field {
    uint32_t name_at, name_bytes; /* in text */
    uint32_t value_at, value_bytes;
} head_field_t;

typedef struct head {
    int status; /* 0: no status line yet */
    bool complete;
    bool dropping; /* the last field could not be read; neither can what is folded into it */
    size_t bytes;  /* of every line, interim answers and trailers too */
    unsigned interim_count;
    const char *why;
    buf_t text;
    head_field_t *fields;
    size_t field_count, field_capacity;
    message_header_t *headers; /* the fields again, once complete */
    size_t header_count;
} head_t;

void head_init(head_t *h);
void head_fini(head_t *h);
/* line: with its line end, as it came. Lines behind the final head (trailers) only count. */
head_step_t head_line(head_t *h, str_t line);
/* The body was decoded: takes Content-Encoding, and the Content-Length that counted the coded bytes, out. */
void head_drop_coding(head_t *h);

#endif
