/* SPDX-License-Identifier: MIT */
/* Data keys are made, replaced and dropped while the host runs. A new one seals nothing before the
 * store holds it; an old one, of which worn or aged are followed by themselves, goes when no record
 * stands under it any more (reseal.c). */
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "connection/ring_internal.h"

enum { CHANGES_MAX = 3 };

/* --- one change at a time --- */

ring_writing_t *ring_writing_new(manager_t *m, then_t *then, void *context)
{
    if (m->ring.writing) {
        err_t err = ERR_INIT;
        err_set(&err, ERR_store_unavailable, "the key ring is being written; try again");
        err.retry_after_ms = 1000;
        if (then) {
            then(context, &err);
        }
        return NULL;
    }
    ring_writing_t *w = mem_new(ring_writing_t);
    *w = (ring_writing_t){.manager = m, .then = then, .context = context};
    m->ring.writing = true;
    return w;
}

static void end_waiting(ring_t *ring)
{
    void (*run)(void *context) = ring->when_idle;
    if (run && !ring->writing) {
        ring->when_idle = NULL;
        run(ring->idle_context);
    }
}

void ring_when_idle(manager_t *m, void (*run)(void *context), void *context)
{
    m->ring.when_idle = run;
    m->ring.idle_context = context;
    end_waiting(&m->ring);
}

static void on_written(void *context, const store_result_t *result)
{
    ring_writing_t *w = context;
    manager_t *m = w->manager;
    err_t err = result->err;
    m->ring.writing = false;
    if (result->ok) {
        w->take(w);
    }
    if (w->then) {
        w->then(w->context, &err);
    }
    secret_unref(w->master);
    free(w);
    end_waiting(&m->ring);
}

void ring_writing_send(ring_writing_t *w, const store_change_t *changes, size_t count)
{
    manager_store_write(w->manager, changes, count, true, on_written, w);
}

/* --- a new data key --- */

/* What an admin asked for has its line already. */
static void note_new_key(const manager_t *m)
{
    static const actor_t HOST = {.kind = ACTOR_HOST};
    audit_note(m->audit, &(audit_entry_t){.what = AUDIT_KEYRING_KEY_ADDED,
                                          .actor = &HOST,
                                          .object = STR("keyring")});
}

static void take_new(ring_writing_t *w)
{
    manager_t *m = w->manager;
    err_t err = ERR_INIT;
    keyring_entry_t fresh = w->next;
    fresh.uses = 0;
    if (keyring_take(m->keyring, &fresh, &err)) {
        ring_retire(&m->ring, &m->ring.active);
        m->ring.active = w->next;
        log_event(LOG_INFO, "keyring.new_key", LOG_I("id", w->next.id));
        if (!w->is_told) {
            note_new_key(m);
        }
        reseal_renew(m);
    }
}

/* As many as the next start opens: what stands under others could not be read again. */
static bool has_room(const ring_t *ring, err_t *err)
{
    return ring->retired_count + 1 < RING_KEYS_MAX ||
           err_set(err, ERR_param_limit,
                   "there are %d data keys already; records that do not open keep them "
                   "(`keyring.resealed` in the log)",
                   RING_KEYS_MAX);
}

void ring_rotate(manager_t *m, const store_change_t *with, then_t *then, void *context)
{
    err_t err = ERR_INIT;
    if (!has_room(&m->ring, &err)) {
        if (then) {
            then(context, &err);
        }
        return;
    }
    ring_writing_t *w = ring_writing_new(m, then, context);
    if (!w) {
        return;
    }
    arena_t *arena = arena_new(0);
    store_change_t changes[CHANGES_MAX];
    keyring_entry_t old = m->ring.active;
    size_t n = 0;
    keyring_draw(m->keyring, clock_wall_ms(), &w->next);
    w->next.uses = RING_USES_AHEAD;
    w->take = take_new;
    old.active = false;
    /* It seals until the new one stands in the store. */
    old.uses = keyring_uses(m->keyring, NULL) + RING_USES_AHEAD;
    ring_describe(arena, &w->next, &changes[n++]);
    ring_describe(arena, &old, &changes[n++]);
    if (with) {
        changes[n++] = *with;
        w->is_told = true;
    }
    ring_writing_send(w, changes, n);
    arena_free(arena);
}

/* --- its uses --- */

static void take_count(ring_writing_t *w)
{
    w->manager->ring.active.uses += RING_USES_AHEAD;
}

void ring_sweep(manager_t *m)
{
    uint64_t uses = keyring_uses(m->keyring, NULL);
    if (m->ring.writing) {
        return;
    }
    if (ring_is_due(&m->ring.active, uses)) {
        ring_rotate(m, NULL, NULL, NULL);
    } else if (uses + RING_USES_AHEAD / 2 >= m->ring.active.uses) {
        arena_t *arena = arena_new(0);
        store_change_t change;
        keyring_entry_t more = m->ring.active;
        ring_writing_t *w = ring_writing_new(m, NULL, NULL);
        more.uses += RING_USES_AHEAD;
        w->take = take_count;
        ring_describe(arena, &more, &change);
        ring_writing_send(w, &change, 1);
        arena_free(arena);
    }
}

/* --- an old data key goes --- */

static void take_drop(ring_writing_t *w)
{
    ring_t *ring = &w->manager->ring;
    size_t kept = 0;
    for (size_t i = 0; i < ring->retired_count; i++) {
        uint32_t id = ring->retired[i].id;
        if (id < w->before) {
            keyring_drop(w->manager->keyring, id);
            log_event(LOG_INFO, "keyring.key_dropped", LOG_I("id", id));
        } else {
            ring->retired[kept++] = ring->retired[i];
        }
    }
    ring->retired_count = kept;
}

void ring_drop_before(manager_t *m, uint32_t id, then_t *then, void *context)
{
    const ring_t *ring = &m->ring;
    ring_writing_t *w = ring_writing_new(m, then, context);
    if (!w) {
        return;
    }
    arena_t *arena = arena_new(0);
    store_change_t *changes = arena_array_of(arena, store_change_t, ring->retired_count);
    size_t n = 0;
    for (size_t i = 0; i < ring->retired_count; i++) {
        if (ring->retired[i].id < id) {
            ring_describe(arena, &ring->retired[i], &changes[n]);
            changes[n++].verb = STORE_DELETE;
        }
    }
    w->before = id;
    w->take = take_drop;
    ring_writing_send(w, changes, n);
    arena_free(arena);
}
