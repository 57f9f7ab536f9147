/* SPDX-License-Identifier: MIT */
/* Entries stand in one array in order of insertion; a table of slots, probed in steps of one, holds
 * their places. A removed entry stays behind as a dead one (no value), and its slot with it, until
 * the array is full and everything is laid out anew; so slots never need a mark of their own for
 * "removed", and an iteration survives a removal. */
#include "base/map.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/fatal.h"
#include "base/mem.h"
#include "base/siphash.h"

enum { CAPACITY_LEAST = 8 };

typedef struct entry {
    char *key;
    size_t key_length;
    uint64_t hash;
    void *value; /* NULL: dead */
} entry_t;

struct map {
    entry_t *entries;
    uint32_t *slots; /* 2 * capacity, a power of two; place of the entry + 1, 0: free */
    size_t capacity; /* of entries */
    size_t used;     /* entries, dead ones too */
    size_t first;    /* no living entry before this one */
    size_t count;    /* living entries */
};

static uint8_t process_key[SIPHASH_KEY_BYTES];
static pthread_once_t process_key_once = PTHREAD_ONCE_INIT;

static void draw_process_key(void)
{
    ssize_t got;
    do {
        got = getrandom(process_key, sizeof process_key, 0);
    } while (got < 0 && errno == EINTR);
    if (got != (ssize_t)sizeof process_key) {
        fatal_abort("no random numbers from the kernel");
    }
}

uint64_t hash_keyed(const void *p, size_t n)
{
    pthread_once(&process_key_once, draw_process_key);
    return siphash_2_4(process_key, p, n);
}

map_t *map_new(void)
{
    return mem_new(map_t);
}

void map_free(map_t *m)
{
    if (!m) {
        return;
    }
    for (size_t i = 0; i < m->used; i++) {
        free(m->entries[i].key);
    }
    free(m->entries);
    free(m->slots);
    free(m);
}

void map_free_with(map_t *m, void (*fn)(void *value))
{
    void *value;
    for (size_t at = 0; m && map_next(m, &at, NULL, &value);) {
        fn(value);
    }
    map_free(m);
}

static entry_t *find(const map_t *m, str_t key, uint64_t hash)
{
    size_t mask = m->capacity * 2 - 1;
    for (size_t at = hash & mask; m->capacity && m->slots[at]; at = (at + 1) & mask) {
        entry_t *entry = &m->entries[m->slots[at] - 1];
        if (entry->hash == hash && entry->value &&
            str_eq(str_at(entry->key, entry->key_length), key)) {
            return entry;
        }
    }
    return NULL;
}

static void take_slot(map_t *m, uint64_t hash, size_t place)
{
    size_t mask = m->capacity * 2 - 1;
    size_t at = hash & mask;
    while (m->slots[at]) {
        at = (at + 1) & mask;
    }
    m->slots[at] = (uint32_t)(place + 1);
}

/* Grows, shrinks or only drops the dead, by how many live: half of the new array is free. */
static void lay_out(map_t *m)
{
    size_t capacity = CAPACITY_LEAST;
    while (capacity < m->count * 2) {
        capacity *= 2;
    }
    if (capacity > UINT32_MAX / 2) {
        fatal_abort("a map outgrew its table");
    }
    map_t next = {.capacity = capacity, .count = m->count};
    next.entries = mem_array(capacity, sizeof(entry_t));
    next.slots = mem_array(capacity * 2, sizeof(uint32_t));
    for (size_t i = m->first; i < m->used; i++) {
        if (m->entries[i].value) {
            take_slot(&next, m->entries[i].hash, next.used);
            next.entries[next.used++] = m->entries[i];
        }
    }
    free(m->entries);
    free(m->slots);
    *m = next;
}

void *map_get(const map_t *m, str_t key)
{
    const entry_t *entry = m->count ? find(m, key, hash_keyed(key.p, key.n)) : NULL;
    return entry ? entry->value : NULL;
}

void *map_set(map_t *m, str_t key, void *value)
{
    uint64_t hash = hash_keyed(key.p, key.n);
    entry_t *entry = find(m, key, hash);
    if (entry) {
        void *replaced = entry->value;
        entry->value = value;
        return replaced;
    }
    if (m->used == m->capacity) {
        lay_out(m);
    }
    take_slot(m, hash, m->used);
    m->entries[m->used++] = (entry_t){str_dup(key), key.n, hash, value};
    m->count++;
    return NULL;
}

void *map_remove(map_t *m, str_t key)
{
    entry_t *entry = m->count ? find(m, key, hash_keyed(key.p, key.n)) : NULL;
    if (!entry) {
        return NULL;
    }
    void *value = entry->value;
    free(entry->key);
    *entry = (entry_t){.hash = entry->hash};
    m->count--;
    /* A map used as a queue removes at the front: do not walk over its dead again and again. */
    while (m->first < m->used && !m->entries[m->first].value) {
        m->first++;
    }
    return value;
}

size_t map_count(const map_t *m)
{
    return m->count;
}

bool map_next(const map_t *m, size_t *at, str_t *key, void **value)
{
    size_t i = *at > m->first ? *at : m->first;
    while (i < m->used && !m->entries[i].value) {
        i++;
    }
    if (i >= m->used) {
        *at = m->used;
        return false;
    }
    if (key) {
        *key = str_at(m->entries[i].key, m->entries[i].key_length);
    }
    if (value) {
        *value = m->entries[i].value;
    }
    *at = i + 1;
    return true;
}
