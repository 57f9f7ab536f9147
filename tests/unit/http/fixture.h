/* SPDX-License-Identifier: MIT */
/* What the tests of http share: a server in a thread of its own on an ephemeral loopback port, and
 * a client on bare sockets. Nothing that runs in the server's thread may assert, since cmocka
 * leaves a test by a jump. */
#ifndef TENON_TESTS_UNIT_HTTP_FIXTURE_H
#define TENON_TESTS_UNIT_HTTP_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "base/buf.h"
#include "base/clock.h"
#include "http/http.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

enum { PATIENCE_S = 30 }; /* after it a test fails rather than hangs */

/* --- the server --- */

typedef struct host {
    http_listener_t listeners[2];
    http_options_t options;
    http_server_t *server;
    pthread_t thread;
    uint16_t port;
} host_t;

static inline void *host_main(void *context)
{
    host_t *host = context;
    http_server_run(host->server);
    return NULL;
}

static inline void host_init(host_t *host, http_on_request_t *on_request)
{
    http_init();
    *host = (host_t){.options = {.listeners = host->listeners,
                                 .listener_count = 1,
                                 .body_bytes_max = 100000,
                                 .url_bytes_max = 1000,
                                 .header_bytes_max = 1000,
                                 .connections_max = 100,
                                 .request_timeout_ms = PATIENCE_S * 1000,
                                 .on_request = on_request,
                                 .context = host}};
    err_t err = ERR_INIT;
    host->listeners[0].fd = http_listen_tcp(STR("127.0.0.1:0"), &err);
    assert_true(host->listeners[0].fd >= 0);
    host->port = http_listen_port(host->listeners[0].fd);
    assert_true(host->port > 0);
}

static inline void host_run(host_t *host)
{
    host->server = http_server_new(&host->options);
    assert_int_equal(pthread_create(&host->thread, NULL, host_main, host), 0);
}

static inline void host_start(host_t *host, http_on_request_t *on_request)
{
    host_init(host, on_request);
    host_run(host);
}

static inline void host_stop(host_t *host)
{
    http_server_stop(host->server);
    assert_int_equal(pthread_join(host->thread, NULL), 0);
    http_server_free(host->server);
    for (size_t i = 0; i < host->options.listener_count; i++) {
        close(host->listeners[i].fd);
    }
}

/* Waits until *value is at least least. */
static inline void wait_for(atomic_int *value, int least)
{
    int64_t give_up_ms = clock_boot_ms() + PATIENCE_S * 1000;
    while (atomic_load(value) < least && clock_boot_ms() < give_up_ms) {
        usleep(1000);
    }
    assert_true(atomic_load(value) >= least);
}

/* --- the client --- */

typedef struct client {
    int fd;
    SSL *ssl; /* NULL: plain */
    buf_t in;
} client_t;

static inline void client_open(client_t *c, int fd)
{
    struct timeval patience = {.tv_sec = PATIENCE_S};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    *c = (client_t){.fd = fd};
    buf_init(&c->in, 64 * 1024 * 1024);
}

static inline void client_dial(client_t *c, const host_t *host)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(host->port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int room = 65536; /* so that what is not read soon stays with the server */
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    assert_int_equal(connect(fd, (const void *)&to, sizeof to), 0);
    client_open(c, fd);
}

static inline void client_close(client_t *c)
{
    if (c->ssl) {
        SSL_free(c->ssl);
    }
    close(c->fd);
    buf_fini(&c->in);
}

/* Answers how many bytes could be sent. */
static inline size_t client_send(client_t *c, str_t bytes)
{
    size_t sent = 0;
    while (sent < bytes.n) {
        ssize_t n = c->ssl ? SSL_write(c->ssl, bytes.p + sent, (int)(bytes.n - sent))
                           : send(c->fd, bytes.p + sent, bytes.n - sent, MSG_NOSIGNAL);
        if (n <= 0) {
            break;
        }
        sent += (size_t)n;
    }
    return sent;
}

static inline void client_say(client_t *c, const char *text)
{
    assert_int_equal(client_send(c, str_of(text)), strlen(text));
}

/* A request without a body. */
static inline void client_ask(client_t *c, const char *method, const char *path)
{
    char text[4096];
    snprintf(text, sizeof text, "%s %s HTTP/1.1\r\nHost: test\r\n\r\n", method, path);
    client_say(c, text);
}

/* Adds what comes next; false at the end or after a reset. */
static inline bool client_more(client_t *c)
{
    assert_true(buf_reserve(&c->in, 65536));
    ssize_t n = c->ssl ? SSL_read(c->ssl, c->in.p + c->in.n, 65536)
                       : recv(c->fd, c->in.p + c->in.n, 65536, 0);
    if (n <= 0) {
        assert_false(!c->ssl && n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)); /* patience */
        return false;
    }
    c->in.n += (size_t)n;
    return true;
}

