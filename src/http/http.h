/* SPDX-License-Identifier: MIT */
/* The HTTP/1.1 server: the only folder that knows h2o. One server a thread, each with an event loop of its own
 * in which a loop_t is nested, so that timers, messages and upstream calls run between requests. Knows nothing
 * of routes: every request goes to one function. Apart from http_server_stop and http_server_drain all calls
 * belong to the server's thread. HTTP/2 is never negotiated. */
#ifndef TENON_HTTP_HTTP_H
#define TENON_HTTP_HTTP_H

#include "base/arena.h"
#include "base/err.h"
#include "base/loop.h"
#include "base/str.h"

typedef struct http_server http_server_t;
typedef struct http_request http_request_t;
typedef struct http_tls http_tls_t;

typedef struct http_header {
    str_t name; /* lower case */
    str_t value;
} http_header_t;

/* Must be called once before any thread, and before any other call. */
void http_init(void);

/* A listening socket that several servers share (each accepts from a duplicate). */
typedef struct http_listener {
    int fd;
    bool local;            /* the command line's Unix socket: callers need no key */
    const http_tls_t *tls; /* NULL: plain */
} http_listener_t;
/* address: "127.0.0.1:8480", "[::1]:8480", ":8480". With reuse of the address. Error: listen_failed. */
int http_listen_tcp(str_t address, err_t *err);
/* The port that a listening socket got. */
uint16_t http_listen_port(int fd);
/* Makes path a Unix socket of mode 0600; a stale one is replaced, one that answers is listen_failed. */
int http_listen_unix(const char *path, err_t *err);
/* TLS 1.2 and 1.3 with ALPN http/1.1. Error: configuration. */
http_tls_t *http_tls_new(const char *certificate_file, const char *key_file, err_t *err);
/* From any thread: connections to come get this certificate; on failure (configuration) the old one stays. */
CHECKED bool http_tls_reload(http_tls_t *t, const char *certificate_file, const char *key_file, err_t *err);
void http_tls_free(http_tls_t *t);

/* Proxies in front, whose word about the client is believed. */
typedef struct http_proxies http_proxies_t;
/* list: ADDRESS or ADDRESS/BITS, IPv4 and IPv6, comma-separated. Error: configuration, naming the entry. */
http_proxies_t *http_proxies_new(str_t list, err_t *err);
void http_proxies_free(http_proxies_t *p);

typedef void http_on_request_t(void *context, http_request_t *request);
typedef struct http_options {
    const http_listener_t *listeners;
    size_t listener_count;
    const http_proxies_t *proxies; /* NULL: none */
    size_t body_bytes_max;     /* larger: 413 body_too_large, closed */
    size_t url_bytes_max;      /* larger: 400 request_url_too_long */
    size_t header_bytes_max;   /* one line; larger: 400 request_header_too_long */
    unsigned connections_max;  /* of this server; further ones wait unaccepted */
    int64_t request_timeout_ms; /* for header and body, of an idle connection, and for 1 KiB a second of an answer */
    http_on_request_t *on_request;
    void *context;
} http_options_t;

http_server_t *http_server_new(const http_options_t *options);
/* Only when nothing is in flight. */
void http_server_free(http_server_t *s);
/* The loop nested in it. */
loop_t *http_server_loop(http_server_t *s);
/* Serves in the calling thread until stopped. */
void http_server_run(http_server_t *s);
/* From any thread: leave http_server_run. */
void http_server_stop(http_server_t *s);
/* From any thread: accept no more, close idle connections, answer what is in flight with Connection: close.
 * on_drained runs in the server's thread when the last connection is gone (then it is safe to stop). */
void http_server_drain(http_server_t *s, void (*on_drained)(void *context), void *context);
/* Requests in flight and open connections, for metrics: from any thread. */
unsigned http_server_in_flight(const http_server_t *s);
unsigned http_server_connections(const http_server_t *s);

/* --- the request; all borrowed until it is answered. Where the client leaves a streamed answer before its owner has
 * ended it, of the view only method, path, query and authority stay. --- */
