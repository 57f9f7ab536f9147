/* SPDX-License-Identifier: MIT */
/* Two locks, never held together: the table's for finding a connector's group and counting who
 * holds it, the group's for what stands in it. A call takes the second one only. */
#include "throttle/throttle.h"

#include <stdlib.h>

#include "base/mem.h"
#include "throttle/group.h"

struct throttle {
    pthread_mutex_t lock;
    map_t *groups;
    int64_t swept_ms; /* a group that is made again must not start before the one that was swept */
    atomic_size_t window_count;
};

typedef struct place {
    cell_t *cell;
    bool is_repeat; /* an earlier limit of the seat is the same window: one slot serves both */
} place_t;

struct throttle_seat {
    throttle_t *table;
    group_t *group;
    cell_t *gate; /* NULL: none */
    size_t count;
    place_t places[];
};

throttle_t *throttle_new(void)
{
    throttle_t *t = mem_new(throttle_t);
    pthread_mutex_init(&t->lock, NULL);
    t->groups = map_new();
    t->swept_ms = INT64_MIN;
    return t;
}

static void free_group(void *group)
{
    group_free(group);
}

void throttle_free(throttle_t *t)
{
    if (!t) {
        return;
    }
    map_free_with(t->groups, free_group);
    pthread_mutex_destroy(&t->lock);
    free(t);
}

/* --- groups --- */

/* NULL where there is none and none is to be made. */
static group_t *visit(throttle_t *t, str_t connector, bool make)
{
    pthread_mutex_lock(&t->lock);
    group_t *g = map_get(t->groups, connector);
    if (!g && make) {
        g = group_new(t->swept_ms, &t->window_count);
        map_set(t->groups, connector, g);
    }
    if (g) {
        g->refs++;
    }
    pthread_mutex_unlock(&t->lock);
    return g;
}

static void leave(throttle_t *t, group_t *g)
{
    pthread_mutex_lock(&t->lock);
    g->refs--;
    pthread_mutex_unlock(&t->lock);
}

/* --- seats --- */

static bool is_repeat(const throttle_seat_t *seat, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        if (seat->places[i].cell == seat->places[at].cell) {
            return true;
        }
    }
    return false;
}

throttle_seat_t *throttle_seat_take(throttle_t *t, str_t connector, str_t gate,
                                    const throttle_limit_t *limits, size_t count)
{
    throttle_seat_t *seat = mem_alloc(sizeof *seat + count * sizeof(place_t));
    seat->table = t;
    seat->count = count;
    seat->group = visit(t, connector, true);
    pthread_mutex_lock(&seat->group->lock);
    for (size_t i = 0; i < count; i++) {
        seat->places[i].cell = group_window(seat->group, &limits[i]);
        seat->places[i].cell->seats++;
        seat->places[i].is_repeat = is_repeat(seat, i);
    }
    if (gate.p) {
        seat->gate = group_gate(seat->group, gate);
        seat->gate->seats++;
    }
    pthread_mutex_unlock(&seat->group->lock);
    return seat;
}

void throttle_seat_release(throttle_seat_t *seat)
{
    if (!seat) {
        return;
    }
    pthread_mutex_lock(&seat->group->lock);
    for (size_t i = 0; i < seat->count; i++) {
        seat->places[i].cell->seats--;
    }
    if (seat->gate) {
        seat->gate->seats--;
    }
    pthread_mutex_unlock(&seat->group->lock);
    leave(seat->table, seat->group);
    free(seat);
}

/* --- verdicts --- */

/* The answer names whatever holds the call back the longest: that is what its Retry-After says. */
static void judge(const throttle_seat_t *seat, int64_t now_ms, throttle_verdict_t *out)
{
    for (size_t i = 0; i < seat->count; i++) {
        int64_t wait_ms = window_wait_ms(cell_window(seat->places[i].cell), now_ms);
        if (wait_ms > out->retry_after_ms) {
            out->retry_after_ms = wait_ms;
            out->limit = i;
        }
    }
    int64_t until_ms = seat->gate ? seat->gate->until_ms : 0;
    if (until_ms > now_ms && until_ms - now_ms >= out->retry_after_ms) {
        out->retry_after_ms = until_ms - now_ms;
        out->by_gate = true;
    }
    out->admitted = out->retry_after_ms == 0;
}

static void take_slots(const throttle_seat_t *seat, int64_t now_ms)
{
    for (size_t i = 0; i < seat->count; i++) {
        if (!seat->places[i].is_repeat) {
            window_take(seat->places[i].cell->window, now_ms);
        }
    }
}

