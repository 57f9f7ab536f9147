/* SPDX-License-Identifier: MIT */
#include "connection/key.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/mem.h"
#include "connection/key_record.h"

static const char *const RIGHTS[] = {
#define KEY_RIGHT_NAME(id, name) [KEY_RIGHT_##id] = (name),
    KEY_RIGHTS(KEY_RIGHT_NAME)
#undef KEY_RIGHT_NAME
};

const char *key_right_name(key_right_t right)
{
    return RIGHTS[right];
}

typedef struct counted_key {
    caller_key_t key;
    atomic_uint references;
} counted_key_t;

static counted_key_t *counted(const caller_key_t *k)
{
    return (counted_key_t *)(uintptr_t)k;
}

caller_key_t *caller_key_new(void)
{
    counted_key_t *c = mem_new(counted_key_t);
    atomic_init(&c->references, 1);
    return &c->key;
}

caller_key_t *caller_key_local(void)
{
    caller_key_t *key = caller_key_new();
    memcpy(key->id, "local", sizeof "local");
    key->is_admin = true;
    return key;
}

caller_key_t *caller_key_ref(const caller_key_t *k)
{
    atomic_fetch_add_explicit(&counted(k)->references, 1, memory_order_relaxed);
    return &counted(k)->key;
}

void caller_key_unref(const caller_key_t *k)
{
    if (!k || atomic_fetch_sub_explicit(&counted(k)->references, 1, memory_order_acq_rel) != 1) {
        return;
    }
    for (size_t i = 0; i < k->connection_count; i++) {
        free(k->connections[i]);
    }
    free(k->connections);
    free(counted(k));
}

bool caller_key_may_call(const caller_key_t *k, str_t connection)
{
    for (size_t i = 0; i < k->connection_count; i++) {
        if (str_is(connection, k->connections[i])) {
            return true;
        }
    }
    return k->is_admin;
}

bool caller_key_has(const caller_key_t *k, key_right_t right)
{
    return k->is_admin || (k->rights & 1U << right);
}
