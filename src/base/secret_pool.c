/* SPDX-License-Identifier: MIT */
#include "base/secret_pool.h"

#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

#include "base/fatal.h"

#if defined(__SANITIZE_ADDRESS__)
#define SECRETS_ON_HEAP 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SECRETS_ON_HEAP 1
#endif
#endif

#ifdef SECRETS_ON_HEAP

/* A build that watches the heap shall find a leaked or overrun secret, too. */
#include <stdlib.h>

#include "base/mem.h"

void *secret_pool_alloc(size_t n)
{
    return mem_alloc(n);
}

void secret_pool_free(void *p, size_t n)
{
    (void)n;
    free(p);
}

#else

enum { PIECE_LEAST_SHIFT = 6, PIECE_MOST_SHIFT = 14, CLASS_COUNT = PIECE_MOST_SHIFT + 1 };
enum { CHUNK_BYTES = 256 * 1024 };

typedef struct piece {
    struct piece *next;
} piece_t;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static piece_t *free_pieces[CLASS_COUNT]; /* by shift, all zero but for the link */
static char *chunk;
static size_t chunk_left;

static void *map_pages(size_t n)
{
    void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) {
        fatal_abort("out of memory for secrets");
    }
    /* Where the kernel cannot do this the secrets still work; there is nothing better to do. */
    (void)madvise(p, n, MADV_DONTDUMP);
    return p;
}

static unsigned shift_of(size_t n)
{
    unsigned shift = PIECE_LEAST_SHIFT;
    while (((size_t)1 << shift) < n) {
        shift++;
    }
    return shift;
}

/* What is left of a chunk too small for a piece is given up: at most a piece in a chunk. */
static void *cut_piece(size_t size)
{
    if (chunk_left < size) {
        chunk = map_pages(CHUNK_BYTES);
        chunk_left = CHUNK_BYTES;
    }
    void *p = chunk;
    chunk += size;
    chunk_left -= size;
    return p;
}

void *secret_pool_alloc(size_t n)
{
    if (n > (size_t)1 << PIECE_MOST_SHIFT) {
        return map_pages(n);
    }
    unsigned shift = shift_of(n);
    pthread_mutex_lock(&lock);
    piece_t *p = free_pieces[shift];
    if (p) {
        free_pieces[shift] = p->next;
        p->next = NULL;
    } else {
        p = cut_piece((size_t)1 << shift);
    }
    pthread_mutex_unlock(&lock);
    return p;
}

void secret_pool_free(void *p, size_t n)
{
    if (n > (size_t)1 << PIECE_MOST_SHIFT) {
        munmap(p, n);
        return;
    }
    piece_t *piece = p;
    unsigned shift = shift_of(n);
    pthread_mutex_lock(&lock);
    piece->next = free_pieces[shift];
    free_pieces[shift] = piece;
    pthread_mutex_unlock(&lock);
}

#endif
