/* SPDX-License-Identifier: MIT */
#include "definition/catalogue/snapshot.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/map.h"
#include "base/mem.h"

struct snapshot {
    atomic_uint references;
    uint64_t number;
    int64_t made_at_ms;
    arena_t *arena; /* of what the faults say */
    const connector_t **connectors;
    size_t count;
    map_t *by_id;
    catalogue_fault_t *faults;
    size_t fault_count;
};

snapshot_t *snapshot_new(uint64_t number, size_t connectors_max, size_t faults_max)
{
    snapshot_t *s = mem_new(snapshot_t);
    atomic_init(&s->references, 1);
    s->number = number;
    s->made_at_ms = clock_wall_ms();
    s->arena = arena_new(0);
    s->connectors = mem_array(connectors_max + 1, sizeof *s->connectors);
    s->faults = mem_array(faults_max + 1, sizeof *s->faults);
    s->by_id = map_new();
    return s;
}

void snapshot_add(snapshot_t *s, const connector_t *c)
{
    s->connectors[s->count++] = connector_ref(c);
}

static void release_json(void *p)
{
    json_decref(p);
}

void snapshot_add_fault(snapshot_t *s, const catalogue_fault_t *fault)
{
    s->faults[s->fault_count++] = (catalogue_fault_t){
        .file = arena_str(s->arena, fault->file),
        .id = arena_str(s->arena, fault->id),
        .serving_previous = fault->serving_previous,
        .diagnostics = json_incref(fault->diagnostics),
    };
    arena_on_free(s->arena, release_json, fault->diagnostics);
}

static int compare_connectors(const void *a, const void *b)
{
    return str_compare((*(const connector_t *const *)a)->id, (*(const connector_t *const *)b)->id);
}

static int compare_faults(const void *a, const void *b)
{
    return str_compare(((const catalogue_fault_t *)a)->file, ((const catalogue_fault_t *)b)->file);
}

void snapshot_seal(snapshot_t *s)
{
    qsort(s->connectors, s->count, sizeof *s->connectors, compare_connectors);
    qsort(s->faults, s->fault_count, sizeof *s->faults, compare_faults);
    for (size_t i = 0; i < s->count; i++) {
        (void)map_set(s->by_id, s->connectors[i]->id, (void *)(uintptr_t)s->connectors[i]);
    }
}

snapshot_t *snapshot_ref(const snapshot_t *s)
{
    snapshot_t *shared = (snapshot_t *)(uintptr_t)s;
    if (shared) {
        atomic_fetch_add_explicit(&shared->references, 1, memory_order_relaxed);
    }
    return shared;
}

static void snapshot_free(snapshot_t *s)
{
    for (size_t i = 0; i < s->count; i++) {
        connector_unref(s->connectors[i]);
    }
    map_free(s->by_id);
    free(s->connectors);
    free(s->faults);
    arena_free(s->arena);
    free(s);
}

void snapshot_unref(const snapshot_t *s)
{
    snapshot_t *shared = (snapshot_t *)(uintptr_t)s;
    if (shared && atomic_fetch_sub_explicit(&shared->references, 1, memory_order_acq_rel) == 1) {
        snapshot_free(shared);
    }
}

uint64_t snapshot_number(const snapshot_t *s)
{
    return s->number;
}

int64_t snapshot_made_at_ms(const snapshot_t *s)
{
    return s->made_at_ms;
}

const connector_t *snapshot_connector(const snapshot_t *s, str_t id)
{
    return map_get(s->by_id, id);
}

bool snapshot_knows(const void *snapshot, str_t connector, str_t action)
{
    const connector_t *c = snapshot_connector(snapshot, connector);
    bool proxied = c && c->proxy && str_is(action, ACTION_NAME_PROXY);
    return c && (action.n == 0 || proxied || connector_action(c, action));
}

size_t snapshot_count(const snapshot_t *s)
{
    return s->count;
}

const connector_t *snapshot_at(const snapshot_t *s, size_t index)
{
    return s->connectors[index];
}

size_t snapshot_fault_count(const snapshot_t *s)
{
    return s->fault_count;
}

const catalogue_fault_t *snapshot_fault_at(const snapshot_t *s, size_t index)
{
    return &s->faults[index];
}
