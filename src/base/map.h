/* SPDX-License-Identifier: MIT */
/* A map from byte strings to pointers: open addressing, SipHash-2-4 with a key drawn at start, so that names
 * chosen by strangers cannot make it slow. Keeps insertion order on iteration. Copies its keys. Not
 * thread-safe. */
#ifndef TENON_BASE_MAP_H
#define TENON_BASE_MAP_H

#include "base/str.h"

typedef struct map map_t;

map_t *map_new(void);
/* Frees the map, not the values. NULL is allowed. */
void map_free(map_t *m);
/* Frees every value with fn first. */
void map_free_with(map_t *m, void (*fn)(void *value));
/* NULL where there is none. */
void *map_get(const map_t *m, str_t key);
/* value is not NULL. Answers the value it replaced, or NULL. */
void *map_set(map_t *m, str_t key, void *value);
/* Answers the value it took out, or NULL. */
void *map_remove(map_t *m, str_t key);
size_t map_count(const map_t *m);
/* for (size_t at = 0; map_next(m, &at, &key, &value);) - in order of insertion. Removing the entry just
 * answered is allowed while iterating; adding is not. key and value may be NULL. */
bool map_next(const map_t *m, size_t *at, str_t *key, void **value);

/* 64-bit SipHash-2-4 of n bytes under the process's key (drawn at first use). */
uint64_t hash_keyed(const void *p, size_t n);

#endif
