/* SPDX-License-Identifier: MIT */
/* A request to /proxy on its way to the service. */
#include "call/build_internal.h"

static bool add_url(draft_t *d, const proxied_t *r)
{
    str_t base;
    buf_t *url = draft_buf(d);
    if (!draft_base_url(d, &base)) {
        return false;
    }
    buf_str(url, base);
    buf_str(url, r->path);
    d->front = buf_view(url);
    for (str_t rest = r->query; rest.p;) {
        pairs_add_encoded(d, &d->query, str_cut(&rest, '&'));
    }
    return draft_check_buf(d, url);
}

/* What is compressed cannot be looked into, where the definition knows a refusal by its body. */
static bool judges_bodies(const draft_t *d)
{
    const matches_t *unauthorized = &build_of(d)->connection->auth->unauthorized;
    for (size_t i = 0; i < unauthorized->count; i++) {
        if (unauthorized->list[i].body) {
            return true;
        }
    }
    return false;
}

static void add_headers(draft_t *d, const proxied_t *r)
{
    bool plain = judges_bodies(d);
    for (size_t i = 0; i < r->header_count; i++) {
        const message_header_t *header = &r->headers[i];
        if (!plain || !str_is(header->name, "accept-encoding")) {
            draft_header(d, header->name, header->value);
        }
    }
}

static void add_body(draft_t *d, const proxied_t *r)
{
    if (r->json) {
        d->content = (content_t){CONTENT_JSON, .json = r->json};
        d->numbers = r->numbers;
    } else if (r->body.n) {
        d->content = (content_t){CONTENT_BYTES, .bytes = r->body};
    }
}

bool build_proxied(build_t *b, const proxied_t *request, upstream_request_t *out, err_t *err)
{
    call_draft_t c;
    draft_t *d = &c.draft;
    draft_begin(&c, b, out, err);
    out->method = request->method;
    if (!add_url(d, request)) {
        return false;
    }
    add_headers(d, request);
    add_body(d, request);
    return draft_common(d) && draft_end(d, STR("*/*"));
}
