/* SPDX-License-Identifier: MIT */
#include "base/mem.h"

#include <stdlib.h>

#include "base/fatal.h"

/* calloc and realloc may answer NULL for nothing; one byte keeps NULL for failure. */
static size_t at_least_one(size_t n)
{
    return n ? n : 1;
}

static void *checked(void *p)
{
    if (!p) {
        fatal_abort("out of memory");
    }
    return p;
}

void *mem_alloc(size_t n)
{
    return checked(calloc(1, at_least_one(n)));
}

void *mem_array(size_t count, size_t size)
{
    return checked(calloc(at_least_one(count), at_least_one(size)));
}

void *mem_resize(void *p, size_t n)
{
    return checked(realloc(p, at_least_one(n)));
}
