/* SPDX-License-Identifier: MIT */
/* Gates that are closed, as they are told: when one closes, and when its time is over. The gates
 * themselves are throttle's. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "connection/manager_internal.h"

enum { GATES_MAX = 10000 };

typedef struct closed_gate {
    char connector[64];
    int64_t until_ms;
} closed_gate_t;

static void wait_for_first(manager_t *m)
{
    int64_t first = INT64_MAX;
    void *value;
    for (size_t at = 0; map_next(m->gates, &at, NULL, &value);) {
        const closed_gate_t *g = value;
        first = g->until_ms < first ? g->until_ms : first;
    }
    if (first < INT64_MAX && !m->stopping) {
        loop_timer_set(&m->gates_timer, first);
    }
}

/* One may have been closed for longer meanwhile. */
static void on_time(void *context)
{
    manager_t *m = context;
    int64_t now_ms = clock_boot_ms();
    str_t name;
    void *value;
    for (size_t at = 0; map_next(m->gates, &at, &name, &value);) {
        closed_gate_t *g = value;
        str_t connector = str_of(g->connector);
        int64_t until_ms = throttle_gate_until(m->options.throttle, connector, name);
        g->until_ms = until_ms > g->until_ms ? until_ms : g->until_ms;
        if (g->until_ms <= now_ms) {
            event_tell(m->events, EVENT_THROTTLE_OPENED, name, LOG_S("connector", connector));
            (void)map_remove(m->gates, name);
            free(g);
        }
    }
    wait_for_first(m);
}

void gates_note(manager_t *m, const connection_t *c, int64_t until_wall_ms)
{
    char until[EVENT_TIME_BYTES];
    event_time(until, until_wall_ms);
    event_tell(m->events, EVENT_THROTTLE_CLOSED, c->name, LOG_S("connector", c->connector_id),
               LOG_S("until", str_of(until)));
    closed_gate_t *g = map_get(m->gates, c->name);
    if (!g && map_count(m->gates) >= GATES_MAX) {
        return;
    }
    if (!g) {
        g = mem_new(closed_gate_t);
        (void)map_set(m->gates, c->name, g);
    }
    memcpy(g->connector, c->connector_id.p,
           c->connector_id.n < sizeof g->connector ? c->connector_id.n : sizeof g->connector - 1);
    g->until_ms = clock_boot_ms() + until_wall_ms - clock_wall_ms();
    wait_for_first(m);
}

void gates_open(manager_t *m)
{
    m->gates = map_new();
    loop_timer_init(&m->gates_timer, m->loop, on_time, m);
}

void gates_close(manager_t *m)
{
    loop_timer_clear(&m->gates_timer);
    map_free_with(m->gates, free);
    m->gates = NULL;
}