/* The limit with least left; among equals the one that stays so the longest. */
static size_t tightest(const throttle_seat_t *seat, int64_t now_ms)
{
    size_t best = 0;
    uint32_t least = UINT32_MAX;
    int64_t longest_ms = -1;
    for (size_t i = 0; i < seat->count; i++) {
        window_t *w = seat->places[i].cell->window;
        uint32_t remaining = window_remaining(w, now_ms);
        int64_t reset_ms = window_reset_ms(w, now_ms);
        if (remaining < least || (remaining == least && reset_ms > longest_ms)) {
            best = i;
            least = remaining;
            longest_ms = reset_ms;
        }
    }
    return best;
}

static void describe(const throttle_seat_t *seat, int64_t now_ms, throttle_verdict_t *out)
{
    if (out->admitted || out->by_gate) {
        out->limit = tightest(seat, now_ms);
    }
    if (out->limit < seat->count) {
        window_t *w = seat->places[out->limit].cell->window;
        out->remaining = window_remaining(w, now_ms);
        out->reset_ms = window_reset_ms(w, now_ms);
    }
}

static void decide(throttle_seat_t *seat, int64_t now_ms, bool take, throttle_verdict_t *out)
{
    *out = (throttle_verdict_t){.admitted = false};
    pthread_mutex_lock(&seat->group->lock);
    now_ms = group_now(seat->group, now_ms);
    judge(seat, now_ms, out);
    if (out->admitted && take) {
        take_slots(seat, now_ms);
    }
    describe(seat, now_ms, out);
    pthread_mutex_unlock(&seat->group->lock);
}

void throttle_admit(throttle_seat_t *seat, int64_t now_ms, throttle_verdict_t *out)
{
    decide(seat, now_ms, true, out);
}

void throttle_peek(throttle_seat_t *seat, int64_t now_ms, throttle_verdict_t *out)
{
    decide(seat, now_ms, false, out);
}

void throttle_look(throttle_t *t, str_t connector, const throttle_limit_t *limit, int64_t now_ms,
                   throttle_left_t *out)
{
    *out = (throttle_left_t){.calls = limit->calls};
    group_t *g = visit(t, connector, false);
    if (!g) {
        return;
    }
    pthread_mutex_lock(&g->lock);
    now_ms = group_now(g, now_ms);
    const cell_t *cell = group_find_window(g, limit);
    if (cell && cell->window) {
        out->calls = window_remaining(cell->window, now_ms);
        out->reset_ms = window_reset_ms(cell->window, now_ms);
        window_count_leaving(cell->window, now_ms, out->leaving, THROTTLE_SLICES);
    }
    pthread_mutex_unlock(&g->lock);
    leave(t, g);
}

/* --- gates --- */

void throttle_close_gate(throttle_t *t, str_t connector, str_t gate, int64_t until_ms)
{
    group_t *g = visit(t, connector, true);
    pthread_mutex_lock(&g->lock);
    cell_t *cell = group_gate(g, gate);
    if (until_ms > cell->until_ms) {
        cell->until_ms = until_ms;
    }
    pthread_mutex_unlock(&g->lock);
    leave(t, g);
}

int64_t throttle_gate_until(throttle_t *t, str_t connector, str_t gate)
{
    group_t *g = visit(t, connector, false);
    if (!g) {
        return 0;
    }
    pthread_mutex_lock(&g->lock);
    const cell_t *cell = group_find_gate(g, gate);
    int64_t until_ms = cell && cell->until_ms > g->seen_ms ? cell->until_ms : 0;
    pthread_mutex_unlock(&g->lock);
    leave(t, g);
    return until_ms;
}

/* --- sweeping --- */

static void drop_empty_groups(throttle_t *t)
{
    pthread_mutex_lock(&t->lock);
    str_t connector;
    void *value;
    for (size_t at = 0; map_next(t->groups, &at, &connector, &value);) {
        group_t *g = value;
        if (g->refs == 0 && map_count(g->cells) == 0) {
            t->swept_ms = g->seen_ms > t->swept_ms ? g->seen_ms : t->swept_ms;
            map_remove(t->groups, connector);
            group_free(g);
        }
    }
    pthread_mutex_unlock(&t->lock);
}

/* The groups there are, each visited; free() the array. */
static group_t **visit_all(throttle_t *t, size_t *count)
{
    pthread_mutex_lock(&t->lock);
    group_t **all = mem_array(map_count(t->groups), sizeof *all);
    void *value;
    *count = 0;
    for (size_t at = 0; map_next(t->groups, &at, NULL, &value);) {
        group_t *g = value;
        g->refs++;
        all[(*count)++] = g;
    }
    pthread_mutex_unlock(&t->lock);
    return all;
}

void throttle_sweep(throttle_t *t, int64_t now_ms)
{
    size_t count;
    group_t **all = visit_all(t, &count);
    for (size_t i = 0; i < count; i++) {
        group_sweep(all[i], now_ms);
        leave(t, all[i]);
    }
    free(all);
    drop_empty_groups(t);
}

size_t throttle_window_count(throttle_t *t)
{
    return atomic_load(&t->window_count);
}
