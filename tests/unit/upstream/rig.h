/* SPDX-License-Identifier: MIT */
/* What the tests of upstream share: a scripted server on bare sockets, one thread a connection, and a client
 * with its loop in the test's thread. Nothing that runs in the server's threads may assert, since cmocka
 * leaves a test by a jump. */
#ifndef TENON_TESTS_UNIT_UPSTREAM_RIG_H
#define TENON_TESTS_UNIT_UPSTREAM_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "upstream/upstream.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

enum { PATIENCE_MS = 20000 }; /* after it a test fails rather than hangs */
enum { PEERS_MAX = 256, LOGGED_MAX = 512, REQUEST_MAX = 8 * 1024 * 1024 };

/* --- the server --- */

struct server;

/* One connection of the server. */
typedef struct peer {
    struct server *server;
    pthread_t thread;
    int fd;
    SSL *ssl;          /* NULL: plain */
    unsigned requests; /* read so far */
} peer_t;

/* What the server does with a request; false: close the connection. */
typedef bool script_t(peer_t *peer, str_t body);

typedef struct route {
    const char *path; /* the request target begins with it */
    script_t *script;
} route_t;

typedef struct server {
    int fd;
    uint16_t port;
    const route_t *routes; /* NULL path ends */
    SSL_CTX *tls;          /* NULL: plain */
    bool mute;             /* accepts and says nothing */
    pthread_t thread;
    pthread_mutex_t lock; /* guards what follows */
    bool stopping;
    peer_t peers[PEERS_MAX];
    unsigned peer_count;
    char *logged[LOGGED_MAX]; /* requests, whole */
    unsigned logged_count;
} server_t;

static inline bool peer_send(peer_t *peer, str_t bytes)
{
    while (bytes.n) {
        ssize_t n = peer->ssl ? SSL_write(peer->ssl, bytes.p, bytes.n > 65536 ? 65536 : (int)bytes.n)
                              : send(peer->fd, bytes.p, bytes.n, MSG_NOSIGNAL);
        if (n <= 0) {
            return false;
        }
        bytes = str_slice(bytes, (size_t)n, bytes.n);
    }
    return true;
}

static inline bool peer_say(peer_t *peer, const char *text)
{
    return peer_send(peer, str_of(text));
}

/* Blocks until the other side closes, or the server stops. */
static inline void peer_wait(peer_t *peer)
{
    char bytes[4096];
    while ((peer->ssl ? SSL_read(peer->ssl, bytes, sizeof bytes)
                      : recv(peer->fd, bytes, sizeof bytes, 0)) > 0) {
    }
}

static inline size_t peer_body_length(const char *head)
{
    const char *field = strstr(head, "\r\nContent-Length: ");
    return field ? (size_t)strtoul(field + 18, NULL, 10) : 0;
}

/* Reads one request; false at the end of the connection. */
static inline bool peer_read(peer_t *peer, buf_t *request, size_t *body_at)
{
    size_t wanted = SIZE_MAX;
    while (request->n < wanted) {
        if (!buf_reserve(request, 16384)) {
            return false;
        }
        ssize_t n = peer->ssl ? SSL_read(peer->ssl, request->p + request->n, 16384)
                              : recv(peer->fd, request->p + request->n, 16384, 0);
        if (n <= 0) {
            return false;
        }
        request->n += (size_t)n;
        const char *end = strstr(buf_c(request), "\r\n\r\n");
        if (end && wanted == SIZE_MAX) {
            *body_at = (size_t)(end - request->p) + 4;
            wanted = *body_at + peer_body_length(request->p);
        }
    }
    return true;
}

static inline void server_log(server_t *s, const buf_t *request)
{
    pthread_mutex_lock(&s->lock);
    if (s->logged_count < LOGGED_MAX) {
        s->logged[s->logged_count++] = str_dup(buf_view(request));
    }
    pthread_mutex_unlock(&s->lock);
}

static inline script_t *server_script(const server_t *s, const char *request)
{
    const char *target = strchr(request, ' ');
    for (const route_t *r = s->routes; target && r->path; r++) {
        if (strncmp(target + 1, r->path, strlen(r->path)) == 0) {
            return r->script;
        }
    }
    return NULL;
}

static inline void peer_serve(peer_t *peer)
{
    bool more = true;
    while (more) {
        buf_t request;
        size_t body_at = 0;
        buf_init(&request, REQUEST_MAX);
        more = peer_read(peer, &request, &body_at);
        if (more) {
            peer->requests++;
            server_log(peer->server, &request);
            script_t *script = server_script(peer->server, buf_c(&request));
            more = script && script(peer, str_slice(buf_view(&request), body_at, request.n));
        }
        buf_fini(&request);
    }
}

