/* SPDX-License-Identifier: MIT */
#include "signing/canonical.h"

#include <stdlib.h>

static str_t encoded(arena_t *arena, str_t text)
{
    buf_t to;
    buf_init_wiping(&to, 3 * text.n + 1);
    url_encode_query(&to, text);
    str_t copy = arena_str(arena, buf_view(&to));
    buf_fini(&to);
    return copy;
}

void canonical_add(canonical_t *c, str_t name, str_t value)
{
    c->is_full = c->is_full || c->count == CANONICAL_PAIRS_MAX;
    if (c->is_full) {
        return;
    }
    if (c->count == c->capacity) {
        size_t capacity = c->capacity ? 2 * c->capacity : 16;
        canonical_pair_t *grown = arena_array_of(c->arena, canonical_pair_t, capacity);
        if (c->count) {
            memcpy(grown, c->list, c->count * sizeof *grown);
        }
        c->list = grown;
        c->capacity = capacity;
    }
    c->list[c->count++] = (canonical_pair_t){encoded(c->arena, name), encoded(c->arena, value)};
}

/* What is no escape stands for itself. */
static void decode(buf_t *to, str_t text, bool plus)
{
    buf_clear(to);
    if (!url_decode(to, text, plus)) {
        buf_clear(to);
        buf_str(to, text);
    }
}

/* Each pair has memory of its own size: one long value does not make the others costly. */
static void add_pair(canonical_t *c, str_t pair, bool plus)
{
    buf_t name, value;
    buf_init_wiping(&name, pair.n + 1);
    buf_init_wiping(&value, pair.n + 1);
    decode(&name, str_cut(&pair, '='), plus);
    decode(&value, pair, plus);
    if (name.n) {
        canonical_add(c, buf_view(&name), buf_view(&value));
    }
    buf_fini(&name);
    buf_fini(&value);
}

void canonical_add_query(canonical_t *c, str_t query, bool plus)
{
    while (query.n && !c->is_full) {
        add_pair(c, str_cut(&query, '&'), plus);
    }
}

static int compare(const void *a, const void *b)
{
    const canonical_pair_t *one = a, *other = b;
    int order = str_compare(one->name, other->name);
    return order ? order : str_compare(one->value, other->value);
}

bool canonical_write(canonical_t *c, buf_t *to)
{
    if (c->count) {
        qsort(c->list, c->count, sizeof *c->list, compare);
    }
    for (size_t i = 0; i < c->count; i++) {
        if (i) {
            buf_char(to, '&');
        }
        buf_str(to, c->list[i].name);
        buf_char(to, '=');
        buf_str(to, c->list[i].value);
    }
    return !c->is_full && buf_ok(to);
}

str_t canonical_host(arena_t *arena, const url_t *url)
{
    uint16_t usual = str_is(url->scheme, "https") ? 443 : 80;
    str_t host = url->ipv6 ? arena_printf(arena, "[%.*s]", STR_ARG(url->host)) : url->host;
    return url->port == usual ? host : arena_printf(arena, "%.*s:%u", STR_ARG(host), url->port);
}
