/* SPDX-License-Identifier: MIT */
/* The data keys as they stand in the store. What the store says of a key's uses is reserved ahead,
 * so that a host that dies has never used it more often than that; a key that is old or worn is
 * followed by a new one, which seals nothing before the store holds it. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "codec/json.h"
#include "connection/manager_internal.h"

enum { KEYS_MAX = 1000, TEXT_MAX = 1024 };
static const uint64_t USES_AHEAD = 1U << 20;
static const uint64_t USES_MAX = 1U << 31;
static const int64_t AGE_MAX_MS = 90LL * 24 * 60 * 60 * 1000;

/* --- records --- */

static void describe(arena_t *arena, const keyring_entry_t *entry, store_change_t *change)
{
    json_t *plain = json_pack("{s:I, s:I, s:I, s:b}", "id", (json_int_t)entry->id, "created_at_ms",
                              (json_int_t)entry->created_at_ms, "uses", (json_int_t)entry->uses,
                              "active", (int)entry->active);
    buf_t text;
    buf_init(&text, TEXT_MAX);
    json_write(&text, plain);
    *change = (store_change_t){.verb = STORE_PUT,
                               .record = {.kind = STR("keyring"),
                                          .id = arena_printf(arena, "%08x", entry->id),
                                          .generation = 1,
                                          .changed_at_ms = clock_wall_ms(),
                                          .plain = arena_str(arena, buf_view(&text)),
                                          .sealed = str_at(entry->wrapped, sizeof entry->wrapped)}};
    buf_fini(&text);
    json_decref(plain);
}

static bool read_entry(const store_record_t *record, keyring_entry_t *entry)
{
    err_t ignored = ERR_INIT;
    json_t *plain = json_read(record->plain, NULL, &ignored);
    entry->id = (uint32_t)json_integer_value(json_object_get(plain, "id"));
    entry->created_at_ms = json_integer_value(json_object_get(plain, "created_at_ms"));
    entry->uses = (uint64_t)json_integer_value(json_object_get(plain, "uses"));
    entry->active = json_is_true(json_object_get(plain, "active"));
    bool ok = plain && record->sealed.n == sizeof entry->wrapped;
    if (ok) {
        memcpy(entry->wrapped, record->sealed.p, sizeof entry->wrapped);
    }
    json_decref(plain);
    return ok;
}

/* --- opening --- */

typedef struct opening {
    keyring_entry_t *entries;
    size_t count;
    err_t *err;
} opening_t;

static void on_list(void *context, const store_result_t *result)
{
    opening_t *o = context;
    if (!result->ok) {
        err_set(o->err, ERR_store_failed, "%s", result->err.text);
    }
    for (size_t i = 0; i < result->count; i++) {
        if (!read_entry(&result->records[i], &o->entries[o->count++])) {
            err_set(o->err, ERR_store_record_corrupt,
                    "the record of data key `%.*s` cannot be read", STR_ARG(result->records[i].id));
        }
    }
}

static void on_written(void *context, const store_result_t *result)
{
    if (!result->ok) {
        err_set(context, ERR_store_failed, "%s", result->err.text);
    }
}

static const keyring_entry_t *active_of(const opening_t *o, uint32_t id)
{
    const keyring_entry_t *active = NULL;
    for (size_t i = 0; i < o->count; i++) {
        active = o->entries[i].id == id ? &o->entries[i] : active;
    }
    return active;
}

static bool is_due(const keyring_entry_t *key, uint64_t uses)
{
    return uses >= USES_MAX || clock_wall_ms() - key->created_at_ms >= AGE_MAX_MS;
}