typedef struct http_view {
    str_t method;    /* as sent: methods are case-sensitive */
    str_t path;      /* raw, as sent, before `?` */
    str_t query;     /* raw, behind `?`; absent where there is none */
    str_t authority; /* the Host header */
    str_t body;
    str_t authorization, api_key, content_type, content_encoding, cache_control, cookie; /* headers; absent where missing */
    bool local;      /* came by the Unix socket */
    bool tls;        /* the client came by TLS, to Tenon or to a trusted proxy that says so */
} http_view_t;
const http_view_t *http_request_view(const http_request_t *r);
/* name in lower case. Absent where missing; the first of several. */
str_t http_request_header(const http_request_t *r, const char *name);
/* for (size_t at = 0; http_request_next_header(r, &at, &h);) */
bool http_request_next_header(const http_request_t *r, size_t *at, http_header_t *out);
/* The client: "192.0.2.1:4711", "[::1]:4711", "local"; one that trusted proxies name (X-Forwarded-For, RFC 7239) is
 * "192.0.2.1" or "[::1]" where they do not tell its port. Lives as long as the request. */
str_t http_request_peer(http_request_t *r);
/* The id of this request: 22 characters, unique in the host; every answer carries it as X-Request-Id. */
str_t http_request_id(const http_request_t *r);
/* Memory that dies with the request. */
arena_t *http_request_arena(http_request_t *r);
/* Runs on_gone once if the client leaves before the answer is complete; the request must still be answered
 * or dropped (http_reply_drop). Watched only after some 250 ms, since watching costs. A client that ends its
 * sending side counts as gone. NULL: no more. */
void http_request_watch_client(http_request_t *r, void (*on_gone)(void *context), void *context);

/* --- the answer; exactly one of reply, problem, stream, drop for every request, at any later time --- */
/* Copies the bytes. X-Request-Id, Date and Content-Length are added; of a HEAD request the body is dropped.
 * Given headers of those names, Connection, Transfer-Encoding, and those with a line end in them are left out. */
void http_reply(http_request_t *r, int status, const http_header_t *headers, size_t count, str_t body);

typedef struct http_problem {
    const err_t *err;        /* code, text, details, retry_after_ms, upstream_* */
    str_t connector, connection, action; /* absent: left out */
    const char *type;        /* NULL: urn:tenon:CODE */
    const http_header_t *headers; /* further ones, such as RateLimit */
    size_t header_count;
} http_problem_t;
/* RFC 9457 application/problem+json with Tenon-Error: CODE, Cache-Control: no-store, nosniff; the status is the
 * code's (500 where it has none); 401 carries WWW-Authenticate: Bearer, 429 and 503 a Retry-After in whole
 * seconds, rounded up; 405 keeps a given Allow. */
void http_reply_problem(http_request_t *r, const http_problem_t *problem);

/* A problem that many requests are answered with alike: written once, all but the request's id. */
typedef struct http_problem_form http_problem_form_t;
/* Copies what it needs, headers too. */
http_problem_form_t *http_problem_form_new(const http_problem_t *problem);
/* NULL is allowed. */
void http_problem_form_free(http_problem_form_t *f);
/* further: what only this answer says; may be NULL. */
void http_reply_problem_form(http_request_t *r, const http_problem_form_t *f, const http_header_t *further);

/* A streamed answer: begin, any number of pieces, end or abort (which closes the connection, so that the caller
 * sees a broken answer). length: -1 where it is unknown. */
void http_stream_begin(http_request_t *r, int status, const http_header_t *headers, size_t count, int64_t length);
/* Copies. Answers the bytes not yet taken by the client: above HTTP_STREAM_HIGH the caller should pause until
 * on_writable. */
size_t http_stream_write(http_request_t *r, str_t bytes);
void http_stream_on_writable(http_request_t *r, void (*on_writable)(void *context), void *context);
void http_stream_end(http_request_t *r);
void http_stream_abort(http_request_t *r);
enum { HTTP_STREAM_HIGH = 256 * 1024 };
/* Closes the connection without an answer. */
void http_reply_drop(http_request_t *r);

#endif
