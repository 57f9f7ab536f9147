/* SPDX-License-Identifier: MIT */
/* Connections in use: read from the store when first asked for, resolved against the present
 * definitions, dropped when nobody has asked for some minutes. Connections not in use cost no
 * memory. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "connection/manager_internal.h"
#include "connection/usage.h"

static const int64_t IDLE_MS = 10LL * 60 * 1000;

/* For those who read it in other threads. */
static void tell_count(manager_t *m)
{
    atomic_store(&m->entry_count, (unsigned)map_count(m->entries));
}

static void free_entry(entry_t *e)
{
    connection_record_free(e->record);
    connection_unref(e->resolved);
    free(e);
}

/* Everyone who waited is told; the entry stays only where there is one. */
static void tell_waiters(entry_t *e, entry_t *found, const err_t *err)
{
    entry_waiter_t *w = e->waiters;
    e->waiters = NULL;
    while (w) {
        entry_waiter_t *next = w->next;
        w->on_entry(w->context, found, err);
        free(w);
        w = next;
    }
}

static connection_record_t *read_record(const entry_t *e, const store_result_t *result, err_t *err)
{
    if (!result->ok) {
        *err = result->err;
        return NULL;
    }
    if (result->count == 0) {
        err_set(err, ERR_not_found, "there is no connection `%s`", e->name);
        return NULL;
    }
    connection_record_t *record =
        connection_record_read(&result->records[0], e->manager->keyring, err);
    if (!record) {
        log_event(LOG_ERROR, "store.record_corrupt", LOG_S("kind", STR("connection")),
                  LOG_S("id", str_of(e->name)));
    }
    return record;
}

static void on_record(void *context, const store_result_t *result)
{
    entry_t *e = context;
    err_t err = ERR_INIT;
    e->reading = false;
    if (!e->record) { /* else it was created meanwhile */
        e->record = read_record(e, result, &err);
    }
    if (e->record) {
        tell_waiters(e, e, &err);
        return;
    }
    map_remove(e->manager->entries, str_of(e->name));
    tell_count(e->manager);
    tell_waiters(e, NULL, &err);
    free_entry(e);
}

/* Comes before the record: answers of the store keep their order. */
static void on_used(void *context, const store_result_t *result)
{
    entry_t *e = context;
    int64_t stored = result->ok && result->count ? result->records[0].changed_at_ms : 0;
    const usage_pending_t *p = map_get(e->manager->usage, str_of(e->name));
    int64_t latest = p && p->last_wall_ms > stored ? p->last_wall_ms : stored;
    if (latest > e->last_used_wall_ms) {
        e->last_used_wall_ms = latest;
    }
}

static entry_t *new_entry(manager_t *m, str_t name)
{
    entry_t *e = mem_new(entry_t);
    e->manager = m;
    memcpy(e->name, name.p, name.n < sizeof e->name - 1 ? name.n : sizeof e->name - 1);
    map_set(m->entries, str_of(e->name), e);
    tell_count(m);
    return e;
}

void entry_get(manager_t *m, str_t name, on_entry_t *on_entry, void *context)
{
    err_t err = ERR_INIT;
    if (name.n == 0 || name.n > 63) {
        err_set(&err, ERR_not_found, "there is no such connection");
        on_entry(context, NULL, &err);
        return;
    }
    entry_t *e = map_get(m->entries, name);
    if (e && e->record) {
        e->used_at_ms = clock_boot_ms();
        on_entry(context, e, &err);
        return;
    }
    if (!e) {
        e = new_entry(m, name);
    }
    entry_waiter_t *w = mem_new(entry_waiter_t);
    *w = (entry_waiter_t){.next = e->waiters, .on_entry = on_entry, .context = context};
    e->waiters = w;
    e->used_at_ms = clock_boot_ms();
    if (!e->reading) {
        e->reading = true;
        manager_store_get(m, STR(CONNECTION_USED), str_of(e->name), on_used, e);
        manager_store_get(m, STR("connection"), str_of(e->name), on_record, e);
    }
}

connection_t *entry_connection(entry_t *e)
{
    if (!e->resolved) {
        str_t id = str_of(json_string_value(json_object_get(e->record->plain, "connector")));
        manager_t *m = e->manager;
        e->resolved = connection_resolve(e->record, snapshot_connector(m->snapshot, id),
                                         map_get(m->host_values, id));
        states_note(m, e->resolved);
    }
    return e->resolved;
}

bool entry_has_lost(const entry_t *e, const err_t *err, const connection_t *c)
{
    return e ? connection_record_uid(e->record) != c->uid : err->code == ERR_not_found;
}

void entry_replace(manager_t *m, connection_record_t *record)
{
    entry_t *e = map_get(m->entries, str_of(record->name));
    if (!e) {
        e = new_entry(m, str_of(record->name));
    }
    connection_record_free(e->record);
    connection_unref(e->resolved);
    e->record = record;
    e->resolved = NULL;
    e->used_at_ms = clock_boot_ms();
    (void)entry_connection(e); /* whoever waits for its state to change is told now */
    census_renew(m);
}

void entry_remove(manager_t *m, str_t name)
{
    entry_t *e = map_get(m->entries, name);
    if (e && e->reading) { /* its answer ends it */
        connection_record_free(e->record);
        connection_unref(e->resolved);
        e->record = NULL;
        e->resolved = NULL;
    } else if (e) {
        map_remove(m->entries, name);
        free_entry(e);
    }
    tell_count(m);
    census_renew(m);
}

void entries_forget_resolved(manager_t *m)
{
    void *value;
    for (size_t at = 0; map_next(m->entries, &at, NULL, &value);) {
        entry_t *e = value;
        connection_unref(e->resolved);
        e->resolved = NULL;
    }
    census_renew(m);
}

void entries_sweep(manager_t *m, int64_t now_ms)
{
    str_t name;
    void *value;
    for (size_t at = 0; map_next(m->entries, &at, &name, &value);) {
        entry_t *e = value;
        if (!e->reading && now_ms - e->used_at_ms > IDLE_MS) {
            map_remove(m->entries, name);
            free_entry(e);
        }
    }
    tell_count(m);
}

void entries_free(manager_t *m)
{
    void *value;
    for (size_t at = 0; map_next(m->entries, &at, NULL, &value);) {
        entry_t *e = value;
        free_entry(e); /* nobody waits: the store has answered */
    }
    map_free(m->entries);
}
