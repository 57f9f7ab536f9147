/* SPDX-License-Identifier: MIT */
/* The data keys as they stand in the store, and how they are opened. What the store says of a key's
 * uses is reserved ahead, so that a host that dies has never used it more often than that. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "codec/json.h"
#include "connection/ring_internal.h"

enum { TEXT_MAX = 1024 };
static const uint64_t USES_MAX = UINT64_C(1) << 31;
static const int64_t AGE_MAX_MS = 90LL * 24 * 60 * 60 * 1000;

/* --- records --- */

void ring_describe(arena_t *arena, const keyring_entry_t *entry, store_change_t *change)
{
    json_t *plain = json_pack("{s:I, s:I, s:I, s:b}", "id", (json_int_t)entry->id, "created_at_ms",
                              (json_int_t)entry->created_at_ms, "uses", (json_int_t)entry->uses,
                              "active", (int)entry->active);
    buf_t text;
    buf_init(&text, TEXT_MAX);
    json_write(&text, plain);
    *change =
        (store_change_t){.verb = STORE_PUT,
                         .record = {.kind = STR("keyring"),
                                    .id = arena_printf(arena, "%08x", entry->id),
                                    .generation = 1,
                                    .changed_at_ms = clock_wall_ms(),
                                    .plain = arena_str(arena, buf_view(&text)),
                                    .sealed = arena_str(arena, str_at((const char *)entry->wrapped,
                                                                      sizeof entry->wrapped))}};
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

bool ring_is_due(const keyring_entry_t *key, uint64_t uses)
{
    return uses >= USES_MAX || clock_wall_ms() - key->created_at_ms >= AGE_MAX_MS;
}

void ring_retire(ring_t *ring, const keyring_entry_t *entry)
{
    size_t count = ring->retired_count + 1;
    ring->retired = mem_resize(ring->retired, count * sizeof *ring->retired);
    ring->retired[ring->retired_count] = *entry;
    ring->retired[ring->retired_count].active = false;
    ring->retired_count = count;
}

static void sort_out(manager_t *m, const opening_t *o)
{
    uint32_t id;
    keyring_uses(m->keyring, &id);
    for (size_t i = 0; i < o->count; i++) {
        if (o->entries[i].id == id) {
            m->ring.active = o->entries[i];
        } else {
            ring_retire(&m->ring, &o->entries[i]);
        }
    }
}

/* The present key with the uses that this run may make, or the one that follows it. */
static bool begin_count(manager_t *m, err_t *err)
{
    keyring_entry_t next, *old = &m->ring.active;
    uint64_t uses = keyring_uses(m->keyring, NULL);
    bool replaced = !old->id || ring_is_due(old, uses);
    if (old->id && !store_is_healthy(m->options.store)) {
        return true; /* it can only be read: nothing that is sealed now will be kept */
    }
    arena_t *arena = arena_new(0);
    store_change_t changes[2];
    size_t n = 0;
    if (replaced) {
        keyring_draw(m->keyring, clock_wall_ms(), &next);
        next.uses = RING_USES_AHEAD;
        ring_describe(arena, &next, &changes[n++]);
    }
    if (old->id) {
        old->active = !replaced;
        old->uses = replaced ? uses : uses + RING_USES_AHEAD;
        ring_describe(arena, old, &changes[n++]);
    }
    store_write_now(m->options.store, changes, n, on_written, err);
    arena_free(arena);
    if (err_is_set(err)) {
        return false;
    }
    if (replaced) {
        if (old->id) {
            ring_retire(&m->ring, old);
        }
        m->ring.active = next;
        next.uses = 0;
        return keyring_take(m->keyring, &next, err);
    }
    return true;
}

/* Under the master key that was given, or under the one before, which was handed over to it. */
static bool open_ring(manager_t *m, const opening_t *o, err_t *err)
{
    secret_t *before = NULL;
    if (!handover_look(m, &before, err)) {
        return false;
    }
    secret_t *master = m->options.master_key;
    m->keyring = keyring_open(master, o->entries, o->count, err);
    if (!m->keyring && before && err->code == ERR_master_key_mismatch) {
        *err = ERR_INIT;
        master = before;
        m->keyring = keyring_open(master, o->entries, o->count, err);
    }
    m->ring.master = secret_ref(master);
    secret_unref(before);
    return m->keyring != NULL;
}

bool ring_open(manager_t *m, err_t *err)
{
    opening_t o = {.entries = mem_array(RING_KEYS_MAX, sizeof *o.entries), .err = err};
    store_list_now(m->options.store, STR("keyring"), STR_NONE, STR_NONE, RING_KEYS_MAX, on_list,
                   &o);
    bool opened = !err_is_set(err) && open_ring(m, &o, err);
    if (opened) {
        sort_out(m, &o);
    }
    free(o.entries);
    return opened && handover_settle(m, err) && begin_count(m, err);
}

void ring_close(manager_t *m)
{
    arena_t *arena = arena_new(0);
    store_change_t change;
    err_t ignored = ERR_INIT;
    m->ring.active.uses = keyring_uses(m->keyring, NULL);
    ring_describe(arena, &m->ring.active, &change);
    store_write_now(m->options.store, &change, 1, on_written, &ignored);
    arena_free(arena);
}

void ring_free(manager_t *m)
{
    free(m->ring.retired);
    secret_unref(m->ring.master);
}
