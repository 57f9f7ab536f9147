/* SPDX-License-Identifier: MIT */
#include "yardstick.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct server {
    h2o_globalconf_t *config;
    h2o_context_t context;
    h2o_accept_ctx_t accept;
    int fd;
    void (*on_start)(h2o_loop_t *loop);
} server_t;

static void on_accept(h2o_socket_t *listener, const char *err)
{
    server_t *s = listener->data;
    for (int i = 0; !err && i < 16; i++) {
        h2o_socket_t *sock = h2o_evloop_socket_accept(listener);
        if (!sock) {
            break;
        }
        h2o_accept(&s->accept, sock);
    }
}

static int listen_on(int port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) || listen(fd, 1024)) {
        perror("listen");
        exit(1);
    }
    return fd;
}

static void *run(void *p)
{
    server_t *s = p;
    h2o_context_init(&s->context, h2o_evloop_create(), s->config);
    s->accept.ctx = &s->context;
    s->accept.hosts = s->config->hosts;
    h2o_socket_t *listener = h2o_evloop_socket_create(s->context.loop, dup(s->fd), H2O_SOCKET_FLAG_DONT_READ);
    listener->data = s;
    h2o_socket_read_start(listener, on_accept);
    if (s->on_start) {
        s->on_start(s->context.loop);
    }
    for (;;) {
        h2o_evloop_run(s->context.loop, INT32_MAX);
    }
    return NULL;
}

static h2o_globalconf_t config;

static h2o_pathconf_t *configure(void)
{
    signal(SIGPIPE, SIG_IGN);
    h2o_config_init(&config);
    config.http1.upgrade_to_http2 = 0;
    config.server_name = h2o_iovec_init(NULL, 0);
    h2o_hostconf_t *host = h2o_config_register_host(&config, h2o_iovec_init(H2O_STRLIT("default")), 65535);
    return h2o_config_register_path(host, "/", 0);
}

static void serve(int port, int threads, void (*on_start)(h2o_loop_t *loop))
{
    int fd = listen_on(port);
    for (int i = 0; i < threads; i++) {
        server_t *s = calloc(1, sizeof *s);
        pthread_t thread;
        *s = (server_t){.config = &config, .fd = fd, .on_start = on_start};
        if (i + 1 == threads) {
            run(s);
        }
        pthread_create(&thread, NULL, run, s);
    }
}

void yardstick_serve(int port, int threads, yardstick_handler_t *on_req, void (*on_start)(h2o_loop_t *loop))
{
    h2o_create_handler(configure(), sizeof(h2o_handler_t))->on_req = on_req;
    serve(port, threads, on_start);
}

void yardstick_serve_with(int port, int threads, void (*register_handlers)(h2o_pathconf_t *path))
{
    register_handlers(configure());
    serve(port, threads, NULL);
}
