/* SPDX-License-Identifier: MIT */
/* What the files of this folder share; no other folder includes it. h2o calls back in the server's
 * thread only, always from within h2o_evloop_run, and the nested loop_t turns in one of those
 * callbacks: so no answer is ever given outside it (one that is would leave its connection unread).
 *
 * A request has two lives, which end in either order: h2o's (the h2o_req_t and its pool) and the
 * owner's (until the final answer). No h2o_send of ours is without a buffer, which is the one case
 * in which h2o would end its life inside the call. */
#ifndef TENON_HTTP_SERVER_INTERNAL_H
#define TENON_HTTP_SERVER_INTERNAL_H

#include <stdatomic.h>

#include <h2o.h>

#include "base/buf.h"
#include "http/forwarded.h"
#include "http/http.h"

enum { HTTP_ID_BYTES = 22 };
enum { HTTP_PEER_BYTES = 64 };

typedef struct http_port http_port_t;
typedef struct http_connection http_connection_t;
typedef struct http_stream http_stream_t;

/* --- server.c --- */
struct http_server {
    http_options_t options;
    loop_t *loop;
    http_port_t *ports;
    size_t port_count;

    h2o_globalconf_t config;
    h2o_context_t context;
    h2o_evloop_t *evloop; /* NULL before and after http_server_run */
    h2o_socket_t *nested; /* the descriptor of loop */

    http_connection_t *open; /* list */
    /* Of its thread, and read by others: counted with http_count, which takes no locked instruction. */
    atomic_uint connections;
    atomic_uint in_flight;
    bool accepting;
    bool stopped;
    loop_timer_t accept_again; /* after the process ran out of descriptors */
    loop_timer_t pace;

    bool draining;
    bool drained;
    int64_t drain_began_ms;
    loop_timer_t sweep_again;
    void (*on_drained)(void *context);
    void *drained_context;

    /* One message each, so that a call from any thread needs no memory. */
    atomic_bool stop_posted;
    atomic_bool drain_posted;
    loop_message_t stop_message;
    loop_message_t drain_message;
    loop_message_t drained_message;

    char next_id[HTTP_ID_BYTES];

    http_request_t *watch_first; /* those to be watched, by the time they asked */
    http_request_t *watch_last;
    loop_timer_t watch_due;
};

static inline unsigned http_counted(const atomic_uint *number)
{
    return atomic_load_explicit(number, memory_order_relaxed);
}
static inline void http_count(atomic_uint *number, int more)
{
    atomic_store_explicit(number, http_counted(number) + (unsigned)more, memory_order_relaxed);
}

/* Writes HTTP_ID_BYTES characters. */
void http_server_make_id(http_server_t *s, char *to);

/* --- accept.c: listening sockets and the connections that came by them --- */
struct http_port {
    http_server_t *server;
    int fd;
    bool local;
    bool tls;
    h2o_socket_t *socket; /* NULL where it is not open */
    h2o_accept_ctx_t accept;
};
struct http_connection {
    http_port_t *port;
    h2o_socket_t *socket;
    http_connection_t *before, *after;
    bool used;   /* a request came by it */
    bool spoken; /* by drain.c: it is past its TLS handshake */
    int64_t pace_since_ms; /* since when an answer is being sent, as far as pace.c looked; 0: none is */
    uint64_t pace_acked;   /* what the client had taken by then */
    enum { PEER_UNSEEN, PEER_TRUSTED, PEER_OTHER } trust; /* whether a proxy of the options is at its end */
};
void http_ports_open(http_server_t *s);
void http_ports_close(http_server_t *s);
void http_accept_resume(http_server_t *s);
/* Takes everyone who is connected already: the last close of a listening socket resets them. */
void http_accept_rest(http_server_t *s);
void http_accept_pause(http_server_t *s);
http_connection_t *http_connection_of(const h2o_req_t *req);
/* Breaks it off so that the client sees it as broken, and drops what the kernel holds for it; h2o
 * then closes it. */
void http_connection_reset(const http_connection_t *c);

/* --- pace.c --- */
void http_pace_init(http_server_t *s);
void http_pace_begin(http_server_t *s);

