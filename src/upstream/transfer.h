/* SPDX-License-Identifier: MIT */
/* One call as libcurl runs it, and the client it belongs to. Private to this folder.
 *   upstream.c  the client, and what its owner calls
 *   multi.c     libcurl's multi handle inside the loop
 *   call.c      the life of a call
 *   request.c   the copy of a request, checked
 *   transfer.c  the options of one request, its body and its answer
 *   guard.c     which connection a request may use
 *   identity.c  clients with a certificate, each apart
 *   kept.c      bytes on a kept connection that nobody asked for
 *   outcome.c   what libcurl's result means
 *   breaker.c   which hosts are let be, since they fail */
#ifndef TENON_UPSTREAM_TRANSFER_H
#define TENON_UPSTREAM_TRANSFER_H

#include <curl/curl.h>

#include "base/address.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "upstream/breaker.h"
#include "upstream/head.h"
#include "upstream/upstream.h"

enum { IDLE_HANDLES_MAX = 64 };

/* A socket of libcurl's in the loop. */
typedef struct upstream_socket {
    upstream_t *upstream;
    int fd;
    loop_watch_t *watch;
    struct upstream_socket *previous, *next;
} upstream_socket_t;

/* A connection of libcurl's, from its opening to its closing. */
typedef struct upstream_kept {
    int fd;
    address_t remote;
    uint16_t remote_port;
    uint16_t local_port; /* 0: not asked for yet */
} upstream_kept_t;

struct upstream {
    loop_t *loop;
    CURLM *multi;
    const egress_t *egress;
    arena_t *arena;     /* of the strings below */
    const char *ca_file; /* NULL: none */
    const char *ca_path;
    struct curl_slist *pins; /* CURLOPT_CONNECT_TO */
    int64_t connect_timeout_ms;
    breaker_t *breaker;
    void (*on_circuit)(void *context, str_t host, bool is_open, const char *detail);
    void *circuit_context;
    CURL *idle[IDLE_HANDLES_MAX];
    unsigned idle_count;
    loop_timer_t curl_timer; /* libcurl's own */
    loop_timer_t work_timer; /* the next turn, while work is not empty */
    upstream_call_t *work, **work_end;
    upstream_call_t *calls;
    upstream_socket_t *sockets;
    upstream_kept_t *kept;
    size_t kept_count, kept_capacity;
    unsigned in_flight;
    bool inside; /* libcurl is running: handles may be neither added nor removed */

    /* identity.c */
    upstream_t *parent;           /* it serves one identity of that one's; NULL: it is its owner's */
    upstream_identity_t identity; /* whose; a copy in the arena */
    int64_t used_at_ms;
    map_t *clients; /* digest -> upstream_t: one an identity in use */
    loop_timer_t clients_timer;
};

/* What the next turn is to do with a call. */
typedef enum {
    WORK_NONE,
    WORK_START,
    WORK_RESUME,
    WORK_FAIL, /* failed before libcurl saw it */
    WORK_DROP  /* cancelled while libcurl was running */
} upstream_work_t;

struct upstream_call {
    upstream_t *upstream;
    upstream_call_t *previous, *next; /* of all calls */
    arena_t *arena;                   /* holds the call, too */

    upstream_terms_t terms;
    upstream_sink_t sink;
    void *context;

    /* the request */
    str_t method; /* NUL-terminated, as are the next two */
    str_t url;
    str_t host; /* what the egress rule knows it by */
    str_t authority; /* what the breaker knows it by: with its port */
    bool https;
    struct curl_slist *headers;
    str_t body; /* absent: none */
    size_t body_at;

    CURL *easy; /* NULL: not started */
    loop_timer_t deadline;
    upstream_work_t work;
    upstream_call_t *next_work;

    bool cancelled;    /* nobody is told anything any more */
    bool paused;       /* the sink asked */
    bool held;         /* libcurl holds a piece back */
    bool stale;        /* the kept connection was refused unused: once more on a fresh one */
    unsigned attempts; /* requests that were let onto a connection */
    unsigned sockets_opened;
    bool address_denied; /* at least one of the host's; detail names it */

    bool judged; /* the outcome is known, whatever libcurl says */
    upstream_outcome_t verdict;
    breaker_state_t breaker; /* what the breaker said of a guarded call */
    int64_t retry_after_ms;  /* where it said no */
    char detail[sizeof((upstream_result_t *)0)->detail];
    char curl_words[CURL_ERROR_SIZE];

    head_t head;
    size_t body_bytes;
    buf_t answer; /* the body, where it is buffered */
};

/* upstream is made, but for its options; fails only where there is no memory. */
void multi_open(upstream_t *u);
/* When no call is left. */
void multi_close(upstream_t *u);

/* A client without options. */
upstream_t *upstream_open(loop_t *loop);
/* The client of an identity, made where there is none yet. Those that are not used are closed after some minutes, or when
 * there are too many. */
upstream_t *identity_client(upstream_t *u, const upstream_identity_t *identity);
/* Closes them all. */
void identity_clients_free(upstream_t *u);
/* The options of a request that make it the identity's. */
void identity_configure(const upstream_t *u, CURL *easy);

/* A copy of the request, in an arena of its own, not yet among the upstream's calls. Where the request cannot
 * be sent the call is judged already. */
upstream_call_t *request_copy(upstream_t *u, const upstream_request_t *request,
                              const upstream_terms_t *terms);

/* Credentials stand in headers, body and URL: the copies are not left in memory that is given back. */
void request_wipe(upstream_call_t *call);

/* Gives the call to libcurl; not while it is running. */
void call_begin(upstream_call_t *call);
/* From the beginning, on a fresh connection. Only where nothing was sent. */
void call_start_again(upstream_call_t *call);
void call_put_off(upstream_call_t *call, upstream_work_t work);
void call_on_work(void *upstream);
void call_on_deadline(void *call);
/* Tells, unless cancelled, and frees. Not while libcurl is running. */
void call_finish(upstream_call_t *call, CURLcode code);

/* For options that Tenon cannot do without. */
void must_set(CURLcode code);
/* Sets every option of call->easy, which is fresh or reset. */
void transfer_configure(upstream_call_t *call);
/* CURLOPT_OPENSOCKETFUNCTION and CURLOPT_PREREQFUNCTION */
curl_socket_t guard_on_socket(void *call, curlsocktype purpose, struct curl_sockaddr *address);
int guard_on_request(void *call, char *remote_ip, char *local_ip, int remote_port, int local_port);

void kept_add(upstream_t *u, int fd, const struct sockaddr *remote);
/* CURLOPT_CLOSESOCKETFUNCTION */
int kept_on_close(void *upstream, curl_socket_t fd);
/* True where the connection between the two has something to read, or has failed. */
bool kept_has_input(upstream_t *u, const struct sockaddr *remote, uint16_t local_port);
void kept_fini(upstream_t *u);

/* The first verdict stays. */
void outcome_judge(upstream_call_t *call, upstream_outcome_t outcome, const char *detail);
void outcome_read(const upstream_call_t *call, CURLcode code, upstream_result_t *out);

/* TENON_RESOLVE as CURLOPT_CONNECT_TO wants it, in the arena. Error: configuration, naming the pin. */
CHECKED bool pins_parse_in(arena_t *arena, str_t text, struct curl_slist **out, err_t *err);
/* A list node in the arena; text is NUL-terminated. */
void slist_add_in(arena_t *arena, struct curl_slist ***end, const char *text);

#endif
