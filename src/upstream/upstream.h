/* SPDX-License-Identifier: MIT */
/* The HTTP client: libcurl's multi interface inside a loop_t. One a loop, shared by all connections; the egress
 * rule is enforced on the connected address of every request. Redirects are never followed, no cookie is kept,
 * no proxy or netrc of the environment applies. All calls belong to the loop's thread. */
#ifndef TENON_UPSTREAM_UPSTREAM_H
#define TENON_UPSTREAM_UPSTREAM_H

#include "base/err.h"
#include "base/loop.h"
#include "upstream/egress.h"
#include "upstream/message.h"

typedef struct upstream upstream_t;
typedef struct upstream_call upstream_call_t;

/* What opens the circuit of a host (breaker.h): so many requests in a row without an answer, the first of them so
 * long before the last. A service that drops what it has when it restarts is none that fails. */
typedef struct breaker_options {
    unsigned failures; /* 0: nothing does */
    int64_t after_ms;
} breaker_options_t;

/* Who Tenon is to a service (mutual TLS, RFC 8705), and whom it believes there. PEM, as seal/certificate.h writes it.
 * Identities share nothing: each has connections, sessions and a multi handle of its own. */
typedef struct upstream_identity {
    str_t certificate, private_key; /* absent: none is shown */
    str_t ca;                       /* only these authorities are believed; absent: those of the options */
    unsigned char digest[32];       /* over all of it: two of the same digest are the same */
} upstream_identity_t;

typedef struct upstream_options {
    const egress_t *egress;
    const char *ca_file;  /* further CAs beside the system's, or NULL */
    const char *resolve;  /* pins: host:port=address:port, comma-separated, or NULL; still under the egress rule */
    int64_t connect_timeout_ms;
    breaker_options_t breaker; /* of guarded calls */
    /* In the loop's thread: the circuit of a host (with its port) opens or closes. NULL: nobody is told. */
    void (*on_circuit)(void *context, str_t host, bool is_open, const char *detail);
    void *circuit_context;
} upstream_options_t;

/* Error: configuration (unreadable CA file, malformed pin). */
upstream_t *upstream_new(loop_t *loop, const upstream_options_t *options, err_t *err);
/* Cancels what is in flight without telling. */
void upstream_free(upstream_t *u);

/* How one call ends and what it met on the way. */
typedef enum {
    UPSTREAM_OK,
    UPSTREAM_UNREACHABLE, /* DNS, refused, connect timeout: surely not sent */
    UPSTREAM_TLS,         /* certificate or handshake: surely not sent */
    UPSTREAM_DENIED,      /* egress, or a request that no wire can carry: surely not sent */
    UPSTREAM_TIMEOUT,     /* the deadline passed */
    UPSTREAM_BROKEN,      /* connection lost before any byte of the answer; may have been processed */
    UPSTREAM_TRUNCATED,   /* lost within the answer, or shorter than its Content-Length */
    UPSTREAM_MALFORMED,   /* not HTTP/1.x */
    UPSTREAM_TOO_LARGE    /* more than body_bytes_max or 128 KiB of headers, decoded bytes counted */
} upstream_outcome_t;

typedef struct upstream_result {
    upstream_outcome_t outcome;
    char detail[200]; /* for the operator: libcurl's words, never a secret */
    bool sent;        /* some byte of the request may have left */
    int64_t retry_after_ms; /* the host failed too often to be called: outcome is the latest's; 0: it was called */
} upstream_result_t;

/* What the caller wants told. headers and bytes are borrowed for the call. After on_done the call is gone. */
typedef struct upstream_sink {
    /* The final answer's status and headers. May be NULL where the answer is buffered. */
    void (*on_head)(void *context, int status, const message_header_t *headers, size_t count);
    /* A piece of the decoded body; false: pause until upstream_resume (the piece counts as taken). NULL: buffer it.
     * on_done may come while paused: behind the last piece, or at the deadline. */
    bool (*on_body)(void *context, str_t bytes);
    /* answer: whole where on_body is NULL, else without body; borrowed; NULL unless the outcome is OK. */
    void (*on_done)(void *context, const upstream_result_t *result, const upstream_answer_t *answer);
} upstream_sink_t;

typedef struct upstream_terms {
    const upstream_identity_t *identity; /* read within upstream_send; NULL: nobody in particular */
    int64_t deadline_ms;    /* clock_boot_ms */
    size_t body_bytes_max;  /* of the answer, decoded; 0: no limit (streamed only) */
    bool fresh_connection;  /* a new connection for this request alone: exactly one delivery */
    bool repeatable;        /* the method is idempotent: libcurl may repeat it on a dead kept connection */
    bool guarded;           /* not to a host that fails again and again (breaker.h) */
    bool decode;            /* accept and undo gzip and deflate (what counted the coded bytes leaves the headers,
                             * too); else bytes pass as they are */
} upstream_terms_t;

/* Copies the request, but for headers of the framing and the connection, which are made here. on_done always
 * comes, later, in the loop - never from inside this call. A request with a body that is not repeatable is
 * delivered at most once (facts: no silent re-send of POST); one without a body that is not repeatable gets a
 * fresh connection. */
upstream_call_t *upstream_send(upstream_t *u, const upstream_request_t *request, const upstream_terms_t *terms,
                               const upstream_sink_t *sink, void *context);
/* on_done will not come. */
void upstream_cancel(upstream_call_t *call);
void upstream_resume(upstream_call_t *call);
/* Now in flight. */
unsigned upstream_in_flight(const upstream_t *u);

#endif
