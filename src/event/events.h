/* SPDX-License-Identifier: MIT */
/* What happens in a host, as it is told: the latest events in memory, those that matter in the store as well, all of them to
 * who listens. The book belongs to one loop, the control loop; any thread may tell, which costs it a message, and ask by
 * message. Knows neither connections nor HTTP. */
#ifndef TENON_EVENT_EVENTS_H
#define TENON_EVENT_EVENTS_H

#include "base/err.h"
#include "base/loop.h"
#include "event/filter.h"
#include "event/ring.h"
#include "store/store.h"

typedef struct events events_t;
typedef struct events_options {
    store_t *store;
    loop_t *loop;           /* that it belongs to */
    size_t kept_max;        /* of those in the store; 0: the usual number */
    unsigned listeners_max; /* at a time */
} events_options_t;

/* Reads what the store holds, waiting. Error: store_failed. */
events_t *events_new(const events_options_t *options, err_t *err);
/* The loop has ended, and so have those who ask; the store is there still. NULL is allowed. */
void events_free(events_t *e);

/* From any thread. fields end with one without a name; nothing is kept of them. e may be NULL: nobody is told. */
void events_tell(events_t *e, event_kind_t kind, str_t connection, const log_field_t *fields);
#ifdef __cppcheck__ /* which does not know __VA_OPT__ */
#define event_tell(events, kind, connection, ...) ((void)(events))
#else
#define event_tell(events, kind, connection, ...)                                                           \
    events_tell((events), (kind), (connection), (const log_field_t[]){__VA_ARGS__ __VA_OPT__(, ){0}})
#endif
/* From any thread, for what comes with calls: does anybody listen to this kind, which is told live only? One relaxed load. */
bool events_is_heard(const events_t *e, event_kind_t kind);

/* From any thread: a loop's own circuit of a host opens or closes. Told when it is the first that opens, and the last that
 * closes. events: an events_t. */
void events_tell_circuit(void *events, str_t host, bool is_open, const char *detail);

/* --- asking, from a loop; the answer comes in its thread --- */
typedef struct event_query {
    event_filter_t filter; /* given away */
    char key[16];          /* whose key it is: a stream ends with it; "": nobody's */
    bool is_after;         /* those behind `after`, the oldest first; else the latest */
    uint64_t after;
    size_t limit;
} event_query_t;
typedef struct event_page {
    event_t **list; /* in their order */
    size_t count;
    bool more;   /* behind the last of them */
    bool missed; /* some behind `after` are not there any more */
    uint64_t begun_at; /* of the first that a listener gets: the latest id by then; else 0 */
} event_page_t;
/* page: borrowed. */
typedef void events_on_page_t(void *context, const event_page_t *page);
void events_list(events_t *e, event_query_t *query, events_on_page_t *on_page, void *context);

/* --- listening, from a loop --- */
typedef struct event_listener event_listener_t;
typedef struct event_sink {
    void (*on_page)(void *context, const event_page_t *page); /* first what was asked for, then each as it comes */
    void (*on_end)(void *context); /* nothing more will come: the host ends, or the key is revoked */
} event_sink_t;
/* NULL and err: over_capacity, draining. limit does not count. */
event_listener_t *events_listen(events_t *e, event_query_t *query, const event_sink_t *sink, void *context,
                                err_t *err);
/* Once, after on_end too: nothing comes from here on. */
void events_leave(event_listener_t *l);
/* From any thread: all listeners are ended, and there will be no more. */
void events_drain(events_t *e);

/* --- for webhooks, in the book's loop --- */
const event_ring_t *events_kept(const events_t *e);
void events_on_kept(events_t *e, void (*on_kept)(void *context), void *context);
/* An id of its own for an event that is told to nobody else. */
uint64_t events_next_id(events_t *e, int64_t wall_ms);

#endif
