/* SPDX-License-Identifier: MIT */
#include "signing/canonical.h"

#include <stdlib.h>

enum { TEXT_MAX = 16 * 1024 * 1024 };

static str_t encoded(arena_t *arena, str_t text)
{
    buf_t to;
    buf_init_wiping(&to, (size_t)3 * TEXT_MAX);
    url_encode_query(&to, text);
    str_t copy = arena_str(arena, buf_view(&to));
    buf_fini(&to);
    return copy;
}

void canonical_add(canonical_t *c, str_t name, str_t value)
{
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

void canonical_add_query(canonical_t *c, str_t query, bool plus)
{
    buf_t name, value;
    buf_init_wiping(&name, TEXT_MAX);
    buf_init_wiping(&value, TEXT_MAX);
    while (query.n) {
        str_t rest = str_cut(&query, '&');
        decode(&name, str_cut(&rest, '='), plus);
        decode(&value, rest, plus);
        if (name.n) {
            canonical_add(c, buf_view(&name), buf_view(&value));
        }
    }
    buf_fini(&name);
    buf_fini(&value);
}

static int compare(const void *a, const void *b)
{
    const canonical_pair_t *one = a, *other = b;
    int order = str_compare(one->name, other->name);
    return order ? order : str_compare(one->value, other->value);
}

void canonical_write(canonical_t *c, buf_t *to)
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
}

str_t canonical_host(arena_t *arena, const url_t *url)
{
    uint16_t usual = str_is(url->scheme, "https") ? 443 : 80;
    str_t host = url->ipv6 ? arena_printf(arena, "[%.*s]", STR_ARG(url->host)) : url->host;
    return url->port == usual ? host : arena_printf(arena, "%.*s:%u", STR_ARG(host), url->port);
}
