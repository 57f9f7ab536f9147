/* SPDX-License-Identifier: MIT */
/* While a request waits, h2o does not look at its connection, so a client that leaves is not
 * noticed. The descriptor is watched by the nested loop instead, but only once a request has waited
 * a while: a watch costs two system calls. All wait equally long, so those to be watched stand in a
 * list by time and need one timer. */
#include <sys/epoll.h>

#include "base/clock.h"
#include "http/server_internal.h"

enum { WATCH_AFTER_MS = 250 };

static void list_add(http_request_t *r)
{
    http_server_t *s = r->server;
    r->watch_at_ms = clock_boot_ms() + WATCH_AFTER_MS;
    r->watch_before = s->watch_last;
    r->watch_after = NULL;
    *(s->watch_last ? &s->watch_last->watch_after : &s->watch_first) = r;
    s->watch_last = r;
    if (!loop_timer_is_set(&s->watch_due)) {
        loop_timer_set(&s->watch_due, r->watch_at_ms);
    }
}

static void list_remove(http_request_t *r)
{
    http_server_t *s = r->server;
    *(r->watch_before ? &r->watch_before->watch_after : &s->watch_first) = r->watch_after;
    *(r->watch_after ? &r->watch_after->watch_before : &s->watch_last) = r->watch_before;
    r->watch_at_ms = 0;
}

void http_watch_stop(http_request_t *r)
{
    if (r->watch_at_ms) {
        list_remove(r);
    }
    if (r->watch) {
        loop_unwatch(r->watch);
        r->watch = NULL;
    }
}

static void on_client_event(void *context, uint32_t events)
{
    (void)events;
    http_request_t *r = context;
    http_watch_stop(r);
    void (*on_gone)(void *) = r->on_gone;
    r->on_gone = NULL;
    if (on_gone) {
        on_gone(r->gone_context);
    }
}

static void on_watch_due(void *context)
{
    http_server_t *s = context;
    int64_t now_ms = clock_boot_ms();
    while (s->watch_first && s->watch_first->watch_at_ms <= now_ms) {
        http_request_t *r = s->watch_first;
        list_remove(r);
        (void)http_request_peer(r); /* while it can be told */
        r->watch = loop_watch(s->loop, http_request_fd(r->req), EPOLLRDHUP, on_client_event, r);
    }
    if (s->watch_first) {
        loop_timer_set(&s->watch_due, s->watch_first->watch_at_ms);
    }
}

void http_watch_init(http_server_t *s)
{
    loop_timer_init(&s->watch_due, s->loop, on_watch_due, s);
}

void http_request_watch_client(http_request_t *r, void (*on_gone)(void *context), void *context)
{
    r->on_gone = on_gone;
    r->gone_context = context;
    if (on_gone && r->req && !r->watch && !r->watch_at_ms) {
        list_add(r);
    }
}