static inline void *peer_main(void *context)
{
    peer_t *peer = context;
    if (peer->server->mute) {
        peer_wait(peer);
    } else if (peer->server->tls) {
        peer->ssl = SSL_new(peer->server->tls);
        SSL_set_fd(peer->ssl, peer->fd);
        if (SSL_accept(peer->ssl) == 1) {
            peer_serve(peer);
            SSL_shutdown(peer->ssl);
        }
        SSL_free(peer->ssl);
    } else {
        peer_serve(peer);
    }
    pthread_mutex_lock(&peer->server->lock);
    close(peer->fd);
    peer->fd = -1;
    pthread_mutex_unlock(&peer->server->lock);
    return NULL;
}

static inline void *server_main(void *context)
{
    server_t *s = context;
    for (int fd; (fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC)) >= 0;) {
        pthread_mutex_lock(&s->lock);
        bool room = !s->stopping && s->peer_count < PEERS_MAX;
        peer_t *peer = room ? &s->peers[s->peer_count] : NULL;
        if (peer) {
            *peer = (peer_t){.server = s, .fd = fd};
            s->peer_count += pthread_create(&peer->thread, NULL, peer_main, peer) == 0;
        } else {
            close(fd);
        }
        pthread_mutex_unlock(&s->lock);
    }
    return NULL;
}

static inline void server_bind(server_t *s)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(s->fd, (const struct sockaddr *)&at, size), 0);
    assert_int_equal(listen(s->fd, 128), 0);
    assert_int_equal(getsockname(s->fd, (struct sockaddr *)&at, &size), 0);
    s->port = ntohs(at.sin_port);
}

static inline void server_start(server_t *s, const route_t *routes, SSL_CTX *tls)
{
    bool mute = s->mute;
    memset(s, 0, sizeof *s);
    s->mute = mute;
    s->routes = routes;
    s->tls = tls;
    pthread_mutex_init(&s->lock, NULL);
    server_bind(s);
    assert_int_equal(pthread_create(&s->thread, NULL, server_main, s), 0);
}

static inline void server_stop(server_t *s)
{
    pthread_mutex_lock(&s->lock);
    s->stopping = true;
    shutdown(s->fd, SHUT_RDWR);
    for (unsigned i = 0; i < s->peer_count; i++) {
        if (s->peers[i].fd >= 0) {
            shutdown(s->peers[i].fd, SHUT_RDWR);
        }
    }
    pthread_mutex_unlock(&s->lock);
    pthread_join(s->thread, NULL);
    for (unsigned i = 0; i < s->peer_count; i++) {
        pthread_join(s->peers[i].thread, NULL);
    }
    for (unsigned i = 0; i < s->logged_count; i++) {
        free(s->logged[i]);
    }
    close(s->fd);
    pthread_mutex_destroy(&s->lock);
}

/* Requests whose first line begins so. */
static inline unsigned server_count(server_t *s, const char *begin)
{
    unsigned count = 0;
    pthread_mutex_lock(&s->lock);
    for (unsigned i = 0; i < s->logged_count; i++) {
        count += strncmp(s->logged[i], begin, strlen(begin)) == 0;
    }
    pthread_mutex_unlock(&s->lock);
    return count;
}

/* The last request, until the server stops. */
static inline const char *server_last(server_t *s)
{
    pthread_mutex_lock(&s->lock);
    const char *last = s->logged_count ? s->logged[s->logged_count - 1] : "";
    pthread_mutex_unlock(&s->lock);
    return last;
}

static inline unsigned server_connections(server_t *s)
{
    pthread_mutex_lock(&s->lock);
    unsigned count = s->peer_count;
    pthread_mutex_unlock(&s->lock);
    return count;
}

/* --- the client --- */

typedef struct rig {
    server_t server;
    loop_t *loop;
    egress_t *egress;
    upstream_t *upstream;
} rig_t;

typedef struct rig_terms {
    const char *allow; /* NULL: 127.0.0.0/8 */
    const char *ca_file, *resolve;
    SSL_CTX *tls;
    int64_t connect_timeout_ms;
    bool mute;
} rig_terms_t;

static inline void rig_start(rig_t *rig, const route_t *routes, const rig_terms_t *terms)
{
    static const rig_terms_t defaults;
    const rig_terms_t *t = terms ? terms : &defaults;
    err_t err = ERR_INIT;
    signal(SIGPIPE, SIG_IGN); /* OpenSSL writes without MSG_NOSIGNAL */
    memset(rig, 0, sizeof *rig);
    rig->server.mute = t->mute;
    server_start(&rig->server, routes, t->tls);
    rig->loop = loop_new();
    rig->egress = egress_new(str_of(t->allow ? t->allow : "127.0.0.0/8"), &err);
    assert_non_null(rig->egress);
    char resolve[200] = "";
    if (t->resolve) { /* %u stands for the server's port */
        const char *mark = strstr(t->resolve, "%u");
        assert_non_null(mark);
        snprintf(resolve, sizeof resolve, "%.*s%u%s", (int)(mark - t->resolve), t->resolve,
                 rig->server.port, mark + 2);
    }
    const upstream_options_t options = {
        .egress = rig->egress,
        .ca_file = t->ca_file,
        .resolve = t->resolve ? resolve : NULL,
        .connect_timeout_ms = t->connect_timeout_ms ? t->connect_timeout_ms : 5000};
    rig->upstream = upstream_new(rig->loop, &options, &err);
    if (!rig->upstream) {
        fail_msg("%s", err.text);
    }
}

