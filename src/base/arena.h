/* SPDX-License-Identifier: MIT */
/* Memory that dies together: an immutable definition, the working space of one call. Not thread-safe while
 * it grows; what stands in it may be read by any thread afterwards. Running out of memory aborts. */
#ifndef TENON_BASE_ARENA_H
#define TENON_BASE_ARENA_H

#include "base/str.h"

typedef struct arena arena_t;

/* block_bytes: size of the first block, 0 for 4 KiB; later blocks double up to 64 KiB. */
arena_t *arena_new(size_t block_bytes);
/* All blocks are of this size: of what lives long, so little of the last one stays unused. */
arena_t *arena_new_even(size_t block_bytes);
void arena_free(arena_t *a);
/* Zeroed, aligned for any type. n = 0 answers a valid pointer. */
void *arena_alloc(arena_t *a, size_t n);
#define arena_new_of(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
#define arena_array_of(arena, type, count) ((type *)arena_alloc((arena), sizeof(type) * (count)))
/* Copies, NUL-terminated behind the last byte (which n does not count). Absent stays absent. */
str_t arena_str(arena_t *a, str_t s);
str_t arena_printf(arena_t *a, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Runs fn(p) when the arena is freed, in reverse order: for references held on others' behalf. */
void arena_on_free(arena_t *a, void (*fn)(void *p), void *p);
/* Bytes taken from the system. */
size_t arena_bytes(const arena_t *a);

#endif
