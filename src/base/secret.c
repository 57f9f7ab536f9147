/* SPDX-License-Identifier: MIT */
#include "base/secret_peek.h"

#include <stdatomic.h>

#include "base/secret_pool.h"

struct secret {
    atomic_uint refs;
    size_t n;
    char bytes[];
};

secret_t *secret_new(str_t bytes)
{
    secret_t *s = secret_pool_alloc(sizeof *s + bytes.n + 1);
    atomic_init(&s->refs, 1);
    s->n = bytes.n;
    if (bytes.n) {
        memcpy(s->bytes, bytes.p, bytes.n);
    }
    return s;
}

secret_t *secret_ref(secret_t *s)
{
    if (s) {
        atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
    }
    return s;
}

void secret_unref(secret_t *s)
{
    /* Whoever wipes must see what every other holder did before it let go. */
    if (s && atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) == 1) {
        size_t size = sizeof *s + s->n + 1;
        secret_wipe(s, size);
        secret_pool_free(s, size);
    }
}

bool secret_equal(const secret_t *a, const secret_t *b)
{
    if (!a || !b || a->n != b->n) {
        return a == b;
    }
    /* volatile: the compiler may not stop at the first difference. */
    volatile unsigned char difference = 0;
    for (size_t i = 0; i < a->n; i++) {
        difference = (unsigned char)(difference | (a->bytes[i] ^ b->bytes[i]));
    }
    return difference == 0;
}

str_t secret_peek(const secret_t *s)
{
    return str_at(s->bytes, s->n);
}

void secret_wipe(void *p, size_t n)
{
    explicit_bzero(p, n);
}
