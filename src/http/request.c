/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <sys/socket.h>

#include "base/fatal.h"
#include "base/mem.h"
#include "http/server_internal.h"

int http_request_fd(const h2o_req_t *req)
{
    return h2o_socket_get_fd(req->conn->callbacks->get_socket(req->conn));
}

void http_request_cut(h2o_req_t *req)
{
    req->http1_is_persistent = 0;
    shutdown(http_request_fd(req), SHUT_RDWR);
}

/* --- two lives --- */

static void request_free(http_request_t *r)
{
    http_watch_stop(r);
    http_stream_free(r->stream);
    arena_free(r->arena);
    free(r);
}

/* What an owner that is still at it may want to log. */
static void keep_view(http_request_t *r)
{
    arena_t *arena = http_request_arena(r);
    const http_view_t *view = &r->view;
    (void)http_request_peer(r);
    r->view = (http_view_t){.method = arena_str(arena, view->method),
                            .path = arena_str(arena, view->path),
                            .query = arena_str(arena, view->query),
                            .authority = arena_str(arena, view->authority),
                            .local = view->local,
                            .tls = view->tls};
}

/* Runs when h2o clears the request's pool. Only an answer that is being sent can be cut off like
 * this, since h2o neither reads nor times a connection whose request waits. */
static void on_pool_cleared(void *p)
{
    http_request_t *r = *(http_request_t **)p;
    if (r->state == HTTP_ANSWERED) {
        request_free(r);
        return;
    }
    keep_view(r);
    r->req = NULL;
    http_watch_stop(r);
    if (r->stream && http_stream_is_complete(r->stream)) {
        return;
    }
    if (r->on_gone) {
        void (*on_gone)(void *) = r->on_gone;
        r->on_gone = NULL;
        on_gone(r->gone_context);
    } else {
        http_stream_wake(r);
    }
}

static http_request_t *request_new(http_server_t *s, h2o_req_t *req)
{
    http_request_t *r = mem_new(http_request_t);
    r->server = s;
    r->req = req;
    http_server_make_id(s, r->id);
    http_request_t **hook =
        h2o_mem_alloc_shared(&req->pool, sizeof(http_request_t *), on_pool_cleared);
    *hook = r;
    http_count(&s->in_flight, 1);
    return r;
}

h2o_req_t *http_request_take(http_request_t *r)
{
    if (r->state == HTTP_ANSWERED) {
        fatal_abort("a request was answered twice");
    }
    r->state = HTTP_ANSWERED;
    r->on_gone = NULL;
    http_count(&r->server->in_flight, -1);
    http_watch_stop(r);
    h2o_req_t *req = r->req;
    if (!req) {
        request_free(r);
    }
    return req;
}

/* --- what is looked at before the owner sees it --- */

static void keep_first(str_t *slot, h2o_iovec_t value)
{
    if (!slot->p) {
        *slot = http_str_of(value);
    }
}

static void view_header(http_view_t *view, const h2o_header_t *header)
{
    const h2o_iovec_t *name = header->name;
    if (name == &H2O_TOKEN_AUTHORIZATION->buf) {
        keep_first(&view->authorization, header->value);
    } else if (name == &H2O_TOKEN_CONTENT_TYPE->buf) {
        keep_first(&view->content_type, header->value);
    } else if (name == &H2O_TOKEN_CONTENT_ENCODING->buf) {
        keep_first(&view->content_encoding, header->value);
    } else if (name == &H2O_TOKEN_CACHE_CONTROL->buf) {
        keep_first(&view->cache_control, header->value);
    } else if (name == &H2O_TOKEN_COOKIE->buf) {
        keep_first(&view->cookie, header->value);
    } else if (name->len == 9 && memcmp(name->base, "x-api-key", 9) == 0) {
        keep_first(&view->api_key, header->value);
    }
}

