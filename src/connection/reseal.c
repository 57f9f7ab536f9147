/* SPDX-License-Identifier: MIT */
/* After a new data key was made, the records of before are sealed anew under it: all of the store
 * is walked through, a few records at a time, with pauses that leave the control loop and the store
 * to those who wait for them. A record that changes meanwhile is under the new key by that, and
 * stays as it is (STORE_RESEAL). A pass that left nothing behind drops the old keys. What tells
 * that a pass is to be made is a retired data key in the store, so the next start goes on where a
 * host died. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "connection/manager_internal.h"
#include "connection/sealed_place.h"

enum {
    PAGE = 64,
    SEALED_MAX = 16 * 1024 * 1024,
    SOON_MS = 10,
    /* Of the loop's time, resealing gets one part in so many. */
    SHARE = 20,
};

static void next_page(manager_t *m);

/* --- a pass --- */

static void end(manager_t *m)
{
    reseal_t *r = &m->reseal;
    r->running = false;
    free(r->kind);
    free(r->id);
    r->kind = r->id = NULL;
}

/* Keys that were retired meanwhile are the next pass's; one that could not be dropped is the
 * sweep's. */
static void on_dropped(void *context, const err_t *err)
{
    manager_t *m = context;
    if (m->reseal.running) {
        end(m);
    }
    if (!err_is_set(err)) {
        reseal_renew(m);
    }
}

/* Nothing is destroyed that somebody could still mend: as long as a record does not open, its key
 * stays. */
static void finish(manager_t *m)
{
    reseal_t *r = &m->reseal;
    log_event(r->left ? LOG_WARN : LOG_INFO, "keyring.resealed", LOG_I("records", (int64_t)r->seen),
              LOG_I("resealed", (int64_t)r->resealed), LOG_I("left", (int64_t)r->left));
    if (r->left) {
        end(m);
    } else {
        ring_drop_before(m, r->under, on_dropped, m);
    }
}

/* --- a page --- */

static void remember(reseal_t *r, const store_record_t *last)
{
    free(r->kind);
    free(r->id);
    r->kind = str_dup(last->kind);
    r->id = str_dup(last->id);
}

static bool is_retired(const ring_t *ring, uint32_t id)
{
    for (size_t i = 0; i < ring->retired_count; i++) {
        if (ring->retired[i].id == id) {
            return true;
        }
    }
    return false;
}

/* False where it stays as it is. */
static bool reseal_one(manager_t *m, const store_record_t *record, arena_t *arena,
                       store_change_t *change)
{
    uint32_t under = keyring_id_of(record->sealed);
    if (!sealed_by_data_key(record) || under >= m->reseal.under || !is_retired(&m->ring, under)) {
        return false;
    }
    buf_t sealed;
    err_t ignored = ERR_INIT;
    seal_place_t place = sealed_place(record);
    buf_init(&sealed, SEALED_MAX);
    bool ok = keyring_reseal(m->keyring, &place, record->sealed, &sealed, &ignored);
    if (ok) {
        *change = (store_change_t){.verb = STORE_RESEAL, .record = *record, .was = record->sealed};
        change->record.sealed = arena_str(arena, buf_view(&sealed));
    } else {
        m->reseal.left++;
        log_event(LOG_ERROR, "store.record_corrupt", LOG_S("kind", record->kind),
                  LOG_S("id", record->id));
    }
    buf_fini(&sealed);
    return ok;
}

static void go_on(manager_t *m, bool is_last)
{
    if (m->stopping) {
        return;
    }
    if (is_last) {
        finish(m);
    } else {
        loop_timer_set(&m->reseal.timer, clock_boot_ms() + m->reseal.pause_ms);
    }
}

static void on_page_written(void *context, const store_result_t *result)
{
    manager_t *m = context;
    if (!result->ok) {
        end(m); /* the sweep begins anew */
    } else if (m->reseal.running) {
        loop_timer_set(&m->reseal.timer, clock_boot_ms() + m->reseal.pause_ms);
    }
}

/* What was resealed is looked at by the next page's question, behind the writing. */
static size_t reseal_page(manager_t *m, const store_result_t *result)
{
    reseal_t *r = &m->reseal;
    store_change_t changes[PAGE];
    arena_t *arena = arena_new(0);
    int64_t began_us = clock_boot_us();
    size_t n = 0;
    for (size_t i = 0; i < result->count; i++) {
        n += reseal_one(m, &result->records[i], arena, &changes[n]);
    }
    r->seen += result->count;
    r->resealed += n;
    remember(r, &result->records[result->count - 1]);
    r->pause_ms = 1 + (clock_boot_us() - began_us) * SHARE / 1000;
    if (n) {
        manager_store_write(m, changes, n, true, on_page_written, m);
    }
    arena_free(arena);
    return n;
}

static void on_page(void *context, const store_result_t *result)
{
    manager_t *m = context;
    if (m->stopping || !m->reseal.running) {
        return;
    }
    if (!result->ok) {
        end(m);
    } else if (result->count == 0) {
        go_on(m, true);
    } else if (reseal_page(m, result) == 0) {
        go_on(m, false);
    }
}

static void next_page(manager_t *m)
{
    const reseal_t *r = &m->reseal;
    manager_store_walk(m, r->kind ? str_of(r->kind) : STR_NONE, r->id ? str_of(r->id) : STR_NONE,
                       PAGE, on_page, m);
}

/* --- when --- */

/* A write that is repeated until it succeeds holds bytes that were sealed before; it comes first.
 */
static void on_time(void *context)
{
    manager_t *m = context;
    reseal_t *r = &m->reseal;
    if (r->running) {
        next_page(m);
    } else if (m->insisting || m->ring.writing) {
        loop_timer_set(&r->timer, clock_boot_ms() + SOON_MS);
    } else if (m->ring.retired_count) {
        r->running = true;
        r->under = m->ring.active.id;
        r->seen = r->resealed = r->left = 0;
        next_page(m);
    }
}

void reseal_init(manager_t *m)
{
    loop_timer_init(&m->reseal.timer, m->loop, on_time, m);
}

void reseal_renew(manager_t *m)
{
    reseal_t *r = &m->reseal;
    if (!m->stopping && m->ring.retired_count && !r->running && !loop_timer_is_set(&r->timer)) {
        loop_timer_set(&r->timer, clock_boot_ms() + SOON_MS);
    }
}

/* A pass that left something behind is not repeated before the next start or the next data key. */
void reseal_sweep(manager_t *m)
{
    const reseal_t *r = &m->reseal;
    if (r->left == 0 || r->under < m->ring.active.id) {
        reseal_renew(m);
    }
}

void reseal_close(manager_t *m)
{
    loop_timer_clear(&m->reseal.timer);
    if (m->reseal.running) {
        end(m);
    }
}
