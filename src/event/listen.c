/* SPDX-License-Identifier: MIT */
/* Listeners: each belongs to the loop it was made in, and stands in the book's list meanwhile. The
 * book's loop posts to the listener's; what it has posted comes before the message that a listener
 * which left is forgotten, and only then its memory is given back. */
#include <stdlib.h>

#include "base/mem.h"
#include "event/events_internal.h"

struct event_listener {
    events_t *events;
    loop_t *loop;
    event_sink_t sink;
    void *context;
    bool left; /* its own loop's */
    /* the book's */
    event_query_t query;
    event_listener_t *next, **at; /* at NULL: in no list */
    loop_message_t join, leave, gone;
};

typedef struct delivery {
    loop_message_t message;
    event_listener_t *listener;
    bool is_end;
    event_page_t page; /* list lies behind, with references */
} delivery_t;

/* --- from the book to the listener --- */

static void run_delivery(loop_message_t *message)
{
    delivery_t *d = STRUCT_OF(message, delivery_t, message);
    event_listener_t *l = d->listener;
    if (!l->left && d->is_end) {
        l->sink.on_end(l->context);
    } else if (!l->left) {
        l->sink.on_page(l->context, &d->page);
    }
    for (size_t i = 0; i < d->page.count; i++) {
        event_unref(d->page.list[i]);
    }
    free(d);
}

static void deliver(event_listener_t *l, const event_page_t *page, bool is_end)
{
    delivery_t *d = mem_alloc(sizeof *d + page->count * sizeof *page->list);
    *d = (delivery_t){.listener = l, .is_end = is_end, .page = *page};
    d->page.list = (event_t **)(d + 1);
    for (size_t i = 0; i < page->count; i++) {
        d->page.list[i] = event_ref(page->list[i]);
    }
    d->message.run = run_delivery;
    loop_post(l->loop, &d->message);
}

static void end(event_listener_t *l)
{
    deliver(l, &(event_page_t){.count = 0}, true);
}

void events_spread(events_t *e, event_t *event)
{
    const event_page_t page = {.list = &event, .count = 1};
    for (event_listener_t *l = e->listeners; l; l = l->next) {
        if (event_filter_takes(&l->query.filter, event)) {
            deliver(l, &page, false);
        }
    }
}

void events_end_key(events_t *e, str_t key)
{
    for (event_listener_t *l = e->listeners; l; l = l->next) {
        if (str_is(key, l->query.key)) {
            end(l);
        }
    }
}

/* --- the list --- */

static void tell_heard(events_t *e)
{
    event_kinds_t heard = 0;
    for (const event_listener_t *l = e->listeners; l; l = l->next) {
        heard |= l->query.filter.kinds;
    }
    atomic_store_explicit(&e->heard, heard & event_kinds_lasting(EVENT_LIVE), memory_order_relaxed);
}

static void run_join(loop_message_t *message)
{
    event_listener_t *l = STRUCT_OF(message, event_listener_t, join);
    events_t *e = l->events;
    event_page_t page = {.count = 0};
    if (atomic_load(&e->draining)) {
        end(l);
        return;
    }
    if (l->query.is_after) {
        events_collect(e, &l->query, &page);
    }
    page.begun_at = e->last_id;
    deliver(l, &page, false);
    free(page.list);
    l->next = e->listeners;
    l->at = &e->listeners;
    if (l->next) {
        l->next->at = &l->next;
    }
    e->listeners = l;
    tell_heard(e);
}

static void run_gone(loop_message_t *message)
{
    free(STRUCT_OF(message, event_listener_t, gone));
}

static void run_leave(loop_message_t *message)
{
    event_listener_t *l = STRUCT_OF(message, event_listener_t, leave);
    if (l->at) {
        *l->at = l->next;
        if (l->next) {
            l->next->at = l->at;
        }
        tell_heard(l->events);
    }
    event_filter_fini(&l->query.filter);
    l->gone.run = run_gone;
    loop_post(l->loop, &l->gone);
}

/* --- from the listener's loop --- */

static bool has_room(events_t *e, err_t *err)
{
    if (atomic_load(&e->draining)) {
        return err_set(err, ERR_draining, "the host is shutting down");
    }
    if (atomic_fetch_add(&e->listener_count, 1) < e->options.listeners_max) {
        return true;
    }
    atomic_fetch_sub(&e->listener_count, 1);
    return err_set(err, ERR_over_capacity, "%u listen to events already (event_listeners)",
                   e->options.listeners_max);
}

event_listener_t *events_listen(events_t *e, event_query_t *query, const event_sink_t *sink,
                                void *context, err_t *err)
{
    if (!has_room(e, err)) {
        event_filter_fini(&query->filter);
        return NULL;
    }
    event_listener_t *l = mem_new(event_listener_t);
    *l = (event_listener_t){
        .events = e, .loop = loop_current(), .sink = *sink, .context = context, .query = *query};
    query->filter.connections = NULL;
    l->join.run = run_join;
    loop_post(e->options.loop, &l->join);
    return l;
}

void events_leave(event_listener_t *l)
{
    events_t *e = l->events;
    l->left = true;
    l->leave.run = run_leave;
    atomic_fetch_sub(&e->listener_count, 1);
    loop_post(e->options.loop, &l->leave);
}

static void run_drain(loop_message_t *message)
{
    events_t *e = STRUCT_OF(message, events_t, drain_message);
    for (event_listener_t *l = e->listeners; l; l = l->next) {
        end(l);
    }
}

void events_drain(events_t *e)
{
    if (!atomic_exchange(&e->draining, true)) {
        e->drain_message.run = run_drain;
        loop_post(e->options.loop, &e->drain_message);
    }
}
