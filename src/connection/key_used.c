/* SPDX-License-Identifier: MIT */
/* When keys were used last: noted as loops tell it, written once a minute. */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "connection/usage.h"

/* Of those that stand in the store: the command line's and the environment's do not. */
static bool is_stored_key(str_t id)
{
    return id.n && !str_is(id, "local") && !str_is(id, "env") && !str_is(id, USAGE_OTHERS);
}

void key_used_note(manager_t *m, str_t id, int64_t wall_ms)
{
    if (!is_stored_key(id)) {
        return;
    }
    int64_t *known = map_get(m->keys_used, id);
    if (!known) {
        known = mem_new(int64_t);
        map_set(m->keys_used, id, known);
    }
    *known = wall_ms > *known ? wall_ms : *known;
}

void key_used_free(manager_t *m)
{
    map_free_with(m->keys_used, free);
}

/* --- into the store --- */

typedef struct key_keeping {
    manager_t *manager;
    char id[16];
    int64_t last_wall_ms;
} key_keeping_t;

static void on_key_written(void *context, const store_result_t *result)
{
    key_keeping_t *k = context;
    if (!result->ok && !result->conflict) {
        key_used_note(k->manager, str_of(k->id), k->last_wall_ms);
    }
    free(k);
}

/* Of a key that is revoked meanwhile, nothing stays. */
static void keep_key(manager_t *m, str_t id, int64_t last_wall_ms)
{
    key_keeping_t *k = mem_new(key_keeping_t);
    k->manager = m;
    k->last_wall_ms = last_wall_ms;
    (void)snprintf(k->id, sizeof k->id, "%.*s", STR_ARG(id));
    const store_change_t changes[] = {{.verb = STORE_CHECK,
                                       .record = {.kind = STR("key"), .id = id},
                                       .check_generation = true,
                                       .expected = 1},
                                      {.verb = STORE_PUT,
                                       .record = {.kind = STR(KEY_USED),
                                                  .id = id,
                                                  .generation = 1,
                                                  .changed_at_ms = last_wall_ms,
                                                  .plain = STR("{}")}}};
    manager_store_write(m, changes, sizeof changes / sizeof *changes, false, on_key_written, k);
}

void key_used_write(manager_t *m)
{
    str_t id;
    void *value;
    for (size_t at = 0; map_next(m->keys_used, &at, &id, &value);) {
        keep_key(m, id, *(int64_t *)value);
    }
    map_free_with(m->keys_used, free);
    m->keys_used = map_new();
}
