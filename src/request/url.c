/* SPDX-License-Identifier: MIT */
/* The address of a request (FORMAT 9). */
#include "request/draft.h"

/* Fragments are never sent (RFC 9110 7.1). */
void draft_split_url(draft_t *d, str_t url)
{
    str_t query = str_cut(&url, '#');
    d->front = str_cut(&query, '?');
    pairs_add_query(d, &d->query, query);
}

bool draft_request_url(draft_t *d, const url_template_t *url, str_t base)
{
    str_t whole;
    if (!draft_url(d, url, base, &whole)) {
        return false;
    }
    draft_split_url(d, whole);
    return true;
}

bool draft_write_url(draft_t *d)
{
    d->out->url = d->front;
    if (d->query.count == 0) {
        return true;
    }
    buf_t *url = draft_buf(d);
    buf_str(url, d->front);
    buf_char(url, '?');
    pairs_write_query(&d->query, url);
    d->out->url = buf_view(url);
    return draft_check_buf(d, url);
}
