/* SPDX-License-Identifier: MIT */
#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fatal.h"
#include "base/mem.h"

enum { BLOCK_FIRST_BYTES = 4096, BLOCK_MOST_BYTES = 65536 };

typedef struct block {
    struct block *next;
    size_t size;
    size_t used;
    alignas(max_align_t) char room[];
} block_t;

typedef struct last_wish {
    struct last_wish *next;
    void (*fn)(void *p);
    void *p;
} last_wish_t;

struct arena {
    block_t *blocks; /* the first one is being filled */
    last_wish_t *wishes;
    size_t next_block_bytes;
    size_t most_block_bytes; /* blocks double up to it */
    size_t bytes;
};

arena_t *arena_new(size_t block_bytes)
{
    arena_t *a = mem_new(arena_t);
    a->next_block_bytes = block_bytes ? block_bytes : BLOCK_FIRST_BYTES;
    a->most_block_bytes = BLOCK_MOST_BYTES;
    a->bytes = sizeof *a;
    return a;
}

arena_t *arena_new_even(size_t block_bytes)
{
    arena_t *a = arena_new(block_bytes);
    a->most_block_bytes = block_bytes;
    return a;
}

void arena_free(arena_t *a)
{
    if (!a) {
        return;
    }
    for (last_wish_t *wish = a->wishes; wish; wish = wish->next) {
        wish->fn(wish->p);
    }
    while (a->blocks) {
        block_t *next = a->blocks->next;
        free(a->blocks);
        a->blocks = next;
    }
    free(a);
}

static block_t *block_new(arena_t *a, size_t size)
{
    block_t *block = mem_alloc(sizeof *block + size);
    block->size = size;
    a->bytes += sizeof *block + size;
    return block;
}

/* A piece that is large for its block gets one of its own behind the one being filled, whose rest
 * stays in use. */
static void *alloc_alone(arena_t *a, size_t n)
{
    block_t *block = block_new(a, n);
    block->used = n;
    if (a->blocks) {
        block->next = a->blocks->next;
        a->blocks->next = block;
    } else {
        a->blocks = block;
    }
    return block->room;
}

static void next_block(arena_t *a)
{
    block_t *block = block_new(a, a->next_block_bytes);
    block->next = a->blocks;
    a->blocks = block;
    if (a->next_block_bytes < a->most_block_bytes) {
        a->next_block_bytes *= 2;
    }
}

void *arena_alloc(arena_t *a, size_t n)
{
    const size_t align = alignof(max_align_t);
    if (n > SIZE_MAX / 2) {
        fatal_abort("out of memory");
    }
    n = n ? (n + align - 1) / align * align : align;
    block_t *block = a->blocks;
    if (!block || block->size - block->used < n) {
        if (n > a->next_block_bytes / 4) {
            return alloc_alone(a, n);
        }
        next_block(a);
        block = a->blocks;
    }
    void *p = block->room + block->used;
    block->used += n;
    return p;
}

str_t arena_str(arena_t *a, str_t s)
{
    if (!s.p) {
        return s;
    }
    char *copy = arena_alloc(a, s.n + 1);
    memcpy(copy, s.p, s.n);
    return str_at(copy, s.n);
}

str_t arena_printf(arena_t *a, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    size_t n = length > 0 ? (size_t)length : 0;
    char *text = arena_alloc(a, n + 1);
    (void)vsnprintf(text, n + 1, format, again);
    va_end(again);
    va_end(args);
    return str_at(text, n);
}

void arena_on_free(arena_t *a, void (*fn)(void *p), void *p)
{
    last_wish_t *wish = arena_new_of(a, last_wish_t);
    *wish = (last_wish_t){.next = a->wishes, .fn = fn, .p = p};
    a->wishes = wish;
}

size_t arena_bytes(const arena_t *a)
{
    return a->bytes;
}
