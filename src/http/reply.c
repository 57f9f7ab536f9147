/* SPDX-License-Identifier: MIT */
#include "http/server_internal.h"

static h2o_iovec_t id_name = {(char *)(uintptr_t) "x-request-id", 12};

const char *http_reason(int status)
{
    switch (status) {
#define REASON(status, text)                                                                       \
    case status:                                                                                   \
        return text;
        REASON(200, "OK")
        REASON(201, "Created")
        REASON(202, "Accepted")
        REASON(204, "No Content")
        REASON(206, "Partial Content")
        REASON(301, "Moved Permanently")
        REASON(302, "Found")
        REASON(303, "See Other")
        REASON(304, "Not Modified")
        REASON(307, "Temporary Redirect")
        REASON(308, "Permanent Redirect")
        REASON(400, "Bad Request")
        REASON(401, "Unauthorized")
        REASON(403, "Forbidden")
        REASON(404, "Not Found")
        REASON(405, "Method Not Allowed")
        REASON(409, "Conflict")
        REASON(410, "Gone")
        REASON(412, "Precondition Failed")
        REASON(413, "Content Too Large")
        REASON(415, "Unsupported Media Type")
        REASON(422, "Unprocessable Content")
        REASON(424, "Failed Dependency")
        REASON(429, "Too Many Requests")
        REASON(500, "Internal Server Error")
        REASON(501, "Not Implemented")
        REASON(502, "Bad Gateway")
        REASON(503, "Service Unavailable")
        REASON(504, "Gateway Timeout")
#undef REASON
    default:
        return "Status";
    }
}

/* --- headers --- */

static void push_header(h2o_req_t *req, h2o_iovec_t *name, str_t value)
{
    h2o_headers_t *headers = &req->res.headers;
    h2o_vector_reserve(&req->pool, headers, headers->size + 1);
    headers->entries[headers->size++] =
        (h2o_header_t){.name = name, .value = h2o_iovec_init(value.p ? value.p : "", value.n)};
}

/* Belongs to the server: one from elsewhere would break the framing or stand twice. */
static bool is_reserved(const h2o_token_t *token, str_t name)
{
    return token == H2O_TOKEN_CONTENT_LENGTH || token == H2O_TOKEN_TRANSFER_ENCODING ||
           token == H2O_TOKEN_CONNECTION || token == H2O_TOKEN_DATE ||
           (!token && str_eq(name, str_at(id_name.base, id_name.len)));
}

/* Headers of an upstream's answer come by here: nothing may end its line early. */
static bool is_whole_line(str_t s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\r' || s.p[i] == '\n' || s.p[i] == '\0') {
            return false;
        }
    }
    return true;
}

bool http_header_is_sound(const http_header_t *header, const h2o_token_t **token)
{
    *token = h2o_lookup_token(header->name.p, header->name.n);
    return !is_reserved(*token, header->name) && is_whole_line(header->value) &&
           (*token || (header->name.n && is_whole_line(header->name)));
}

static void add_header(h2o_req_t *req, const http_header_t *header)
{
    const h2o_token_t *token;
    if (!http_header_is_sound(header, &token)) {
        return;
    }
    if (token) {
        push_header(req, (h2o_iovec_t *)(uintptr_t)&token->buf, header->value);
    } else {
        h2o_iovec_t *name = h2o_mem_alloc_pool(&req->pool, sizeof *name);
        *name = h2o_iovec_init(header->name.p, header->name.n);
        push_header(req, name, header->value);
    }
}

void http_answer_begin(h2o_req_t *req, const char *id, int status, const http_header_t *headers,
                       size_t count)
{
    req->res.status =
        status >= 200 && status <= 999 ? status : 500; /* h2o asserts on more digits */
    req->res.reason = http_reason(req->res.status);
    h2o_vector_reserve(&req->pool, &req->res.headers, count + 2);
    push_header(req, &id_name, str_at(id, HTTP_ID_BYTES));
    for (size_t i = 0; i < count; i++) {
        add_header(req, &headers[i]);
    }
}

/* RFC 9110 6.4.1. */
bool http_answer_has_body(const h2o_req_t *req)
{
    return req->res.status != 204 && req->res.status != 304 &&
           !h2o_memis(req->input.method.base, req->input.method.len, H2O_STRLIT("HEAD"));
}

/* --- answers in one piece --- */

void http_answer_whole(h2o_req_t *req, h2o_iovec_t body)
{
    static h2o_generator_t generator = {NULL, NULL};
    bool bodied = http_answer_has_body(req) && body.len;
    if (req->res.status != 204 && req->res.status != 304) {
        req->res.content_length = body.len;
    }
    h2o_start_response(req, &generator);
    h2o_send(req, &body, bodied, H2O_SEND_STATE_FINAL);
}

static h2o_iovec_t copy_in(h2o_req_t *req, str_t body)
{
    char *copy = body.n ? h2o_mem_alloc_pool(&req->pool, body.n) : NULL;
    if (copy) {
        memcpy(copy, body.p, body.n);
    }
    return h2o_iovec_init(copy, body.n);
}

void http_reply(http_request_t *r, int status, const http_header_t *headers, size_t count,
                str_t body)
{
    h2o_req_t *req = http_request_take(r);
    if (req) {
        http_answer_begin(req, r->id, status, headers, count);
        http_answer_whole(req, copy_in(req, body));
    }
}

enum { FURTHER_HEADERS_MAX = 16 };

void http_reply_problem(http_request_t *r, const http_problem_t *problem)
{
    http_problem_head_t head;
    http_problem_head(problem, &head);
    http_header_t headers[HTTP_PROBLEM_HEADERS + FURTHER_HEADERS_MAX];
    size_t count = head.count;
    memcpy(headers, head.headers, count * sizeof *headers);
    for (size_t i = 0; i < problem->header_count && count < sizeof headers / sizeof *headers; i++) {
        headers[count++] = problem->headers[i];
    }
    buf_t body;
    buf_init(&body, HTTP_PROBLEM_BYTES_MAX);
    (void)http_problem_write(problem, http_request_id(r), &body);
    http_reply(r, http_problem_status(problem), headers, count, buf_view(&body));
    buf_fini(&body);
}

void http_reply_drop(http_request_t *r)
{
    static h2o_generator_t generator = {NULL, NULL};
    h2o_req_t *req = http_request_take(r);
    if (!req) {
        return;
    }
    /* h2o closes a connection that it cannot write to, so it is given something to write. */
    http_request_cut(req);
    http_answer_begin(req, r->id, 500, NULL, 0);
    req->res.content_length = 0;
    h2o_start_response(req, &generator);
    h2o_send(req, NULL, 0, H2O_SEND_STATE_FINAL);
}
