/* SPDX-License-Identifier: MIT */
/* Secret bytes: opaque, reference-counted, wiped when the last reference goes, kept out of core files.
 * No log field, error or printf takes a secret_t; looking inside needs secret_peek.h, which only the folders
 * that put secrets on a wire or under a seal include (a test lists them). Thread-safe. */
#ifndef TENON_BASE_SECRET_H
#define TENON_BASE_SECRET_H

#include "base/str.h"

typedef struct secret secret_t;

secret_t *secret_new(str_t bytes);
secret_t *secret_ref(secret_t *s);
/* NULL is allowed. */
void secret_unref(secret_t *s);
/* Time depends on the lengths only. */
bool secret_equal(const secret_t *a, const secret_t *b);
/* Overwrites memory in a way that the compiler keeps. */
void secret_wipe(void *p, size_t n);

#endif