static inline void client_consume(client_t *c, size_t n)
{
    memmove(c->in.p, c->in.p + n, c->in.n - n);
    c->in.n -= n;
}

typedef struct answer {
    bool any;   /* a header came */
    bool whole; /* the body, too, as announced */
    int status;
    char head[8192];
    buf_t body;
} answer_t;

static inline void answer_free(answer_t *a)
{
    buf_fini(&a->body);
}

/* Absent where there is none. */
static inline str_t answer_header(const answer_t *a, const char *name)
{
    str_t rest = str_of(a->head);
    while (rest.p) {
        size_t end = str_find(rest, STR("\r\n"), 0);
        str_t line = str_slice(rest, 0, end);
        rest = end == SIZE_MAX ? STR_NONE : str_slice(rest, end + 2, rest.n);
        str_t key = str_cut(&line, ':');
        if (line.p && str_eq_nocase(key, str_of(name))) {
            return str_trim(line);
        }
    }
    return STR_NONE;
}

static inline void check_header(const answer_t *a, const char *name, const char *value)
{
    str_t found = answer_header(a, name);
    if (!value) {
        assert_null(found.p);
        return;
    }
    assert_non_null(found.p);
    char *copy = str_dup(found);
    assert_string_equal(copy, value);
    free(copy);
}

static inline void check_body(answer_t *a, const char *expected)
{
    assert_true(a->whole);
    assert_string_equal(buf_c(&a->body), expected);
}

static inline bool client_want(client_t *c, size_t n)
{
    while (c->in.n < n) {
        if (!client_more(c)) {
            return false;
        }
    }
    return true;
}

static inline bool client_take(client_t *c, size_t n, buf_t *to)
{
    bool all = client_want(c, n);
    size_t taken = all ? n : c->in.n;
    buf_add(to, c->in.p, taken);
    client_consume(c, taken);
    return all;
}

/* Moves a line out, without its end. */
static inline bool client_line(client_t *c, char *line, size_t size)
{
    size_t end;
    while ((end = str_find(buf_view(&c->in), STR("\r\n"), 0)) == SIZE_MAX) {
        if (!client_more(c)) {
            return false;
        }
    }
    assert_true(end < size);
    memcpy(line, c->in.p, end);
    line[end] = '\0';
    client_consume(c, end + 2);
    return true;
}

static inline bool client_chunks(client_t *c, buf_t *to)
{
    char line[64];
    while (client_line(c, line, sizeof line)) {
        size_t n = strtoul(line, NULL, 16);
        if (n && !client_take(c, n, to)) {
            return false;
        }
        if (!client_line(c, line, sizeof line) || line[0]) {
            return false;
        }
        if (n == 0) {
            return true;
        }
    }
    return false;
}

static inline bool client_body(client_t *c, answer_t *a, bool head_only)
{
    if (head_only || a->status == 204 || a->status == 304) {
        return true;
    }
    str_t length = answer_header(a, "content-length");
    if (length.p) {
        uint64_t n;
        assert_true(str_to_u64(length, &n));
        return client_take(c, (size_t)n, &a->body);
    }
    if (answer_header(a, "transfer-encoding").p) {
        return client_chunks(c, &a->body);
    }
    errno = 0;
    while (client_more(c)) {
        errno = 0;
    }
    bool reset = errno == ECONNRESET;
    return client_take(c, c->in.n, &a->body) && !reset;
}

static inline bool client_head(client_t *c, answer_t *a)
{
    *a = (answer_t){.any = false};
    buf_init(&a->body, 64 * 1024 * 1024);
    size_t end;
    while ((end = str_find(buf_view(&c->in), STR("\r\n\r\n"), 0)) == SIZE_MAX) {
        if (!client_more(c)) {
            return false;
        }
    }
    assert_true(end + 2 < sizeof a->head);
    memcpy(a->head, c->in.p, end + 2);
    client_consume(c, end + 4);
    assert_memory_equal(a->head, "HTTP/1.1 ", 9);
    a->status = atoi(a->head + 9);
    a->any = true;
    return true;
}

static inline void client_read(client_t *c, answer_t *a, bool head_only)
{
    if (client_head(c, a)) {
        a->whole = client_body(c, a, head_only);
    }
}

/* True where the server closed without another byte. */
static inline bool client_at_end(client_t *c)
{
    return c->in.n == 0 && !client_more(c);
}

/* One request, one answer, on a connection of its own. */
static inline void client_once(const host_t *host, const char *request, answer_t *a)
{
    client_t c;
    client_dial(&c, host);
    client_say(&c, request);
    client_read(&c, a, strncmp(request, "HEAD ", 5) == 0);
    client_close(&c);
}

#endif
