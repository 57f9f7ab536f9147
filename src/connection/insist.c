/* SPDX-License-Identifier: MIT */
#include "connection/insist.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "connection/manager_internal.h"

static const int64_t FIRST_PAUSE_MS = 200;
static const int64_t PAUSE_MAX_MS = 30 * 1000;

struct insisting {
    manager_t *manager;
    insisting_t *next, **at; /* of all */
    arena_t *arena;
    store_change_t *changes;
    size_t count;
    const insist_watch_t *watch;
    void *context;
    loop_timer_t pause;
    int64_t pause_ms; /* the last one; 0: none yet */
    bool stopped;
};

static void finish(insisting_t *i, bool durable)
{
    const insist_watch_t *watch = i->watch;
    void *context = i->context;
    *i->at = i->next;
    if (i->next) {
        i->next->at = i->at;
    }
    loop_timer_clear(&i->pause);
    arena_free(i->arena);
    free(i);
    watch->on_done(context, durable);
}

static void on_written(void *context, const store_result_t *result)
{
    insisting_t *i = context;
    if (result->ok) {
        finish(i, true);
        return;
    }
    if (i->stopped || i->manager->stopping) {
        finish(i, false);
        return;
    }
    bool is_first = i->pause_ms == 0;
    i->pause_ms = is_first ? FIRST_PAUSE_MS : i->pause_ms * 2;
    i->pause_ms = i->pause_ms < PAUSE_MAX_MS ? i->pause_ms : PAUSE_MAX_MS;
    loop_timer_set(&i->pause, clock_boot_ms() + i->pause_ms);
    if (is_first) {
        i->watch->on_trouble(i->context, &result->err);
    }
}

static void attempt(void *context)
{
    insisting_t *i = context;
    if (i->stopped) {
        finish(i, false);
    } else {
        manager_store_write(i->manager, i->changes, i->count, true, on_written, i);
    }
}

static void copy_changes(insisting_t *i, const store_change_t *changes)
{
    i->changes = arena_array_of(i->arena, store_change_t, i->count);
    for (size_t n = 0; n < i->count; n++) {
        store_record_t *record = &i->changes[n].record;
        i->changes[n] = changes[n];
        record->kind = arena_str(i->arena, record->kind);
        record->id = arena_str(i->arena, record->id);
        record->plain = arena_str(i->arena, record->plain);
        record->sealed = arena_str(i->arena, record->sealed);
    }
}

insisting_t *insist(manager_t *m, const store_change_t *changes, size_t count,
                    const insist_watch_t *watch, void *context)
{
    insisting_t *i = mem_new(insisting_t);
    i->manager = m;
    i->arena = arena_new(0);
    i->count = count;
    i->watch = watch;
    i->context = context;
    copy_changes(i, changes);
    loop_timer_init(&i->pause, m->loop, attempt, i);
    i->next = m->insisting;
    i->at = &m->insisting;
    if (i->next) {
        i->next->at = &i->next;
    }
    m->insisting = i;
    attempt(i);
    return i;
}

/* While a write is under way, its answer ends it. */
static void hurry(insisting_t *i)
{
    if (loop_timer_is_set(&i->pause)) {
        loop_timer_set(&i->pause, 0);
    }
}

void insist_stop(insisting_t *i)
{
    i->stopped = true;
    hurry(i);
}

/* Written here, so that it counts among what the end waits for. */
void insist_end(manager_t *m)
{
    for (insisting_t *i = m->insisting, *next; i; i = next) {
        next = i->next;
        if (loop_timer_is_set(&i->pause)) {
            loop_timer_clear(&i->pause);
            attempt(i);
        }
    }
}
