/* SPDX-License-Identifier: MIT */
#include "codec/url.h"
#include "template/functions.h"

template_outcome_t text_url_encode(const call_t *call, buf_t *to)
{
    url_encode_query(to, call->texts[0]);
    return TEMPLATE_OK;
}

static bool read_url(const call_t *call, arena_t *arena, url_t *url)
{
    err_t unread = ERR_INIT;
    if (url_parse_in(arena, call->texts[0], url, &unread)) {
        return true;
    }
    /* The URL may be a secret: it is not shown. */
    (void)function_fail(call, ERR_param_format, "the value is not an https:// URL");
    return false;
}

template_outcome_t text_url_host(const call_t *call, buf_t *to)
{
    url_t url;
    arena_t *arena = arena_new(0);
    bool read = read_url(call, arena, &url);
    if (read) {
        buf_str(to, url.host);
    }
    arena_free(arena);
    return read ? TEMPLATE_OK : TEMPLATE_FAILED;
}

/* Segments are decoded, as what they go into encodes them again. */
static template_outcome_t write_segment(const call_t *call, str_t path, size_t n, buf_t *to)
{
    str_t rest = path;
    str_t segment = STR_NONE;
    for (size_t i = 0; i <= n; i++) { /* what stands before the leading `/` is the first piece */
        if (!rest.p) {
            return TEMPLATE_ABSENT;
        }
        segment = str_cut(&rest, '/');
    }
    if (segment.n == 0) {
        return TEMPLATE_ABSENT;
    }
    if (!url_decode(to, segment, false)) {
        return function_fail(call, ERR_param_format, "the path holds a broken escape");
    }
    return str_is_utf8(buf_view(to))
               ? TEMPLATE_OK
               : function_fail(call, ERR_request_bad_encoding, "the path is not UTF-8");
}

template_outcome_t text_url_segment(const call_t *call, buf_t *to)
{
    url_t url;
    size_t n;
    template_outcome_t outcome = TEMPLATE_FAILED;
    arena_t *arena = arena_new(0);
    if (read_url(call, arena, &url) && call_number(call, &n)) {
        outcome = n == SIZE_MAX ? TEMPLATE_ABSENT : write_segment(call, url.path, n, to);
    }
    arena_free(arena);
    return outcome;
}