/* The present key with the uses that this run may make, or the one that follows it. */
static bool begin_count(manager_t *m, err_t *err)
{
    keyring_entry_t next, *old = &m->data_key;
    uint64_t uses = keyring_uses(m->keyring, NULL);
    bool replaced = !old->id || is_due(old, uses);
    if (old->id && !store_is_healthy(m->options.store)) {
        return true; /* it can only be read: nothing that is sealed now will be kept */
    }
    arena_t *arena = arena_new(0);
    store_change_t changes[2];
    size_t n = 0;
    if (replaced) {
        keyring_draw(m->keyring, clock_wall_ms(), &next);
        next.uses = USES_AHEAD;
        describe(arena, &next, &changes[n++]);
    }
    if (old->id) {
        old->active = !replaced;
        old->uses = replaced ? uses : uses + USES_AHEAD;
        describe(arena, old, &changes[n++]);
    }
    store_write_now(m->options.store, changes, n, on_written, err);
    arena_free(arena);
    if (err_is_set(err)) {
        return false;
    }
    if (replaced) {
        m->data_key = next;
        next.uses = 0;
        return keyring_take(m->keyring, &next, err);
    }
    return true;
}

bool ring_open(manager_t *m, err_t *err)
{
    opening_t o = {.entries = mem_array(KEYS_MAX, sizeof *o.entries), .err = err};
    store_list_now(m->options.store, STR("keyring"), STR_NONE, STR_NONE, KEYS_MAX, on_list, &o);
    if (!err_is_set(err)) {
        m->keyring = keyring_open(m->options.master_key, o.entries, o.count, err);
    }
    if (m->keyring) {
        uint32_t id;
        keyring_uses(m->keyring, &id);
        const keyring_entry_t *active = active_of(&o, id);
        m->data_key = active ? *active : (keyring_entry_t){0};
    }
    free(o.entries);
    return m->keyring && begin_count(m, err);
}

/* --- while it runs --- */

typedef struct replacing {
    manager_t *manager;
    keyring_entry_t next;
} replacing_t;

static void on_replaced(void *context, const store_result_t *result)
{
    replacing_t *r = context;
    manager_t *m = r->manager;
    err_t err = ERR_INIT;
    keyring_entry_t fresh = r->next;
    fresh.uses = 0;
    m->ring_writing = false;
    if (result->ok && keyring_take(m->keyring, &fresh, &err)) {
        m->data_key = r->next;
        log_event(LOG_INFO, "keyring.new_key", LOG_I("id", r->next.id));
    }
    free(r);
}

static void replace(manager_t *m, uint64_t uses)
{
    arena_t *arena = arena_new(0);
    store_change_t changes[2];
    replacing_t *r = mem_new(replacing_t);
    r->manager = m;
    keyring_draw(m->keyring, clock_wall_ms(), &r->next);
    r->next.uses = USES_AHEAD;
    keyring_entry_t old = m->data_key;
    old.active = false;
    old.uses = uses + USES_AHEAD; /* it seals until the new one stands in the store */
    describe(arena, &r->next, &changes[0]);
    describe(arena, &old, &changes[1]);
    m->ring_writing = true;
    manager_store_write(m, changes, 2, true, on_replaced, r);
    arena_free(arena);
}

static void on_counted(void *context, const store_result_t *result)
{
    manager_t *m = context;
    m->ring_writing = false;
    if (result->ok) {
        m->data_key.uses += USES_AHEAD;
    }
}

void ring_sweep(manager_t *m)
{
    uint64_t uses = keyring_uses(m->keyring, NULL);
    if (m->ring_writing) {
        return;
    }
    if (is_due(&m->data_key, uses)) {
        replace(m, uses);
    } else if (uses + USES_AHEAD / 2 >= m->data_key.uses) {
        arena_t *arena = arena_new(0);
        store_change_t change;
        keyring_entry_t more = m->data_key;
        more.uses += USES_AHEAD;
        describe(arena, &more, &change);
        m->ring_writing = true;
        manager_store_write(m, &change, 1, false, on_counted, m);
        arena_free(arena);
    }
}

void ring_close(manager_t *m)
{
    arena_t *arena = arena_new(0);
    store_change_t change;
    err_t ignored = ERR_INIT;
    m->data_key.uses = keyring_uses(m->keyring, NULL);
    describe(arena, &m->data_key, &change);
    store_write_now(m->options.store, &change, 1, on_written, &ignored);
    arena_free(arena);
}
