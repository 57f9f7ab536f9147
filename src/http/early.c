/* SPDX-License-Identifier: MIT */
/* h2o answers some requests itself, as text, while it reads them: a body that is too large (413) or
 * broken (400), an Expect that it does not know (417). A filter turns those into problem documents.
 * It also keeps such a connection open until the client has read the answer or given up: closing
 * one on which bytes of the body are still coming in resets it, and the client may then never see
 * why. */
#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "http/server_internal.h"

enum { LINGER_MS = 2000 };

typedef struct early_filter {
    h2o_filter_t super;
    http_server_t *server;
} early_filter_t;

typedef struct early_linger linger_t;

typedef struct early_stream {
    h2o_ostream_t super;
    http_server_t *server;
    str_t body;
    linger_t *linger; /* NULL until the answer is out */
} early_stream_t;

/* In the request's pool, which may be cleared at any time. */
struct early_linger {
    h2o_req_t *req;
    early_stream_t *stream;
    loop_watch_t *watch;
    loop_timer_t timer;
};

static void linger_stop(void *p)
{
    linger_t *linger = p;
    if (linger->watch) {
        loop_unwatch(linger->watch);
        linger->watch = NULL;
    }
    loop_timer_clear(&linger->timer);
}

static void linger_end(void *p)
{
    linger_t *linger = p;
    linger_stop(linger);
    h2o_iovec_t nothing = h2o_iovec_init("", 0);
    h2o_ostream_send_next(&linger->stream->super, linger->req, &nothing, 1, H2O_SEND_STATE_FINAL);
}

static void on_more_body(void *context, uint32_t events)
{
    (void)events;
    linger_t *linger = context;
    char bin[16384];
    ssize_t n = read(http_request_fd(linger->req), bin, sizeof bin);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
        linger_end(linger);
    }
}

static void linger_start(early_stream_t *stream, h2o_req_t *req)
{
    linger_t *linger = h2o_mem_alloc_shared(&req->pool, sizeof *linger, linger_stop);
    *linger = (linger_t){.req = req, .stream = stream};
    stream->linger = linger;
    loop_t *loop = stream->server->loop;
    linger->watch =
        loop_watch(loop, http_request_fd(req), EPOLLIN | EPOLLRDHUP, on_more_body, linger);
    loop_timer_init(&linger->timer, loop, linger_end, linger);
    loop_timer_set(&linger->timer, clock_boot_ms() + LINGER_MS);
}

/* Called with h2o's text and, since ours is passed on as unfinished, again when that is written. */
static void send_instead(h2o_ostream_t *self, h2o_req_t *req, h2o_iovec_t *bufs, size_t count,
                         h2o_send_state_t state)
{
    (void)bufs;
    (void)state;
    early_stream_t *stream = (early_stream_t *)(void *)self;
    if (stream->body.p) {
        bool bodied = count && http_answer_has_body(req);
        h2o_iovec_t body =
            h2o_iovec_init(bodied ? stream->body.p : "", bodied ? stream->body.n : 0);
        stream->body = STR_NONE;
        h2o_ostream_send_next(self, req, &body, 1, H2O_SEND_STATE_IN_PROGRESS);
    } else if (!stream->linger) {
        linger_start(stream, req);
    }
}

static void describe(const h2o_res_t *res, const http_server_t *s, err_t *err)
{
    if (res->status == 413) {
        (void)err_set(err, ERR_body_too_large, "The body is larger than %zu bytes",
                      s->options.body_bytes_max);
    } else if (res->status == 417) {
        (void)err_set(err, ERR_request_malformed,
                      "The Expect header asks for more than 100-continue");
    } else {
        (void)err_set(err, ERR_request_malformed, "The body's length or encoding cannot be read");
    }
}

/* Answers the document, in the request's pool. */
static str_t turn_into_problem(http_server_t *s, h2o_req_t *req)
{
    err_t err = ERR_INIT;
    describe(&req->res, s, &err);
    const http_problem_t problem = {.err = &err};
    http_problem_head_t head;
    http_problem_head(&problem, &head);
    h2o_iovec_t id = {.base = h2o_mem_alloc_pool(&req->pool, HTTP_ID_BYTES), .len = HTTP_ID_BYTES};
    http_server_make_id(s, id.base);
    req->res.headers = (h2o_headers_t){NULL, 0, 0};
    http_answer_begin(req, id.base, http_problem_status(&problem), head.headers, head.count);
    buf_t body;
    buf_init(&body, HTTP_PROBLEM_BYTES_MAX);
    http_problem_write(&problem, str_at(id.base, id.len), &body);
    h2o_iovec_t kept = h2o_strdup(&req->pool, buf_c(&body), body.n);
    buf_fini(&body);
    req->res.content_length = kept.len;
    return str_at(kept.base, kept.len);
}

static void on_setup(h2o_filter_t *self, h2o_req_t *req, h2o_ostream_t **slot)
{
    http_server_t *s = ((early_filter_t *)(void *)self)->server;
    str_t body = turn_into_problem(s, req);
    early_stream_t *stream = (early_stream_t *)(void *)h2o_add_ostream(req, sizeof *stream, slot);
    stream->super.do_send = send_instead;
    stream->server = s;
    stream->body = body;
    stream->linger = NULL;
    h2o_setup_next_ostream(req, &stream->super.next);
}

void http_early_register(http_server_t *s, h2o_pathconf_t *path)
{
    early_filter_t *filter = (early_filter_t *)(void *)h2o_create_filter(path, sizeof *filter);
    filter->super.on_setup_ostream = on_setup;
    filter->server = s;
}
