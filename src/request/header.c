/* SPDX-License-Identifier: MIT */
/* Headers of a request: a later one replaces an earlier one of its name. */
#include "request/draft.h"

static message_header_t *find(const draft_t *d, str_t name)
{
    for (size_t i = 0; i < d->out->header_count; i++) {
        if (str_eq_nocase(d->out->headers[i].name, name)) {
            return &d->out->headers[i];
        }
    }
    return NULL;
}

static message_header_t *append(draft_t *d)
{
    upstream_request_t *out = d->out;
    if (out->header_count == d->header_room) {
        d->header_room = d->header_room ? d->header_room * 2 : 16;
        message_header_t *wider = arena_array_of(d->arena, message_header_t, d->header_room);
        for (size_t i = 0; i < out->header_count; i++) {
            wider[i] = out->headers[i];
        }
        out->headers = wider;
    }
    return &out->headers[out->header_count++];
}

void draft_header(draft_t *d, str_t name, str_t value)
{
    message_header_t *header = find(d, name);
    header = header ? header : append(d);
    *header = (message_header_t){name, value};
}

bool draft_has_header(const draft_t *d, const char *name)
{
    return find(d, str_of(name)) != NULL;
}

bool draft_headers(draft_t *d, const named_templates_t *headers)
{
    for (size_t i = 0; i < headers->count; i++) {
        str_t value;
        if (!draft_header_text(d, headers->list[i].template, &value)) {
            return false;
        }
        if (value.p) {
            draft_header(d, headers->list[i].name, value);
        }
    }
    return true;
}

void draft_headers_end(draft_t *d)
{
    size_t kept = 0;
    for (size_t i = 0; i < d->out->header_count; i++) {
        if (d->out->headers[i].value.n > 0) {
            d->out->headers[kept++] = d->out->headers[i];
        }
    }
    d->out->header_count = kept;
}