/* --- drain.c --- */
void http_drain_init(http_server_t *s);
/* To be called whenever a connection has gone. */
void http_drain_notice(http_server_t *s);

static inline str_t http_str_of(h2o_iovec_t v)
{
    return str_at(v.base, v.len);
}

/* --- request.c --- */
struct http_request {
    http_server_t *server;
    h2o_req_t *req; /* NULL once h2o has ended its life */
    enum { HTTP_PENDING, HTTP_STREAMING, HTTP_ANSWERED } state;
    http_view_t view;
    char id[HTTP_ID_BYTES];
    char peer[HTTP_PEER_BYTES];
    size_t peer_n;
    arena_t *arena;
    http_stream_t *stream;

    http_request_t *watch_before, *watch_after;
    int64_t watch_at_ms; /* 0: in no list */
    loop_watch_t *watch;
    void (*on_gone)(void *context);
    void *gone_context;
};
/* The one handler of every path. */
int http_request_on_req(h2o_handler_t *handler, h2o_req_t *req);
typedef struct http_handler {
    h2o_handler_t super;
    http_server_t *server;
} http_handler_t;
/* Ends the owner's life. Answers h2o's request, or NULL where that has ended: then *r is gone. */
h2o_req_t *http_request_take(http_request_t *r);
/* The descriptor of the client's connection. */
int http_request_fd(const h2o_req_t *req);
/* Closes the connection's descriptor for reading and writing: what h2o writes to it from now on
 * fails, and h2o then closes the connection. */
void http_request_cut(h2o_req_t *req);

/* --- client.c --- */
/* Fills in what proxies say: the peer, and whether the client came by TLS. */
void http_client_view(http_request_t *r);

/* --- target.c: what stands in the request line --- */
/* Splits the request target (RFC 9112 3.2) into view's path, query and, of an absolute one,
 * authority. */
bool http_target_split(str_t target, http_view_t *view);

/* --- framing.c --- */
/* Looks again at a request's raw head, since h2o takes what RFC 9112 forbids: several or
 * conflicting framing headers, several or no Host, bare line feeds, folded lines, methods that are no
 * tokens. */
bool http_framing_is_strict(str_t head, int version) CHECKED;

/* --- watch.c --- */
void http_watch_init(http_server_t *s);
void http_watch_stop(http_request_t *r);

/* --- reply.c --- */
const char *http_reason(int status);
/* Status, X-Request-Id and headers; id and headers are borrowed until the first h2o_send. */
void http_answer_begin(h2o_req_t *req, const char *id, int status, const http_header_t *headers,
                       size_t count);
/* False for one that is not sent, as http_reply has it. *token: h2o's of that name, NULL where it has none. */
bool http_header_is_sound(const http_header_t *header, const h2o_token_t **token);
bool http_answer_has_body(const h2o_req_t *req);
/* Sends an answer in one piece, whose bytes live in the request's pool. */
void http_answer_whole(h2o_req_t *req, h2o_iovec_t body);

/* --- stream.c --- */
void http_stream_free(http_stream_t *stream);
/* The answer is out, though its owner still writes: it has no body. */
bool http_stream_is_complete(const http_stream_t *stream);
/* The client left while the answer was being sent and its owner has not asked to know. */
void http_stream_wake(http_request_t *r);

/* --- problem.c --- */
enum { HTTP_PROBLEM_HEADERS = 7 };
typedef struct http_problem_head {
    http_header_t headers[HTTP_PROBLEM_HEADERS];
    size_t count;
    char retry_after[20];
} http_problem_head_t;
int http_problem_status(const http_problem_t *problem);
void http_problem_head(const http_problem_t *problem, http_problem_head_t *head);
/* Answers where in the body the id stands. */
size_t http_problem_write(const http_problem_t *problem, str_t id, buf_t *body);
/* Everything that the document may grow to: each part has a ceiling of its own. */
enum { HTTP_PROBLEM_BYTES_MAX = 256 * 1024 };

/* --- early.c: what h2o answers before a request reaches us --- */
void http_early_register(http_server_t *s, h2o_pathconf_t *path);

/* --- tls.c --- */
SSL_CTX *http_tls_context(const http_tls_t *t);

#endif
