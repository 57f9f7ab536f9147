/* SPDX-License-Identifier: MIT */
/* Answers in pieces. Pieces gather in one buffer while h2o sends another; what is written within
 * one turn goes out together, with the header and, where the end is known by then, in a single
 * write. Chunks are framed here: h2o's own filter does so for status 200 only and lets all others
 * end with the connection, where a broken answer cannot be told from a whole one. */
#include <stdio.h>
#include <stdlib.h>

#include "base/fatal.h"
#include "base/mem.h"
#include "http/server_internal.h"

enum { SEND_AT_BYTES = 64 * 1024 }; /* as much is sent without waiting for the end of the turn */
enum { PENDING_BYTES_MAX = 64 * 1024 * 1024 };

struct http_stream {
    h2o_generator_t generator;
    http_request_t *request;
    h2o_timeout_entry_t soon;
    buf_t sending; /* h2o's until proceed */
    buf_t waiting;
    bool in_flight;
    bool chunked;
    bool ended;
    bool complete; /* what is written is dropped: the answer has no body */
    bool broken;   /* the same: the connection is being closed */
    bool paused;
    int64_t left; /* bytes of the announced length still to come, -1: not announced */
    char chunk_head[20];
    loop_timer_t writable;
    void (*on_writable)(void *context);
    void *writable_context;
};

static http_stream_t *stream_of_generator(h2o_generator_t *generator)
{
    return STRUCT_OF(generator, http_stream_t, generator);
}

static size_t pending_bytes(const http_stream_t *stream)
{
    return stream->sending.n + stream->waiting.n;
}

static bool takes_nothing(const http_stream_t *stream)
{
    return stream->complete || stream->broken;
}

bool http_stream_is_complete(const http_stream_t *stream)
{
    return stream->complete;
}

/* --- sending --- */

static size_t frame_chunk(http_stream_t *stream, h2o_iovec_t *parts)
{
    size_t count = 0;
    if (stream->sending.n) {
        int n =
            snprintf(stream->chunk_head, sizeof stream->chunk_head, "%zx\r\n", stream->sending.n);
        parts[count++] = h2o_iovec_init(stream->chunk_head, (size_t)n);
        parts[count++] = h2o_iovec_init(stream->sending.p, stream->sending.n);
        parts[count++] = h2o_iovec_init("\r\n", 2);
    }
    if (stream->ended) {
        parts[count++] = h2o_iovec_init("0\r\n\r\n", 5);
    }
    return count;
}

/* Sends what waits, even nothing: then the header alone, or the end alone. */
static void send_waiting(http_stream_t *stream)
{
    h2o_timeout_unlink(&stream->soon);
    buf_t taken = stream->waiting;
    stream->waiting = stream->sending;
    stream->sending = taken;
    buf_clear(&stream->waiting);
    /* One buffer at least, if an empty one: see server_internal.h. */
    h2o_iovec_t parts[4] = {h2o_iovec_init("", 0)};
    size_t count = 1;
    if (stream->chunked) {
        size_t framed = frame_chunk(stream, parts);
        count = framed ? framed : count;
    } else if (stream->sending.n) {
        parts[0] = h2o_iovec_init(stream->sending.p, stream->sending.n);
    }
    stream->in_flight = true;
    h2o_send_state_t state = stream->broken  ? H2O_SEND_STATE_ERROR
                             : stream->ended ? H2O_SEND_STATE_FINAL
                                             : H2O_SEND_STATE_IN_PROGRESS;
    h2o_send(stream->request->req, parts, count, state);
}

static void on_soon(h2o_timeout_entry_t *entry)
{
    http_stream_t *stream = STRUCT_OF(entry, http_stream_t, soon);
    if (!stream->in_flight) {
        send_waiting(stream);
    }
}

static void send_soon(http_stream_t *stream)
{
    h2o_context_t *context = stream->request->req->conn->ctx;
    if (!h2o_timeout_is_linked(&stream->soon)) {
        h2o_timeout_link(context->loop, &context->zero_timeout, &stream->soon);
    }
}

static void on_writable_due(void *context)
{
    http_stream_t *stream = context;
    stream->paused = false;
    if (stream->on_writable) {
        stream->on_writable(stream->writable_context);
    }
}

/* By the loop and not at once: h2o would go on with a client that reads as fast as its owner writes
 * until all is sent, and serve nobody else meanwhile. */
static void tell_writable(http_stream_t *stream)
{
    if (stream->paused && stream->on_writable) {
        loop_timer_set(&stream->writable, 0);
    }
}

static void on_proceed(h2o_generator_t *generator, h2o_req_t *req)
{
    (void)req;
    http_stream_t *stream = stream_of_generator(generator);
    stream->in_flight = false;
    buf_clear(&stream->sending);
    if (stream->waiting.n || stream->ended || stream->broken) {
        send_waiting(stream);
    }
    if (pending_bytes(stream) < HTTP_STREAM_HIGH / 2) {
        tell_writable(stream);
    }
}

/* --- beginning --- */

static void copy_headers(h2o_req_t *req)
{
    for (size_t i = 1; i < req->res.headers.size; i++) { /* the first is the id, which stays */
        h2o_header_t *header = &req->res.headers.entries[i];
        if (!h2o_iovec_is_token(header->name)) {
            *header->name = h2o_strdup(&req->pool, header->name->base, header->name->len);
        }
        header->value = h2o_strdup(&req->pool, header->value.base, header->value.len);
    }
}