static inline void rig_stop(rig_t *rig)
{
    upstream_free(rig->upstream);
    egress_free(rig->egress);
    loop_free(rig->loop);
    server_stop(&rig->server);
}

/* What to ask for; the zero value is a GET that may be repeated. */
typedef struct ask {
    const char *method, *target; /* target: a path of the rig's server, or a whole URL */
    message_header_t headers[8]; /* until an absent name */
    str_t body;
    int64_t within_ms;
    size_t body_bytes_max;
    bool fresh, once, decode;
} ask_t;

/* What came of it. */
typedef struct reply {
    bool done;
    upstream_result_t result;
    int status;
    unsigned heads, pieces;
    buf_t headers; /* "Name: value\n" each */
    buf_t body;
} reply_t;

static inline void reply_init(reply_t *reply)
{
    memset(reply, 0, sizeof *reply);
    buf_init(&reply->headers, 1 << 20);
    buf_init(&reply->body, 1 << 26);
}

static inline void reply_fini(reply_t *reply)
{
    buf_fini(&reply->headers);
    buf_fini(&reply->body);
}

static inline void reply_keep_head(reply_t *reply, int status, const message_header_t *headers,
                                   size_t count)
{
    reply->status = status;
    reply->heads++;
    for (size_t i = 0; i < count; i++) {
        buf_printf(&reply->headers, "%.*s: %.*s\n", STR_ARG(headers[i].name),
                   STR_ARG(headers[i].value));
    }
}

static inline void reply_on_done(void *context, const upstream_result_t *result,
                                 const upstream_answer_t *answer)
{
    reply_t *reply = context;
    assert_false(reply->done);
    assert_int_equal(answer != NULL, result->outcome == UPSTREAM_OK);
    reply->done = true;
    reply->result = *result;
    if (answer) {
        reply_keep_head(reply, answer->status, answer->headers, answer->header_count);
        buf_str(&reply->body, answer->body);
    }
}

static inline upstream_call_t *rig_send(rig_t *rig, const ask_t *ask, const upstream_sink_t *sink,
                                        void *context)
{
    char url[2000];
    upstream_request_t request = {.method = str_of(ask->method ? ask->method : "GET"),
                                  .headers = (message_header_t *)(uintptr_t)ask->headers,
                                  .body = ask->body};
    while (request.header_count < COUNT(ask->headers) &&
           ask->headers[request.header_count].name.p) {
        request.header_count++;
    }
    snprintf(url, sizeof url, "http://127.0.0.1:%u%s", rig->server.port, ask->target);
    request.url = str_of(ask->target[0] == '/' ? url : ask->target);
    const upstream_terms_t terms = {
        .deadline_ms = clock_boot_ms() + (ask->within_ms ? ask->within_ms : PATIENCE_MS),
        .body_bytes_max = ask->body_bytes_max,
        .fresh_connection = ask->fresh,
        .repeatable = !ask->once,
        .decode = ask->decode};
    return upstream_send(rig->upstream, &request, &terms, sink, context);
}

static inline void rig_turn_until(rig_t *rig, const bool *done)
{
    int64_t give_up_ms = clock_boot_ms() + 2 * PATIENCE_MS;
    while (!*done && clock_boot_ms() < give_up_ms) {
        loop_turn(rig->loop, 100);
    }
    assert_true(*done);
}

/* Buffered; reply_fini it. */
static inline reply_t rig_ask(rig_t *rig, const ask_t *ask)
{
    static const upstream_sink_t sink = {.on_done = reply_on_done};
    reply_t reply;
    reply_init(&reply);
    rig_send(rig, ask, &sink, &reply);
    assert_false(reply.done);
    rig_turn_until(rig, &reply.done);
    return reply;
}

/* The outcome alone. */
static inline upstream_result_t rig_outcome(rig_t *rig, const ask_t *ask)
{
    reply_t reply = rig_ask(rig, ask);
    reply_fini(&reply);
    return reply.result;
}

/* An ordinary answer. */
static inline bool script_ok(peer_t *peer, str_t body)
{
    (void)body;
    return peer_say(peer, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Kind: ok\r\n\r\nok");
}

#endif
