/* SPDX-License-Identifier: MIT */
/* How many connections are in which state, for metrics. What state a stored connection is in
 * depends on the definitions, so each is resolved and forgotten again: a few at a time, with pauses
 * that leave the control loop to those who wait for it, and only where something has changed since.
 */
#include "base/clock.h"
#include "codec/json.h"
#include "connection/manager_internal.h"

enum {
    PAGE = 32,
    LEAST_MS = 100, /* between a change and the count: changes come in groups */
    /* Of the loop's time, counting gets one part in so many. */
    SHARE = 20,
};

static void next_page(manager_t *m);

/* --- one --- */

static connection_state_t state_of(manager_t *m, const store_record_t *stored)
{
    entry_t *e = map_get(m->entries, stored->id);
    if (e && e->record) {
        return entry_connection(e)->state;
    }
    err_t ignored = ERR_INIT;
    connection_record_t *r = connection_record_read(stored, m->keyring, &ignored);
    if (!r) {
        return CONNECTION_INCOMPLETE; /* as it is listed */
    }
    str_t id = json_member(r->plain, "connector");
    connection_t *c =
        connection_resolve(r, snapshot_connector(m->snapshot, id), map_get(m->host_values, id));
    connection_state_t state = c->state;
    states_note(m, c);
    connection_unref(c);
    connection_record_free(r);
    return state;
}

/* --- all --- */

static void publish(census_t *c)
{
    for (int i = 0; i < CONNECTION_STATE_COUNT; i++) {
        atomic_store(&c->states[i], c->counting[i]);
    }
    atomic_store(&c->known, true);
}

static void end(manager_t *m, bool whole)
{
    census_t *c = &m->census;
    c->running = false;
    if (whole) {
        publish(c);
    }
    c->stale = c->stale || !whole;
    if (c->stale && whole) { /* else the next sweep tries again */
        census_renew(m);
    }
}

static void count_page(manager_t *m, const store_result_t *result)
{
    census_t *c = &m->census;
    int64_t began_us = clock_boot_us();
    for (size_t i = 0; i < result->count; i++) {
        c->counting[state_of(m, &result->records[i])]++;
    }
    c->pause_ms = 1 + (clock_boot_us() - began_us) * SHARE / 1000;
    if (result->count) {
        str_t last = result->records[result->count - 1].id;
        size_t n = last.n < sizeof c->after - 1 ? last.n : sizeof c->after - 1;
        memcpy(c->after, last.p, n);
        c->after[n] = '\0';
    }
}

static void on_page(void *context, const store_result_t *result)
{
    manager_t *m = context;
    if (result->ok) {
        count_page(m, result);
    }
    if (m->stopping) {
        return;
    }
    if (result->count == PAGE) {
        loop_timer_set(&m->census.timer, clock_boot_ms() + m->census.pause_ms);
    } else {
        end(m, result->ok);
    }
}

static void next_page(manager_t *m)
{
    const char *after = m->census.after;
    manager_store_list(m, STR("connection"), after[0] ? str_of(after) : STR_NONE, PAGE, on_page, m);
}

static void on_time(void *context)
{
    manager_t *m = context;
    census_t *c = &m->census;
    if (!c->running) {
        c->running = true;
        c->stale = false;
        c->after[0] = '\0';
        memset(c->counting, 0, sizeof c->counting);
    }
    next_page(m);
}

void census_init(manager_t *m)
{
    loop_timer_init(&m->census.timer, m->loop, on_time, m);
}

void census_renew(manager_t *m)
{
    census_t *c = &m->census;
    c->stale = true;
    if (!m->stopping && !c->running && !loop_timer_is_set(&c->timer)) {
        loop_timer_set(&c->timer, clock_boot_ms() + LEAST_MS);
    }
}

void census_sweep(manager_t *m)
{
    if (m->census.stale) {
        census_renew(m);
    }
}

void census_close(manager_t *m)
{
    loop_timer_clear(&m->census.timer);
}
