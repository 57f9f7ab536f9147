/* SPDX-License-Identifier: MIT */
#include "api/wrong_keys.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/address.h"
#include "base/map.h"
#include "base/mem.h"

enum { FIRST_PAUSE_MS = 1000, DOUBLINGS_MAX = 20, V6_NETWORK_BYTES = 8 };

typedef struct count {
    unsigned wrong;
    int64_t latest_at_ms;
} count_t;

struct wrong_keys {
    pthread_mutex_t lock;
    map_t *by_address; /* address_t -> count_t */
};

wrong_keys_t *wrong_keys_new(void)
{
    wrong_keys_t *all = mem_new(wrong_keys_t);
    pthread_mutex_init(&all->lock, NULL);
    all->by_address = map_new();
    return all;
}

void wrong_keys_free(wrong_keys_t *all)
{
    if (!all) {
        return;
    }
    map_free_with(all->by_address, free);
    pthread_mutex_destroy(&all->lock);
    free(all);
}

/* "192.0.2.1:4711", "192.0.2.1", "[::1]:4711", "[::1]"; of anything else, such as "local", all
 * zeros. */
static address_t network_of(str_t peer)
{
    address_t address = {.bytes = {0}};
    str_t host;
    if (str_starts(peer, STR("["))) {
        host = str_slice(peer, 1, str_index(peer, ']'));
    } else {
        host = str_cut(&peer, ':');
    }
    if (!address_parse(host, &address)) {
        return (address_t){.bytes = {0}};
    }
    if (!address_is_v4(&address)) { /* one host has a whole network of 64 bits to choose from */
        memset(address.bytes + V6_NETWORK_BYTES, 0, sizeof address.bytes - V6_NETWORK_BYTES);
    }
    return address;
}

static str_t view(const address_t *address)
{
    return str_at(address->bytes, sizeof address->bytes);
}

static bool is_past(const count_t *c, int64_t now_ms)
{
    return now_ms - c->latest_at_ms >= WRONG_KEYS_FORGOTTEN_AFTER_MS;
}

/* Drops what is past; where that is nothing, the address that was met first. */
static void make_room(wrong_keys_t *all, int64_t now_ms)
{
    str_t key, first = STR_NONE;
    void *value;
    for (size_t at = 0; map_next(all->by_address, &at, &key, &value);) {
        first = first.p ? first : key;
        if (is_past(value, now_ms)) {
            free(map_remove(all->by_address, key));
            first = STR_NONE;
        }
    }
    if (map_count(all->by_address) >= WRONG_KEYS_ADDRESSES_MAX) {
        free(map_remove(all->by_address, first));
    }
}

static count_t *count_of(wrong_keys_t *all, const address_t *network, int64_t now_ms)
{
    count_t *c = map_get(all->by_address, view(network));
    if (!c) {
        if (map_count(all->by_address) >= WRONG_KEYS_ADDRESSES_MAX) {
            make_room(all, now_ms);
        }
        c = mem_new(count_t);
        map_set(all->by_address, view(network), c);
    } else if (is_past(c, now_ms)) {
        c->wrong = 0;
    }
    return c;
}

static int64_t pause_after(unsigned wrong)
{
    if (wrong <= WRONG_KEYS_FREE) {
        return 0;
    }
    unsigned doublings = wrong - WRONG_KEYS_FREE - 1;
    int64_t pause_ms = (int64_t)FIRST_PAUSE_MS
                       << (doublings < DOUBLINGS_MAX ? doublings : DOUBLINGS_MAX);
    return pause_ms < WRONG_KEYS_PAUSE_MAX_MS ? pause_ms : WRONG_KEYS_PAUSE_MAX_MS;
}

int64_t wrong_keys_add(wrong_keys_t *all, str_t peer, int64_t now_ms)
{
    const address_t network = network_of(peer);
    pthread_mutex_lock(&all->lock);
    count_t *c = count_of(all, &network, now_ms);
    c->latest_at_ms = now_ms;
    c->wrong += c->wrong < UINT16_MAX;
    int64_t pause_ms = pause_after(c->wrong);
    pthread_mutex_unlock(&all->lock);
    return pause_ms;
}

void wrong_keys_forget(wrong_keys_t *all, str_t peer)
{
    const address_t network = network_of(peer);
    pthread_mutex_lock(&all->lock);
    free(map_remove(all->by_address, view(&network)));
    pthread_mutex_unlock(&all->lock);
}
