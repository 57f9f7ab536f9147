/* SPDX-License-Identifier: MIT */
/* What loops have counted of the use of connections since it was written last: gathered here, added
 * up by connection, action and key. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "connection/usage.h"

enum {
    MINUTE_MS = 60 * 1000,
    /* Kept in memory where the store cannot take it. */
    PENDING_MINUTES_MAX = 24 * 60,
};

/* --- what came since --- */

static void free_pending(void *value)
{
    usage_pending_t *p = value;
    usage_table_fini(&p->table);
    free(p);
}

usage_pending_t *usage_pending_of(manager_t *m, str_t connection)
{
    usage_pending_t *p = map_get(m->usage, connection);
    if (!p) {
        p = mem_new(usage_pending_t);
        (void)snprintf(p->name, sizeof p->name, "%.*s", STR_ARG(connection));
        map_set(m->usage, connection, p);
    }
    return p;
}

void usage_note_last_use(manager_t *m, usage_pending_t *p, int64_t wall_ms)
{
    entry_t *e = map_get(m->entries, str_of(p->name));
    p->last_wall_ms = wall_ms > p->last_wall_ms ? wall_ms : p->last_wall_ms;
    if (e && wall_ms > e->last_used_wall_ms) {
        e->last_used_wall_ms = wall_ms;
    }
}

static void take_cell(manager_t *m, uint32_t minute, const usage_cell_t *cell)
{
    key_used_note(m, cell->key, cell->last_wall_ms);
    if (cell->connection.n) {
        usage_pending_t *p = usage_pending_of(m, cell->connection);
        usage_table_add(&p->table, minute, cell->action, cell->key, cell->counts);
        usage_table_prune(&p->table, minute - PENDING_MINUTES_MAX);
        usage_note_last_use(m, p, cell->last_wall_ms);
    }
}

static void take_pages(manager_t *m, usage_page_t *pages)
{
    for (const usage_page_t *page = pages; page; page = page->next) {
        for (const usage_cell_t *cell = page->cells; cell; cell = cell->next) {
            take_cell(m, (uint32_t)page->minute, cell);
        }
    }
    usage_pages_free(pages);
}

void usage_count_token_request(manager_t *m, str_t connection)
{
    static const uint32_t ONE[USAGE_NUMBERS] = {[USAGE_TOKEN_REQUESTS] = 1};
    usage_table_add(&usage_pending_of(m, connection)->table,
                    (uint32_t)(clock_wall_ms() / MINUTE_MS), STR_NONE, STR_NONE, ONE);
}

void usage_forget(manager_t *m, str_t connection)
{
    usage_pending_t *p = map_remove(m->usage, connection);
    if (p) {
        free_pending(p);
    }
}

void usage_free(manager_t *m)
{
    map_free_with(m->usage, free_pending);
}

/* --- gathering --- */

typedef struct handover {
    loop_message_t message;
    manager_t *manager;
    usage_page_t *pages;
} handover_t;

static void take_over(loop_message_t *message)
{
    handover_t *h = STRUCT_OF(message, handover_t, message);
    take_pages(h->manager, h->pages);
    free(h);
}

void manager_hand_usage(manager_t *m, usage_page_t *pages)
{
    if (!pages) {
        return;
    }
    if (loop_current() == m->loop) { /* at the end, when the loops have stopped */
        take_pages(m, pages);
        return;
    }
    handover_t *h = mem_new(handover_t);
    *h = (handover_t){{.run = take_over}, m, pages};
    loop_post(m->loop, &h->message);
}

/* A loop hands over before it says that it has taken note, and messages of a loop keep their order.
 */
void usage_collect(manager_t *m, then_t *then, void *context)
{
    manager_tell(m, CHANGE_USAGE, STR_NONE, then, context);
}
