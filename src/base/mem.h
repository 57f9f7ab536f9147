/* SPDX-License-Identifier: MIT */
/* Heap memory or death: running out of memory aborts, so no caller checks. Every size that a stranger
 * chooses has met its ceiling before it comes here. */
#ifndef TENON_BASE_MEM_H
#define TENON_BASE_MEM_H

#include <stddef.h>

/* Zeroed. free() gives back. */
void *mem_alloc(size_t n);
void *mem_array(size_t count, size_t size);
void *mem_resize(void *p, size_t n);
#define mem_new(type) ((type *)mem_alloc(sizeof(type)))

#endif