static void choose_framing(http_stream_t *stream, h2o_req_t *req, int64_t length)
{
    stream->left = length;
    if (length >= 0) {
        req->res.content_length = (size_t)length;
    } else if (req->version >= 0x101) {
        stream->chunked = true;
        h2o_add_header(&req->pool, &req->res.headers, H2O_TOKEN_TRANSFER_ENCODING, NULL,
                       H2O_STRLIT("chunked"));
    } else {
        req->http1_is_persistent = 0; /* HTTP/1.0: the body ends with the connection */
    }
}

static void start(http_stream_t *stream, h2o_req_t *req)
{
    unsigned char persistent = req->http1_is_persistent;
    h2o_start_response(req, &stream->generator);
    req->http1_is_persistent = persistent ? 1 : 0; /* h2o's filter for chunks gives up on it */
}

static void begin_bodyless(h2o_req_t *req, http_stream_t *stream, int64_t length)
{
    if (length >= 0 && req->res.status != 204 && req->res.status != 304) {
        req->res.content_length = (size_t)length;
    }
    start(stream, req);
    h2o_send(req, NULL, 0, H2O_SEND_STATE_FINAL); /* the header is a buffer */
}

void http_stream_begin(http_request_t *r, int status, const http_header_t *headers, size_t count,
                       int64_t length)
{
    if (r->state != HTTP_PENDING) {
        fatal_abort("an answer was begun twice");
    }
    r->state = HTTP_STREAMING;
    if (!r->req) {
        return;
    }
    http_stream_t *stream = mem_new(http_stream_t);
    *stream =
        (http_stream_t){.generator = {on_proceed, NULL}, .request = r, .soon = {.cb = on_soon}};
    loop_timer_init(&stream->writable, r->server->loop, on_writable_due, stream);
    buf_init(&stream->sending, PENDING_BYTES_MAX);
    buf_init(&stream->waiting, PENDING_BYTES_MAX);
    r->stream = stream;
    (void)http_request_peer(r); /* of a connection that was reset, nobody can tell any more */
    http_answer_begin(r->req, r->id, status, headers, count);
    if (!http_answer_has_body(r->req)) {
        stream->complete = true;
        begin_bodyless(r->req, stream, length);
        return;
    }
    copy_headers(r->req);
    choose_framing(stream, r->req, length);
    start(stream, r->req);
    send_soon(stream);
}

/* --- pieces and end --- */

/* Closes without a proper end: the body stays short of its length or of its last chunk; where it
 * would end with its connection, a reset takes the place of the end. */
static void break_off(http_stream_t *stream)
{
    h2o_req_t *req = stream->request->req;
    stream->broken = true;
    buf_clear(&stream->waiting);
    if (!stream->chunked && stream->left < 0) {
        http_connection_reset(http_connection_of(req));
    }
    http_request_cut(req);
    if (!stream->in_flight) {
        send_waiting(stream);
    }
}

/* More than announced would be taken for the next answer. */
static bool fits(http_stream_t *stream, size_t n)
{
    if (stream->left < 0) {
        return true;
    }
    if ((uint64_t)n > (uint64_t)stream->left) {
        return false;
    }
    stream->left -= (int64_t)n;
    return true;
}

size_t http_stream_write(http_request_t *r, str_t bytes)
{
    http_stream_t *stream = r->stream;
    if (!r->req || !stream || takes_nothing(stream)) {
        return 0;
    }
    bool taken = fits(stream, bytes.n);
    buf_str(&stream->waiting, taken ? bytes : STR_NONE);
    if (!taken || !buf_ok(&stream->waiting)) {
        break_off(stream);
        return 0;
    }
    if (!stream->in_flight && stream->waiting.n >= SEND_AT_BYTES) {
        send_waiting(stream);
    } else if (!stream->in_flight) {
        send_soon(stream);
    }
    size_t pending = pending_bytes(stream);
    stream->paused = stream->paused || pending > HTTP_STREAM_HIGH;
    return pending;
}

void http_stream_on_writable(http_request_t *r, void (*on_writable)(void *context), void *context)
{
    if (r->stream) {
        r->stream->on_writable = on_writable;
        r->stream->writable_context = context;
    }
}

void http_stream_end(http_request_t *r)
{
    http_stream_t *stream = r->stream;
    if (!http_request_take(r) || takes_nothing(stream)) {
        return;
    }
    stream->on_writable = NULL;
    if (stream->left > 0) {
        break_off(stream);
        return;
    }
    stream->ended = true;
    if (!stream->in_flight) {
        send_waiting(stream);
    }
}

void http_stream_abort(http_request_t *r)
{
    http_stream_t *stream = r->stream;
    if (!http_request_take(r) || takes_nothing(stream)) {
        return;
    }
    stream->on_writable = NULL;
    break_off(stream);
}

void http_stream_wake(http_request_t *r)
{
    if (r->stream) {
        tell_writable(r->stream);
    }
}

void http_stream_free(http_stream_t *stream)
{
    if (stream) {
        loop_timer_clear(&stream->writable);
        h2o_timeout_unlink(&stream->soon);
        buf_fini(&stream->sending);
        buf_fini(&stream->waiting);
        free(stream);
    }
}
