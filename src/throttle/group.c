/* SPDX-License-Identifier: MIT */
#include "throttle/group.h"

#include <stdlib.h>

#include "base/mem.h"

enum { SWEEP_SLICE = 256 };

group_t *group_new(int64_t seen_ms, atomic_size_t *window_count)
{
    group_t *g = mem_new(group_t);
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    /* Held for some hundred nanoseconds: worth a short spin before sleeping. */
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ADAPTIVE_NP);
    pthread_mutex_init(&g->lock, &attributes);
    pthread_mutexattr_destroy(&attributes);
    g->seen_ms = seen_ms;
    g->cells = map_new();
    g->end = &g->first;
    g->window_count = window_count;
    return g;
}

static void cell_free(group_t *g, cell_t *cell)
{
    if (cell->calls) {
        atomic_fetch_sub(g->window_count, 1);
    }
    window_free(cell->window);
    free(cell);
}

void group_free(group_t *g)
{
    while (g->first) {
        cell_t *cell = g->first;
        g->first = cell->next;
        cell_free(g, cell);
    }
    map_free(g->cells);
    pthread_mutex_destroy(&g->lock);
    free(g);
}

int64_t group_now(group_t *g, int64_t now_ms)
{
    if (now_ms > g->seen_ms) {
        g->seen_ms = now_ms;
    }
    return g->seen_ms;
}

/* --- names: calls, per_ms and the key's bytes; a gate's calls are 0 --- */

enum { NAME_HEAD = sizeof(uint32_t) + sizeof(int64_t) };

static str_t cell_name(const cell_t *cell)
{
    return str_at(cell->name, cell->name_length);
}

static cell_t *cell_new(uint32_t calls, int64_t per_ms, str_t key)
{
    cell_t *cell = mem_alloc(sizeof *cell + NAME_HEAD + key.n);
    cell->calls = calls;
    cell->per_ms = per_ms;
    cell->name_length = NAME_HEAD + key.n;
    memcpy(cell->name, &calls, sizeof calls);
    memcpy(cell->name + sizeof calls, &per_ms, sizeof per_ms);
    if (key.n) {
        memcpy(cell->name + NAME_HEAD, key.p, key.n);
    }
    return cell;
}

static void append(group_t *g, cell_t *cell)
{
    cell->next = NULL;
    *g->end = cell;
    g->end = &cell->next;
}

/* Takes over a new cell, or frees it where one of its name stands already. */
static cell_t *settle(group_t *g, cell_t *cell)
{
    cell_t *present = map_get(g->cells, cell_name(cell));
    if (present) {
        free(cell);
        return present;
    }
    map_set(g->cells, cell_name(cell), cell);
    append(g, cell);
    if (cell->calls) {
        atomic_fetch_add(g->window_count, 1);
    }
    return cell;
}

cell_t *group_window(group_t *g, const throttle_limit_t *limit)
{
    return settle(g, cell_new(limit->calls ? limit->calls : 1, limit->per_ms, limit->key));
}

cell_t *group_gate(group_t *g, str_t key)
{
    return settle(g, cell_new(0, 0, key));
}

/* Looks for the cell of a new one's name, which is freed. */
static cell_t *find(const group_t *g, cell_t *named)
{
    cell_t *present = map_get(g->cells, cell_name(named));
    free(named);
    return present;
}

cell_t *group_find_window(const group_t *g, const throttle_limit_t *limit)
{
    return find(g, cell_new(limit->calls ? limit->calls : 1, limit->per_ms, limit->key));
}

cell_t *group_find_gate(const group_t *g, str_t key)
{
    return find(g, cell_new(0, 0, key));
}

window_t *cell_window(cell_t *cell)
{
    if (!cell->window) {
        cell->window = window_new(cell->calls, cell->per_ms);
    }
    return cell->window;
}

/* --- sweeping --- */

/* An idle window gives its memory back even while seats hold the cell. */
static void tidy(cell_t *cell, int64_t now_ms)
{
    if (cell->window && window_is_idle(cell->window, now_ms)) {
        window_free(cell->window);
        cell->window = NULL;
    }
    if (cell->until_ms <= now_ms) {
        cell->until_ms = 0;
    }
}

static void sweep_first(group_t *g, int64_t now_ms)
{
    cell_t *cell = g->first;
    g->first = cell->next;
    if (!g->first) {
        g->end = &g->first;
    }
    tidy(cell, now_ms);
    if (cell->seats || cell->window || cell->until_ms) {
        append(g, cell);
    } else {
        map_remove(g->cells, cell_name(cell));
        cell_free(g, cell);
    }
}

void group_sweep(group_t *g, int64_t now_ms)
{
    pthread_mutex_lock(&g->lock);
    for (size_t left = map_count(g->cells), done = 0; left && g->first; left--) {
        if (++done % SWEEP_SLICE == 0) {
            pthread_mutex_unlock(&g->lock);
            pthread_mutex_lock(&g->lock);
        }
        now_ms = group_now(g, now_ms);
        sweep_first(g, now_ms);
    }
    pthread_mutex_unlock(&g->lock);
}
