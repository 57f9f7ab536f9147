/* SPDX-License-Identifier: MIT */
/* Questions: which events there are. */
#include <stdlib.h>

#include "base/exchange.h"
#include "base/mem.h"
#include "event/events_internal.h"

/* --- what is there --- */

static bool has_missed(const event_ring_t *r, event_lasting_t lasting, const event_query_t *q)
{
    return q->is_after && q->after && q->after < r->dropped_id &&
           (q->filter.kinds & event_kinds_lasting(lasting));
}

/* The two rings as one list by id. */
void events_collect(const events_t *e, const event_query_t *q, event_page_t *page)
{
    const event_ring_t *const rings[] = {&e->kept, &e->passing};
    uint64_t after = q->is_after ? q->after : 0;
    size_t at[] = {event_ring_after(rings[0], after), event_ring_after(rings[1], after)};
    *page = (event_page_t){.list = mem_array(rings[0]->count + rings[1]->count + 1, sizeof(void *)),
                           .missed = has_missed(rings[0], EVENT_KEPT, q) ||
                                     has_missed(rings[1], EVENT_PASSING, q)};
    while (at[0] < rings[0]->count || at[1] < rings[1]->count) {
        event_t *kept = at[0] < rings[0]->count ? event_ring_at(rings[0], at[0]) : NULL;
        event_t *passing = at[1] < rings[1]->count ? event_ring_at(rings[1], at[1]) : NULL;
        bool is_passing = !kept || (passing && passing->id < kept->id);
        event_t *next = is_passing ? passing : kept;
        at[is_passing]++;
        if (event_filter_takes(&q->filter, next)) {
            page->list[page->count++] = next;
        }
    }
}

/* --- asked by another loop --- */

typedef struct asking {
    exchange_t exchange;
    events_t *events;
    event_query_t query;
    event_page_t page;
    event_t **all; /* where the page begins in memory */
    events_on_page_t *on_page;
    void *context;
} asking_t;

/* Of all, the first or the last so many. */
static void cut(asking_t *a)
{
    event_page_t *page = &a->page;
    a->all = page->list;
    if (page->count > a->query.limit) {
        size_t over = page->count - a->query.limit;
        page->more = a->query.is_after;
        page->list += a->query.is_after ? 0 : over;
        page->count = a->query.limit;
    }
    for (size_t i = 0; i < page->count; i++) {
        event_ref(page->list[i]);
    }
}

static void look(exchange_t *x)
{
    asking_t *a = STRUCT_OF(x, asking_t, exchange);
    events_collect(a->events, &a->query, &a->page);
    cut(a);
    exchange_answer(x);
}

static void answer(exchange_t *x)
{
    asking_t *a = STRUCT_OF(x, asking_t, exchange);
    a->on_page(a->context, &a->page);
}

static void release(exchange_t *x)
{
    asking_t *a = STRUCT_OF(x, asking_t, exchange);
    for (size_t i = 0; i < a->page.count; i++) {
        event_unref(a->page.list[i]);
    }
    free(a->all);
    event_filter_fini(&a->query.filter);
    free(a);
}

void events_list(events_t *e, event_query_t *query, events_on_page_t *on_page, void *context)
{
    asking_t *a = mem_new(asking_t);
    *a = (asking_t){.events = e, .query = *query, .on_page = on_page, .context = context};
    query->filter.connections = NULL;
    a->exchange = (exchange_t){.work = look, .answer = answer, .release = release};
    exchange_ask(&a->exchange, e->options.loop);
}
