/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/mem.h"
#include "http/server_internal.h"

/* As many as one readiness takes at most, so that requests of open connections get their turn. */
enum { ACCEPTS_A_TURN = 16 };
enum { ACCEPT_AGAIN_MS = 100 };

http_connection_t *http_connection_of(const h2o_req_t *req)
{
    return req->conn->callbacks->get_socket(req->conn)->on_close.data;
}

/* To disconnect a TCP socket is to reset it (connect(2)). */
void http_connection_reset(const http_connection_t *c)
{
    const struct sockaddr nobody = {.sa_family = AF_UNSPEC};
    (void)connect(h2o_socket_get_fd(c->socket), &nobody, sizeof nobody);
}

static void on_connection_close(void *context)
{
    http_connection_t *c = context;
    http_server_t *s = c->port->server;
    *(c->before ? &c->before->after : &s->open) = c->after;
    if (c->after) {
        c->after->before = c->before;
    }
    free(c);
    http_count(&s->connections, -1);
    http_accept_resume(s);
    http_drain_notice(s);
}

static void add_connection(http_port_t *port, h2o_socket_t *socket)
{
    http_server_t *s = port->server;
    http_connection_t *c = mem_new(http_connection_t);
    *c = (http_connection_t){.port = port, .socket = socket, .after = s->open};
    if (s->open) {
        s->open->before = c;
    }
    s->open = c;
    http_count(&s->connections, 1);
    socket->on_close.cb = on_connection_close;
    socket->on_close.data = c;
}

/* Out of descriptors: the listener stays readable, and without a pause the loop would spin. */
static void on_accept_failed(http_server_t *s)
{
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        http_accept_pause(s);
        loop_timer_set(&s->accept_again, clock_boot_ms() + ACCEPT_AGAIN_MS);
    }
}

/* False with errno where nobody waits. */
static bool accept_one(http_port_t *port)
{
    http_server_t *s = port->server;
    h2o_socket_t *socket = h2o_evloop_socket_accept(port->socket);
    if (!socket) {
        return false;
    }
    add_connection(port, socket);
    if (http_counted(&s->connections) >= s->options.connections_max) {
        http_accept_pause(s);
    }
    h2o_accept(&port->accept, socket);
    return true;
}

static void on_accept_ready(h2o_socket_t *listener, const char *err)
{
    http_port_t *port = listener->data;
    http_server_t *s = port->server;
    for (int i = 0; !err && s->accepting && i < ACCEPTS_A_TURN; i++) {
        if (!accept_one(port)) {
            on_accept_failed(s);
            return;
        }
    }
}

void http_accept_rest(http_server_t *s)
{
    for (size_t i = 0; i < s->port_count; i++) {
        while (s->accepting && accept_one(&s->ports[i])) {
        }
    }
}

void http_accept_pause(http_server_t *s)
{
    if (!s->accepting) {
        return;
    }
    s->accepting = false;
    for (size_t i = 0; i < s->port_count; i++) {
        h2o_socket_read_stop(s->ports[i].socket);
    }
}

void http_accept_resume(http_server_t *s)
{
    if (s->accepting || s->draining || s->stopped || loop_timer_is_set(&s->accept_again) ||
        http_counted(&s->connections) >= s->options.connections_max) {
        return;
    }
    s->accepting = true;
    for (size_t i = 0; i < s->port_count; i++) {
        h2o_socket_read_start(s->ports[i].socket, on_accept_ready);
    }
}

static void on_accept_again(void *context)
{
    http_accept_resume(context);
}

void http_ports_open(http_server_t *s)
{
    loop_timer_init(&s->accept_again, s->loop, on_accept_again, s);
    for (size_t i = 0; i < s->port_count; i++) {
        http_port_t *port = &s->ports[i];
        port->socket = h2o_evloop_socket_create(s->evloop, port->fd, H2O_SOCKET_FLAG_DONT_READ);
        port->socket->data = port;
        port->fd = -1; /* h2o's now */
        port->accept.ctx = &s->context;
        port->accept.hosts = s->config.hosts;
    }
    http_accept_resume(s);
}

void http_ports_close(http_server_t *s)
{
    loop_timer_clear(&s->accept_again);
    s->accepting = false;
    for (size_t i = 0; i < s->port_count; i++) {
        if (s->ports[i].socket) {
            h2o_socket_close(s->ports[i].socket);
            s->ports[i].socket = NULL;
        }
    }
}
