/* SPDX-License-Identifier: MIT */
/* RFC 9457 documents. The JSON is written here, since the printer of jansson is codec's, which
 * stands on this floor. */
#include <stdio.h>

#include "base/utf8.h"
#include "http/server_internal.h"

static const char quota_exceeded[] =
    "https://iana.org/assignments/http-problem-types#quota-exceeded";

/* --- JSON (RFC 8259 7) --- */

static void add_escaped(buf_t *b, uint32_t code_point)
{
    switch (code_point) {
    case '"':
        buf_lit(b, "\\\"");
        break;
    case '\\':
        buf_lit(b, "\\\\");
        break;
    case '\n':
        buf_lit(b, "\\n");
        break;
    case '\r':
        buf_lit(b, "\\r");
        break;
    case '\t':
        buf_lit(b, "\\t");
        break;
    default:
        buf_printf(b, "\\u%04x", (unsigned)code_point);
        break;
    }
}

/* Length of the run at `at` that needs no second look: refusals are hot, and all of their text is like this. */
static size_t plain_run(str_t s, size_t at)
{
    size_t end = at;
    while (end < s.n && s.p[end] >= ' ' && s.p[end] <= '~' && s.p[end] != '"' && s.p[end] != '\\') {
        end++;
    }
    return end - at;
}

/* Bytes that are not UTF-8 become U+FFFD; whatever a reader would not see as it is becomes \u. */
static void add_string(buf_t *b, str_t s)
{
    buf_char(b, '"');
    for (size_t at = 0; at < s.n;) {
        size_t plain = plain_run(s, at);
        if (plain) {
            buf_add(b, s.p + at, plain);
            at += plain;
            continue;
        }
        uint32_t code_point;
        size_t n = utf8_decode(s.p + at, s.n - at, &code_point);
        if (n == 0) {
            buf_lit(b, "\xef\xbf\xbd");
            n = 1;
        } else if (code_point == '"' || code_point == '\\' ||
                   (code_point <= 0xffff && utf8_is_control(code_point))) {
            add_escaped(b, code_point);
        } else {
            buf_add(b, s.p + at, n);
        }
        at += n;
    }
    buf_char(b, '"');
}

static void add_name(buf_t *b, const char *name)
{
    if (b->n && b->p[b->n - 1] != '{') {
        buf_char(b, ',');
    }
    buf_char(b, '"');
    buf_lit(b, name);
    buf_add(b, "\":", 2);
}

static void add_member(buf_t *b, const char *name, str_t value)
{
    if (value.p) {
        add_name(b, name);
        add_string(b, value);
    }
}

static void add_number(buf_t *b, const char *name, int value)
{
    add_name(b, name);
    buf_i64(b, value);
}

static str_t unless_empty(const char *text)
{
    return text[0] ? str_of(text) : STR_NONE;
}

/* --- the document --- */

int http_problem_status(const http_problem_t *problem)
{
    int status = err_code_status(problem->err->code);
    return status ? status : 500;
}

static void add_type(buf_t *b, const http_problem_t *problem)
{
    if (problem->type) {
        add_member(b, "type", str_of(problem->type));
    } else if (http_problem_status(problem) == 429) {
        add_member(b, "type", str_of(quota_exceeded));
    } else {
        add_name(b, "type");
        buf_lit(b, "\"urn:tenon:");
        buf_lit(b, err_code_name(problem->err->code));
        buf_char(b, '"');
    }
}

static void add_errors(buf_t *b, const err_t *err)
{
    if (err->detail_count == 0) {
        return;
    }
    add_name(b, "errors");
    for (unsigned i = 0; i < err->detail_count; i++) {
        const err_detail_t *detail = err->details + i;
        buf_lit(b, i ? ",{" : "[{");
        add_member(b, "pointer", str_of(detail->pointer));
        add_member(b, "detail", str_of(detail->text));
        buf_char(b, '}');
    }
    buf_char(b, ']');
}

static void add_upstream(buf_t *b, const err_t *err)
{
    if (!err->upstream_status && !err->upstream_error[0] && !err->upstream_description[0]) {
        return;
    }
    add_name(b, "upstream");
    buf_char(b, '{');
    if (err->upstream_status) {
        add_number(b, "status", err->upstream_status);
    }
    add_member(b, "error", unless_empty(err->upstream_error));
    add_member(b, "error_description", unless_empty(err->upstream_description));
    buf_char(b, '}');
}

size_t http_problem_write(const http_problem_t *problem, str_t id, buf_t *body)
{
    enum { USUAL_BYTES = 1024 };
    const err_t *err = problem->err;
    (void)buf_reserve(body, USUAL_BYTES); /* rather than growing by and by */
    buf_char(body, '{');
    add_type(body, problem);
    add_member(body, "title", str_of(err_code_title(err->code)));
    add_number(body, "status", http_problem_status(problem));
    add_member(body, "detail", unless_empty(err->text));
    add_name(body, "instance");
    buf_lit(body, "\"urn:tenon:request:");
    size_t id_at = body->n;
    buf_str(body, id);
    buf_char(body, '"');
    add_member(body, "code", str_of(err_code_name(err->code)));
    add_member(body, "connector", problem->connector);
    add_member(body, "connection", problem->connection);
    add_member(body, "action", problem->action);
    add_errors(body, err);
    add_upstream(body, err);
    buf_char(body, '}');
    return id_at;
}

/* --- its header --- */

static void add_head(http_problem_head_t *head, str_t name, str_t value)
{
    head->headers[head->count++] = (http_header_t){name, value};
}

/* Rounded up, and never 0, which would ask for a retry at once. */
static void add_retry_after(http_problem_head_t *head, int64_t ms)
{
    int64_t seconds = ms > 0 ? (ms - 1) / 1000 + 1 : 1;
    int n = snprintf(head->retry_after, sizeof head->retry_after, "%lld", (long long)seconds);
    add_head(head, STR("retry-after"), str_at(head->retry_after, (size_t)n));
}

void http_problem_head(const http_problem_t *problem, http_problem_head_t *head)
{
    int status = http_problem_status(problem);
    head->count = 0;
    add_head(head, STR("content-type"), STR("application/problem+json"));
    add_head(head, STR("tenon-error"), str_of(err_code_name(problem->err->code)));
    add_head(head, STR("cache-control"), STR("no-store"));
    add_head(head, STR("x-content-type-options"), STR("nosniff"));
    add_head(head, STR("content-security-policy"), STR("sandbox; default-src 'none'"));
    if (status == 401) {
        add_head(head, STR("www-authenticate"), STR("Bearer"));
    } else if (status == 429 || status == 503 ||
               (status >= 500 && problem->err->retry_after_ms > 0)) {
        add_retry_after(head, problem->err->retry_after_ms);
    }
}
