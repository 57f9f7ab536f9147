/* SPDX-License-Identifier: MIT */
/* A refresh token out of an answer that cannot be read: losing it would lose the connection. */
#include "codec/json.h"
#include "grant/answer.h"

static const str_t KEY = STR_INIT("\"refresh_token\"");

static size_t skip_blanks(str_t text, size_t at)
{
    while (at < text.n &&
           (text.p[at] == ' ' || text.p[at] == '\t' || text.p[at] == '\r' || text.p[at] == '\n')) {
        at++;
    }
    return at;
}

/* The text that stands at `at`, with its quotes; absent where there is none. */
static str_t quoted_at(str_t text, size_t at)
{
    if (at >= text.n || text.p[at] != '"') {
        return STR_NONE;
    }
    for (size_t end = at + 1; end < text.n; end++) {
        if (text.p[end] == '\\') {
            end++;
        } else if (text.p[end] == '"') {
            return str_slice(text, at, end + 1);
        }
    }
    return STR_NONE;
}

static json_t *read_quoted(str_t quoted)
{
    buf_t list;
    err_t ignored = ERR_INIT;
    buf_init_wiping(&list, TOKEN_ANSWER_BYTES_MAX + 2);
    buf_char(&list, '[');
    buf_str(&list, quoted);
    buf_char(&list, ']');
    json_t *read = json_read(buf_view(&list), NULL, &ignored);
    json_t *text = json_incref(json_array_get(read, 0));
    json_decref(read);
    buf_fini(&list);
    return text;
}

json_t *answer_salvage_refresh_token(str_t body)
{
    str_t found = STR_NONE;
    unsigned count = 0;
    for (size_t at = 0; (at = str_find(body, KEY, at)) != SIZE_MAX;) {
        at = skip_blanks(body, at + KEY.n);
        if (at < body.n && body.p[at] == ':') {
            found = quoted_at(body, skip_blanks(body, at + 1));
            count++;
        }
    }
    return count == 1 && found.n > 2 ? read_quoted(found) : NULL;
}
