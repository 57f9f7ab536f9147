/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <sys/epoll.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "base/mem.h"
#include "upstream/transfer.h"

enum { KEPT_CONNECTIONS_MAX = 512 };

static void on_end(CURL *easy, CURLcode code)
{
    upstream_call_t *call = NULL;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&call);
    if (call->stale && !call->cancelled) {
        call_start_again(call);
    } else {
        call_finish(call, code);
    }
}

static void tell_ends(upstream_t *u)
{
    int left;
    for (CURLMsg *message; (message = curl_multi_info_read(u->multi, &left));) {
        if (message->msg == CURLMSG_DONE) {
            on_end(message->easy_handle, message->data.result);
        }
    }
}

static void act(upstream_t *u, curl_socket_t fd, int events)
{
    int running;
    u->inside = true;
    curl_multi_socket_action(u->multi, fd, events, &running);
    u->inside = false;
    tell_ends(u);
}

static void on_curl_timer(void *context)
{
    act(context, CURL_SOCKET_TIMEOUT, 0);
}

/* An error is left to libcurl's next read or write, which names it. */
static void on_ready(void *context, uint32_t events)
{
    upstream_socket_t *s = context;
    int wanted = 0;
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
        wanted |= CURL_CSELECT_IN;
    }
    if (events & (EPOLLOUT | EPOLLERR)) {
        wanted |= CURL_CSELECT_OUT;
    }
    act(s->upstream, s->fd, wanted);
}

static void socket_free(upstream_socket_t *s)
{
    loop_unwatch(s->watch);
    *(s->previous ? &s->previous->next : &s->upstream->sockets) = s->next;
    if (s->next) {
        s->next->previous = s->previous;
    }
    free(s);
}

static void socket_new(upstream_t *u, curl_socket_t fd, uint32_t events)
{
    upstream_socket_t *s = mem_new(upstream_socket_t);
    *s = (upstream_socket_t){.upstream = u, .fd = fd, .next = u->sockets};
    if (u->sockets) {
        u->sockets->previous = s;
    }
    u->sockets = s;
    s->watch = loop_watch(u->loop, fd, events, on_ready, s);
    curl_multi_assign(u->multi, fd, s);
}

static int on_curl_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *socket)
{
    upstream_t *u = context;
    upstream_socket_t *s = socket;
    uint32_t events = (what & CURL_POLL_IN ? (uint32_t)EPOLLIN : 0) |
                      (what & CURL_POLL_OUT ? (uint32_t)EPOLLOUT : 0);
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (s) {
            curl_multi_assign(u->multi, fd, NULL);
            socket_free(s);
        }
    } else if (s) {
        loop_watch_change(s->watch, events);
    } else {
        socket_new(u, fd, events);
    }
    return 0;
}

/* Never calls libcurl from in here; 0 means the next turn. The clock counts whole milliseconds. */
static int on_curl_timeout(CURLM *multi, long timeout_ms, void *context)
{
    upstream_t *u = context;
    (void)multi;
    if (timeout_ms < 0) {
        loop_timer_clear(&u->curl_timer);
    } else {
        loop_timer_set(&u->curl_timer, clock_boot_ms() + timeout_ms + (timeout_ms > 0));
    }
    return 0;
}

void multi_open(upstream_t *u)
{
    loop_timer_init(&u->curl_timer, u->loop, on_curl_timer, u);
    u->multi = curl_multi_init();
    if (!u->multi) {
        fatal_abort("libcurl cannot start");
    }
    curl_multi_setopt(u->multi, CURLMOPT_SOCKETFUNCTION, on_curl_socket);
    curl_multi_setopt(u->multi, CURLMOPT_SOCKETDATA, u);
    curl_multi_setopt(u->multi, CURLMOPT_TIMERFUNCTION, on_curl_timeout);
    curl_multi_setopt(u->multi, CURLMOPT_TIMERDATA, u);
    curl_multi_setopt(u->multi, CURLMOPT_MAXCONNECTS, (long)KEPT_CONNECTIONS_MAX);
}

void multi_close(upstream_t *u)
{
    if (u->multi) {
        curl_multi_cleanup(u->multi);
    }
    while (u->sockets) {
        socket_free(u->sockets);
    }
    loop_timer_clear(&u->curl_timer);
}
