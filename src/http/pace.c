/* SPDX-License-Identifier: MIT */
/* A client that takes an answer a byte at a time would hold its memory for as long as it likes:
 * TCP_USER_TIMEOUT (listen.c) ends only those that take nothing at all. So one that does not take
 * at least 1 KiB for each second of request_timeout is cut off. What fits into the kernel's buffer
 * counts as sent. */
#include <linux/tcp.h>
#include <netinet/in.h>

#include "base/clock.h"
#include "http/server_internal.h"

enum { LOOKS_A_TIMEOUT = 3, BYTES_A_SECOND = 1024 };

/* False for what is no TCP connection. */
static bool read_acked(int fd, uint64_t *bytes)
{
    struct tcp_info info;
    socklen_t n = sizeof info;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &n) != 0 ||
        n < offsetof(struct tcp_info, tcpi_bytes_acked) + sizeof info.tcpi_bytes_acked) {
        return false;
    }
    *bytes = info.tcpi_bytes_acked;
    return true;
}

static void look_at(http_connection_t *c, int64_t now_ms)
{
    const int64_t period_ms = c->port->server->options.request_timeout_ms;
    uint64_t acked;
    if (!h2o_socket_is_writing(c->socket) || !read_acked(h2o_socket_get_fd(c->socket), &acked)) {
        c->pace_since_ms = 0;
        return;
    }
    if (c->pace_since_ms && now_ms - c->pace_since_ms < period_ms) {
        return;
    }
    uint64_t least = (uint64_t)period_ms * BYTES_A_SECOND / 1000;
    if (c->pace_since_ms && acked - c->pace_acked < least) {
        http_connection_reset(c);
    }
    c->pace_since_ms = now_ms;
    c->pace_acked = acked;
}

static void look(void *context)
{
    http_server_t *s = context;
    int64_t now_ms = clock_boot_ms();
    for (http_connection_t *c = s->open; c; c = c->after) {
        look_at(c, now_ms);
    }
    http_pace_begin(s);
}

void http_pace_init(http_server_t *s)
{
    loop_timer_init(&s->pace, s->loop, look, s);
}

void http_pace_begin(http_server_t *s)
{
    loop_timer_set(&s->pace, clock_boot_ms() + s->options.request_timeout_ms / LOOKS_A_TIMEOUT);
}
