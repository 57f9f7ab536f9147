/* SPDX-License-Identifier: MIT */
/* A growing byte buffer with a ceiling given at birth. Appending past the ceiling appends nothing, sets a
 * fault that stays, and makes every later append a no-op: append freely, check once with buf_ok at the end.
 * Not thread-safe. Running out of memory aborts. */
#ifndef TENON_BASE_BUF_H
#define TENON_BASE_BUF_H

#include "base/str.h"

typedef struct buf {
    char *p;
    size_t n;
    size_t capacity;
    size_t ceiling; /* bytes */
    bool overflown;
    bool wiping; /* overwrite memory before it is given back */
} buf_t;

void buf_init(buf_t *b, size_t ceiling_bytes);
/* A buffer for secrets: every block of memory it gives back is overwritten first. */
void buf_init_wiping(buf_t *b, size_t ceiling_bytes);
/* Gives the memory back; the buffer may be initialised again. Harmless on a zeroed struct. */
void buf_fini(buf_t *b);
/* Empties, keeps memory and ceiling, clears the fault. */
void buf_clear(buf_t *b);

void buf_add(buf_t *b, const void *p, size_t n);
void buf_str(buf_t *b, str_t s);
void buf_lit(buf_t *b, const char *c);
void buf_char(buf_t *b, char c);
void buf_printf(buf_t *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_i64(buf_t *b, int64_t value);
/* Room for n more bytes to write at b->p + b->n (then add to b->n); false at the ceiling. */
bool buf_reserve(buf_t *b, size_t n);

bool buf_ok(const buf_t *b);
/* What is in it, borrowed until the next change. Never absent. */
str_t buf_view(const buf_t *b);
/* NUL-terminated, borrowed until the next change. The NUL does not count. */
const char *buf_c(buf_t *b);
/* Moves the memory out (free() it), NUL-terminated; the buffer is empty afterwards. */
char *buf_take(buf_t *b, size_t *n);

#endif
