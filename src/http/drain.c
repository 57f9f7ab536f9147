/* SPDX-License-Identifier: MIT */
#include <sys/socket.h>

#include "base/clock.h"
#include "http/server_internal.h"

/* Connections that were in their TLS handshake, or whose answer had gone out with keep-alive,
 * become idle later: they are looked for again. */
enum { SWEEP_AGAIN_MS = 100 };
/* Whoever has just connected, or is in the middle of a request's head, may still finish it. */
enum { GRACE_MS = 2000 };

static bool has_grace(const http_connection_t *c)
{
    const http_server_t *s = c->port->server;
    bool speaking = !c->used || c->socket->input->size > 0;
    return speaking && clock_boot_ms() < s->drain_began_ms + GRACE_MS;
}

/* h2o's own shutdown lets idle connections live until their timeout and answers a pending request
 * with keep-alive. version is 0 until a request's head is complete. */
static int sweep_one(h2o_req_t *req, void *context)
{
    (void)context;
    http_connection_t *c = http_connection_of(req);
    c->spoken = true;
    if (req->version != 0) {
        req->http1_is_persistent = 0;
    } else if (!has_grace(c)) {
        shutdown(http_request_fd(req), SHUT_RD);
    }
    return 0;
}

static void sweep(void *context)
{
    http_server_t *s = context;
    s->config.http1.callbacks.foreach_request(&s->context, sweep_one, NULL);
    for (http_connection_t *c = s->open; c; c = c->after) {
        if (!c->spoken && !has_grace(c)) {
            shutdown(h2o_socket_get_fd(c->socket), SHUT_RD);
        }
    }
    loop_timer_set(&s->sweep_again, clock_boot_ms() + SWEEP_AGAIN_MS);
}

static void on_drained(loop_message_t *message)
{
    http_server_t *s = STRUCT_OF(message, http_server_t, drained_message);
    loop_timer_clear(&s->sweep_again);
    if (s->on_drained) {
        s->on_drained(s->drained_context);
    }
}

void http_drain_notice(http_server_t *s)
{
    /* By a message: the last connection is still on h2o's stack. */
    if (s->draining && !s->drained && http_counted(&s->connections) == 0) {
        s->drained = true;
        loop_post(s->loop, &s->drained_message);
    }
}

static void on_drain(loop_message_t *message)
{
    http_server_t *s = STRUCT_OF(message, http_server_t, drain_message);
    s->draining = true;
    s->drain_began_ms = clock_boot_ms();
    s->context.shutdown_requested = 1; /* requests to come are answered with Connection: close */
    http_accept_rest(s);
    http_ports_close(s);
    sweep(s);
    http_drain_notice(s);
}

void http_drain_init(http_server_t *s)
{
    s->drain_message.run = on_drain;
    s->drained_message.run = on_drained;
    loop_timer_init(&s->sweep_again, s->loop, sweep, s);
}

void http_server_drain(http_server_t *s, void (*on_done)(void *context), void *context)
{
    if (!atomic_exchange(&s->drain_posted, true)) {
        s->on_drained = on_done;
        s->drained_context = context;
        loop_post(s->loop, &s->drain_message);
    }
}