static bool view_headers(http_request_t *r, err_t *err)
{
    const h2o_headers_t *headers = &r->req->headers;
    const size_t most = r->server->options.header_bytes_max;
    for (size_t i = 0; i < headers->size; i++) {
        const h2o_header_t *header = &headers->entries[i];
        if (header->name->len + 2 + header->value.len > most) {
            return err_set(err, ERR_request_header_too_long,
                           "A header line is longer than %zu bytes", most);
        }
        view_header(&r->view, header);
    }
    if (r->view.authority.n > most) {
        return err_set(err, ERR_request_header_too_long, "The Host header is longer than %zu bytes",
                       most);
    }
    return true;
}

static bool check_framing(h2o_req_t *req, err_t *err)
{
    /* h2o keeps the request as it came at the start of its input until the answer is complete. */
    const h2o_buffer_t *input = req->conn->callbacks->get_socket(req->conn)->input;
    if (http_framing_is_strict(str_at(input->bytes, input->size), req->version)) {
        return true;
    }
    req->http1_is_persistent = 0;
    return err_set(err, ERR_request_malformed, "The request's framing is ambiguous");
}

static bool check_sizes(http_request_t *r, err_t *err)
{
    const http_options_t *options = &r->server->options;
    if (r->req->input.path.len > options->url_bytes_max) {
        return err_set(err, ERR_request_url_too_long, "The address is longer than %zu bytes",
                       options->url_bytes_max);
    }
    if (r->req->entity.len > options->body_bytes_max) {
        r->req->http1_is_persistent = 0;
        return err_set(err, ERR_body_too_large, "The body is larger than %zu bytes",
                       options->body_bytes_max);
    }
    return true;
}

static bool view_request(http_request_t *r, err_t *err)
{
    h2o_req_t *req = r->req;
    http_view_t *view = &r->view;
    http_connection_t *connection = http_connection_of(req);
    const http_port_t *port = connection->port;
    connection->used = true;
    view->local = port->local;
    view->tls = port->tls;
    view->method = http_str_of(req->input.method);
    view->body = http_str_of(req->entity);
    if (req->input.authority.base !=
        req->hostconf->authority.hostport.base) { /* else h2o made it up */
        view->authority = http_str_of(req->input.authority);
    }
    if (!check_framing(req, err) || !check_sizes(r, err)) {
        return false;
    }
    if (!http_target_split(http_str_of(req->input.path), view)) {
        return err_set(err, ERR_request_malformed,
                       "The request's target is neither a path nor an http address");
    }
    http_client_view(r);
    return view_headers(r, err);
}

int http_request_on_req(h2o_handler_t *handler, h2o_req_t *req)
{
    http_server_t *s = ((http_handler_t *)(void *)handler)->server;
    http_request_t *r = request_new(s, req);
    err_t err = ERR_INIT;
    if (view_request(r, &err)) {
        s->options.on_request(s->options.context, r);
    } else {
        http_reply_problem(r, &(http_problem_t){.err = &err});
    }
    return 0;
}

/* --- what the owner asks --- */

const http_view_t *http_request_view(const http_request_t *r)
{
    return &r->view;
}

str_t http_request_header(const http_request_t *r, const char *name)
{
    str_t wanted = str_of(name);
    for (size_t i = 0; r->req && i < r->req->headers.size; i++) {
        const h2o_header_t *header = &r->req->headers.entries[i];
        if (str_eq(http_str_of(*header->name), wanted)) {
            return http_str_of(header->value);
        }
    }
    return STR_NONE;
}

bool http_request_next_header(const http_request_t *r, size_t *at, http_header_t *out)
{
    if (!r->req || *at >= r->req->headers.size) {
        return false;
    }
    const h2o_header_t *header = &r->req->headers.entries[(*at)++];
    *out = (http_header_t){http_str_of(*header->name), http_str_of(header->value)};
    return true;
}

str_t http_request_id(const http_request_t *r)
{
    return str_at(r->id, HTTP_ID_BYTES);
}

arena_t *http_request_arena(http_request_t *r)
{
    if (!r->arena) {
        r->arena = arena_new(0);
    }
    return r->arena;
}
