/* SPDX-License-Identifier: MIT */
/* Refusals at a limit come in any number and must cost no more than what they refuse: what they
 * have in common is written and looked up once. */
#include "http/server_internal.h"

struct http_problem_form {
    arena_t *arena; /* in which it stands itself */
    int status;
    h2o_header_t *headers;
    size_t count;
    str_t body;
    size_t id_at;
};

static h2o_iovec_t copy_in(arena_t *arena, str_t s)
{
    str_t copy = arena_str(arena, s);
    return h2o_iovec_init(copy.p, copy.n);
}

static void add_header(http_problem_form_t *f, const http_header_t *header)
{
    const h2o_token_t *token;
    if (!http_header_is_sound(header, &token)) {
        return;
    }
    h2o_iovec_t *name =
        token ? (h2o_iovec_t *)(uintptr_t)&token->buf : arena_new_of(f->arena, h2o_iovec_t);
    if (!token) {
        *name = copy_in(f->arena, header->name);
    }
    f->headers[f->count++] =
        (h2o_header_t){.name = name, .value = copy_in(f->arena, header->value)};
}

static void write_headers(http_problem_form_t *f, const http_problem_t *problem)
{
    http_problem_head_t head;
    http_problem_head(problem, &head);
    f->headers = arena_array_of(f->arena, h2o_header_t, head.count + problem->header_count);
    for (size_t i = 0; i < head.count; i++) {
        add_header(f, &head.headers[i]);
    }
    for (size_t i = 0; i < problem->header_count; i++) {
        add_header(f, &problem->headers[i]);
    }
}

static void write_body(http_problem_form_t *f, const http_problem_t *problem)
{
    static const char nobody[HTTP_ID_BYTES];
    buf_t body;
    buf_init(&body, HTTP_PROBLEM_BYTES_MAX);
    f->id_at = http_problem_write(problem, str_at(nobody, sizeof nobody), &body);
    f->body = arena_str(f->arena, buf_view(&body));
    buf_fini(&body);
}

http_problem_form_t *http_problem_form_new(const http_problem_t *problem)
{
    enum { USUAL_BYTES = 2048 };
    arena_t *arena = arena_new(USUAL_BYTES);
    http_problem_form_t *f = arena_new_of(arena, http_problem_form_t);
    f->arena = arena;
    f->status = http_problem_status(problem);
    write_headers(f, problem);
    write_body(f, problem);
    return f;
}

void http_problem_form_free(http_problem_form_t *f)
{
    if (f) {
        arena_free(f->arena);
    }
}

static void add_headers(h2o_req_t *req, const http_problem_form_t *f)
{
    h2o_headers_t *headers = &req->res.headers;
    h2o_vector_reserve(&req->pool, headers, headers->size + f->count);
    memcpy(headers->entries + headers->size, f->headers, f->count * sizeof *f->headers);
    headers->size += f->count;
}

static h2o_iovec_t fill_in(h2o_req_t *req, const http_problem_form_t *f, const char *id)
{
    char *body = h2o_mem_alloc_pool(&req->pool, f->body.n);
    memcpy(body, f->body.p, f->body.n);
    memcpy(body + f->id_at, id, HTTP_ID_BYTES);
    return h2o_iovec_init(body, f->body.n);
}

void http_reply_problem_form(http_request_t *r, const http_problem_form_t *f,
                             const http_header_t *further)
{
    h2o_req_t *req = http_request_take(r);
    if (req) {
        http_answer_begin(req, r->id, f->status, further, further ? 1 : 0);
        add_headers(req, f);
        http_answer_whole(req, fill_in(req, f, r->id));
    }
}
