/* SPDX-License-Identifier: MIT */
#include "call/hot.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/map.h"
#include "base/mem.h"

enum { SLOTS = 4096, WAYS = 4, IDENTITY_MAX = 64 * 1024 };

struct hot {
    hot_entry_t slots[SLOTS];
    unsigned next_way;
};

hot_t *hot_new(void)
{
    return mem_new(hot_t);
}

static void empty(hot_entry_t *e)
{
    free((char *)(uintptr_t)e->token_key.p);
    connection_unref(e->connection);
    *e = (hot_entry_t){0};
}

void hot_clear(hot_t *h)
{
    for (size_t i = 0; i < SLOTS; i++) {
        empty(&h->slots[i]);
    }
}

void hot_free(hot_t *h)
{
    if (h) {
        hot_clear(h);
        free(h);
    }
}

/* Parts are told apart by their lengths, so that no bytes can move from one to the next. */
static size_t add(char *to, size_t at, str_t part)
{
    memcpy(to + at, &part.n, sizeof part.n);
    at += sizeof part.n;
    if (part.n) {
        memcpy(to + at, part.p, part.n);
    }
    return at + part.n;
}

hot_id_t hot_identify(const http_view_t *view)
{
    const str_t parts[] = {view->method,  view->path,         view->query, view->authorization,
                           view->api_key, view->content_type, view->body};
    enum { PARTS = sizeof parts / sizeof *parts, SMALL = 4096 };
    size_t n = 1;
    for (size_t i = 0; i < PARTS; i++) {
        n += sizeof parts[i].n + parts[i].n;
    }
    if (n > IDENTITY_MAX || view->local) {
        return (hot_id_t){0, 0};
    }
    char small[SMALL];
    char *bytes = n <= SMALL ? small : mem_alloc(n);
    size_t at = 0;
    for (size_t i = 0; i < PARTS; i++) {
        at = add(bytes, at, parts[i]);
    }
    bytes[at] = 1; /* the second hash is over one byte more: independent under a keyed hash */
    hot_id_t id = {hash_keyed(bytes, at), hash_keyed(bytes, at + 1)};
    if (bytes != small) {
        free(bytes);
    }
    return id;
}

static hot_entry_t *set_of(hot_t *h, hot_id_t id)
{
    return &h->slots[id.a % (SLOTS / WAYS) * WAYS];
}

static hot_entry_t *find(hot_t *h, hot_id_t id)
{
    hot_entry_t *set = set_of(h, id);
    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].connection && set[i].id.a == id.a && set[i].id.b == id.b) {
            return &set[i];
        }
    }
    return NULL;
}

const hot_entry_t *hot_get(hot_t *h, hot_id_t id)
{
    return find(h, id);
}

void hot_put(hot_t *h, hot_id_t id, const hot_entry_t *e)
{
    if (id.a == 0 && id.b == 0) {
        return;
    }
    hot_entry_t *place = find(h, id);
    for (size_t i = 0; !place && i < WAYS; i++) {
        place = set_of(h, id)[i].connection ? NULL : &set_of(h, id)[i];
    }
    if (!place) {
        place = &set_of(h, id)[h->next_way++ % WAYS];
    }
    hot_entry_t copy = *e;
    copy.id = id;
    copy.token_key = (str_t){str_dup(e->token_key), e->token_key.n};
    copy.connection = connection_ref(e->connection);
    empty(place);
    *place = copy;
}
