/* SPDX-License-Identifier: MIT */
/* Memory for secrets: pages of their own that stay out of core files, cut into sizes of powers of
 * two. One mapping for many secrets, because marking each heap page by itself would split the heap
 * into more mappings than the kernel grants a process. Thread-safe. For secret.c alone. */
#ifndef TENON_BASE_SECRET_POOL_H
#define TENON_BASE_SECRET_POOL_H

#include <stddef.h>

/* Zeroed, aligned for any type; running out of memory aborts. */
void *secret_pool_alloc(size_t n);
/* n as it was asked for. The caller has wiped all of it. */
void secret_pool_free(void *p, size_t n);

#endif
