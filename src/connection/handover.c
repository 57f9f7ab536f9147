/* SPDX-License-Identifier: MIT */
/* The master key changes, which stands in two places: in the store, by what it wraps, and wherever
 * the operator keeps it. First the store learns of the next one and opens with either
 * (seal/handover.h). That one is put into its place; and whoever meets it there - this host, when
 * it is told so, or the next start - wraps all data keys under it. No record is touched. */
#include "seal/handover.h"

#include "base/clock.h"
#include "base/log.h"
#include "connection/ring_internal.h"

/* --- records --- */

static void describe_one(arena_t *arena, const char *id, store_change_t *change)
{
    *change = (store_change_t){.verb = STORE_DELETE,
                               .record = {.kind = STR("handover"),
                                          .id = arena_str(arena, str_of(id)),
                                          .generation = 1,
                                          .changed_at_ms = clock_wall_ms(),
                                          .plain = STR("{}")}};
}

/* All data keys under the next master key, and no way in for another. Answers how many; room:
 * RING_KEYS_MAX + HANDOVERS_MAX. */
static size_t describe_end(const manager_t *m, const secret_t *next, arena_t *arena,
                           store_change_t *changes)
{
    const ring_t *ring = &m->ring;
    size_t n = 0;
    for (size_t i = 0; i <= ring->retired_count; i++) {
        keyring_entry_t entry = i < ring->retired_count ? ring->retired[i] : ring->active;
        keyring_wrap(m->keyring, next, &entry, 1);
        ring_describe(arena, &entry, &changes[n++]);
    }
    for (size_t i = 0; i < ring->handover_count; i++) {
        describe_one(arena, ring->handovers[i], &changes[n++]);
    }
    return n;
}

static store_change_t *changes_in(arena_t *arena)
{
    return arena_array_of(arena, store_change_t, RING_KEYS_MAX + HANDOVERS_MAX + 2);
}

static void take_master(manager_t *m, secret_t *master)
{
    ring_t *ring = &m->ring;
    secret_t *old = ring->master;
    keyring_wrap(m->keyring, master, &ring->active, 1);
    keyring_wrap(m->keyring, master, ring->retired, ring->retired_count);
    keyring_set_master(m->keyring, master);
    ring->master = secret_ref(master);
    ring->handover_count = 0;
    secret_unref(old);
    log_event(LOG_INFO, "keyring.master_key_changed");
}

/* --- begin --- */

static bool is_known(const ring_t *ring, const char *id)
{
    for (size_t i = 0; i < ring->handover_count; i++) {
        if (strcmp(ring->handovers[i], id) == 0) {
            return true;
        }
    }
    return false;
}

static void take_begin(ring_writing_t *w)
{
    ring_t *ring = &w->manager->ring;
    if (!is_known(ring, w->id)) {
        memcpy(ring->handovers[ring->handover_count++], w->id, MASTER_KEY_ID);
    }
    log_event(LOG_INFO, "keyring.master_key_announced", LOG_S("master_key", str_of(w->id)));
}

void handover_begin(manager_t *m, const secret_t *next, const store_change_t *with, then_t *then,
                    void *context)
{
    ring_writing_t *w = ring_writing_new(m, then, context);
    if (!w) {
        return;
    }
    unsigned char sealed[HANDOVER_BYTES];
    arena_t *arena = arena_new(0);
    store_change_t changes[2] = {{.verb = STORE_PUT}, *with};
    master_key_id(next, w->id);
    handover_seal(m->ring.master, next, sealed);
    describe_one(arena, w->id, &changes[0]);
    changes[0].verb = STORE_PUT;
    changes[0].record.sealed = str_at((const char *)sealed, sizeof sealed);
    w->take = take_begin;
    ring_writing_send(w, changes, 2);
    arena_free(arena);
}

/* --- end --- */

static void take_end(ring_writing_t *w)
{
    take_master(w->manager, w->master);
}

void handover_end(manager_t *m, secret_t *next, const store_change_t *with, then_t *then,
                  void *context)
{
    ring_writing_t *w = ring_writing_new(m, then, context);
    if (!w) {
        return;
    }
    arena_t *arena = arena_new(0);
    store_change_t *changes = changes_in(arena);
    size_t n = describe_end(m, next, arena, changes);
    changes[n++] = *with;
    w->master = secret_ref(next);
    w->take = take_end;
    ring_writing_send(w, changes, n);
    arena_free(arena);
}

/* --- at the start --- */

typedef struct looking {
    manager_t *manager;
    secret_t *before;
    err_t *err;
} looking_t;

static void on_list(void *context, const store_result_t *result)
{
    looking_t *l = context;
    ring_t *ring = &l->manager->ring;
    if (!result->ok) {
        err_set(l->err, ERR_store_failed, "%s", result->err.text);
    }
    for (size_t i = 0; i < result->count; i++) {
        const store_record_t *record = &result->records[i];
        char *id = ring->handovers[ring->handover_count++];
        memcpy(id, record->id.p,
               record->id.n < MASTER_KEY_ID ? record->id.n : (size_t)MASTER_KEY_ID - 1);
        if (!l->before) {
            l->before = handover_open(l->manager->options.master_key, record->sealed);
        }
    }
}

bool handover_look(manager_t *m, secret_t **before, err_t *err)
{
    looking_t l = {.manager = m, .err = err};
    store_list_now(m->options.store, STR("handover"), STR_NONE, STR_NONE, HANDOVERS_MAX, on_list,
                   &l);
    *before = l.before;
    return !err_is_set(err);
}

static void on_settled(void *context, const store_result_t *result)
{
    if (!result->ok) {
        err_set(context, ERR_store_failed, "%s", result->err.text);
    }
}

bool handover_settle(manager_t *m, err_t *err)
{
    secret_t *given = m->options.master_key;
    if (secret_equal(m->ring.master, given) || !store_is_healthy(m->options.store)) {
        return true; /* what can only be read stays as it is */
    }
    arena_t *arena = arena_new(0);
    store_change_t *changes = changes_in(arena);
    size_t n = describe_end(m, given, arena, changes);
    store_write_now(m->options.store, changes, n, on_settled, err);
    arena_free(arena);
    if (!err_is_set(err)) {
        take_master(m, given);
    }
    return !err_is_set(err);
}
