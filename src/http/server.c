/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/mem.h"
#include "http/chunked.h"
#include "http/server_internal.h"

/* How long http_server_run waits on leaving for connections that were cut to go. */
enum { LEAVE_ROUNDS = 100, LEAVE_ROUND_MS = 10 };

void http_init(void)
{
    /* OpenSSL writes without MSG_NOSIGNAL. */
    (void)signal(SIGPIPE, SIG_IGN);
    /* h2o would move a large body, with the secrets in it, to a file under /tmp. */
    h2o_socket_buffer_mmap_settings.threshold = SIZE_MAX;
    http_chunked_check();
}

/* --- ids: a random start, then counted up as a number of 22 digits, so that one costs no system
 * call --- */

static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
enum { BASE = sizeof digits - 1 };

static void init_id(http_server_t *s)
{
    unsigned char random[HTTP_ID_BYTES];
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random) {
        fatal_abort("no random bytes");
    }
    for (size_t i = 0; i < sizeof random; i++) {
        s->next_id[i] = digits[random[i] % BASE];
    }
}

static char next_digit(char c)
{
    switch (c) {
    case '9':
        return 'A';
    case 'Z':
        return 'a';
    case 'z':
        return '0';
    default:
        return (char)(c + 1);
    }
}

void http_server_make_id(http_server_t *s, char *to)
{
    for (size_t i = HTTP_ID_BYTES; i-- > 0;) {
        s->next_id[i] = next_digit(s->next_id[i]);
        if (s->next_id[i] != '0') {
            break;
        }
    }
    memcpy(to, s->next_id, HTTP_ID_BYTES);
}

/* --- making and freeing --- */

static void add_handler(http_server_t *s, h2o_pathconf_t *path)
{
    http_handler_t *handler = (http_handler_t *)(void *)h2o_create_handler(path, sizeof *handler);
    handler->super.on_req = http_request_on_req;
    handler->server = s;
}

/* Every request comes by "/", whatever its target, since h2o lets its own form of a path begin with
 * a slash; what it answers itself comes by the fallback, so that only there a filter stands in the
 * way. */
static void configure(http_server_t *s)
{
    h2o_config_init(&s->config);
    s->config.server_name = h2o_iovec_init("", 0);
    s->config.http1.upgrade_to_http2 = 0;
    s->config.http1.req_timeout = (uint64_t)s->options.request_timeout_ms;
    /* One more than allowed: h2o refuses a chunked body of exactly its limit. request.c refuses the
     * rest. */
    s->config.max_request_entity_size = s->options.body_bytes_max + 1;
    h2o_hostconf_t *host =
        h2o_config_register_host(&s->config, h2o_iovec_init("default", 7), 65535);
    add_handler(s, h2o_config_register_path(host, "/", 0));
    http_early_register(s, &host->fallback_path);
}

http_server_t *http_server_new(const http_options_t *options)
{
    http_server_t *s = mem_new(http_server_t);
    s->options = *options;
    s->loop = loop_new();
    init_id(s);
    configure(s);
    http_drain_init(s);
    http_watch_init(s);
    http_pace_init(s);
    s->port_count = options->listener_count;
    s->ports = mem_array(s->port_count, sizeof *s->ports);
    for (size_t i = 0; i < s->port_count; i++) {
        const http_listener_t *listener = &options->listeners[i];
        http_port_t *port = &s->ports[i];
        *port = (http_port_t){.server = s, .local = listener->local, .tls = listener->tls != NULL};
        port->fd = fcntl(listener->fd, F_DUPFD_CLOEXEC, 0);
        if (port->fd < 0) {
            fatal_abort("a listening socket cannot be shared");
        }
        port->accept.ssl_ctx = listener->tls ? http_tls_context(listener->tls) : NULL;
    }
    return s;
}

void http_server_free(http_server_t *s)
{
    if (!s) {
        return;
    }
    for (size_t i = 0; i < s->port_count; i++) {
        if (s->ports[i].fd >= 0) {
            close(s->ports[i].fd);
        }
    }
    if (s->evloop) {
        return; /* h2o still points into it: rather lost than freed */
    }
    h2o_config_dispose(&s->config);
    loop_free(s->loop);
    free(s->ports);
    free(s);
}

loop_t *http_server_loop(http_server_t *s)
{
    return s->loop;
}

unsigned http_server_in_flight(const http_server_t *s)
{
    return http_counted(&s->in_flight);
}

unsigned http_server_connections(const http_server_t *s)
{
    return http_counted(&s->connections);
}

/* --- running. What h2o keeps by thread must not outlive the thread: all of it is made and closed
 * here. --- */

static void on_nested_ready(h2o_socket_t *socket, const char *err)
{
    (void)err;
    http_server_t *s = socket->data;
    loop_turn(s->loop, 0);
}

static void enter(http_server_t *s)
{
    loop_set_current(s->loop); /* requests come in between turns of it */
    s->evloop = h2o_evloop_create();
    h2o_context_init(&s->context, s->evloop, &s->config);
    int fd = fcntl(loop_fd(s->loop), F_DUPFD_CLOEXEC, 0); /* h2o closes what it is given */
    if (fd < 0) {
        fatal_abort("the loop cannot be nested");
    }
    s->nested = h2o_evloop_socket_create(s->evloop, fd, H2O_SOCKET_FLAG_DONT_READ);
    s->nested->data = s;
    h2o_socket_read_start(s->nested, on_nested_ready);
    http_ports_open(s);
    http_pace_begin(s);
}

static void turn(http_server_t *s, int32_t wait_ms)
{
    if (h2o_evloop_run(s->evloop, wait_ms) != 0 && errno != EINTR) {
        fatal_abort("the server's event loop failed");
    }
}

/* Connections that wait for an answer of their owner's stay; then h2o's memory stays, too. */
static void cut_connections(http_server_t *s)
{
    for (http_connection_t *c = s->open; c; c = c->after) {
        shutdown(h2o_socket_get_fd(c->socket), SHUT_RDWR);
    }
    for (int i = 0; i < LEAVE_ROUNDS && http_counted(&s->connections) > http_counted(&s->in_flight);
         i++) {
        turn(s, LEAVE_ROUND_MS);
    }
}

static void leave(http_server_t *s)
{
    http_ports_close(s);
    cut_connections(s);
    loop_timer_clear(&s->sweep_again);
    loop_timer_clear(&s->watch_due);
    loop_timer_clear(&s->pace);
    h2o_socket_close(s->nested);
    loop_set_current(NULL);
    if (http_counted(&s->connections)) {
        return;
    }
    h2o_context_dispose(&s->context);
    h2o_evloop_destroy(s->evloop);
    s->evloop = NULL;
}

void http_server_run(http_server_t *s)
{
    enter(s);
    while (!s->stopped) {
        turn(s, INT32_MAX);
    }
    leave(s);
}

static void on_stop(loop_message_t *message)
{
    STRUCT_OF(message, http_server_t, stop_message)->stopped = true;
}

void http_server_stop(http_server_t *s)
{
    if (!atomic_exchange(&s->stop_posted, true)) {
        s->stop_message.run = on_stop;
        loop_post(s->loop, &s->stop_message);
    }
}
