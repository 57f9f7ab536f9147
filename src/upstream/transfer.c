/* SPDX-License-Identifier: MIT */
#include "upstream/transfer.h"

#include "base/fatal.h"

/* Old connections are not kept: the younger, the rarer a POST meets a dead one; and a name that
 * moved is looked up again. */
enum { IDLE_MAX_S = 30, LIFETIME_MAX_S = 600 };

/* --- the body of the request --- */

static size_t on_read(char *to, size_t size, size_t count, void *context)
{
    upstream_call_t *call = context;
    size_t n = size * count;
    size_t left = call->body.n - call->body_at;
    if (call->cancelled) {
        return CURL_READFUNC_ABORT;
    }
    if (n > left) {
        n = left;
    }
    if (n) {
        memcpy(to, call->body.p + call->body_at, n);
    }
    call->body_at += n;
    return n;
}

/* Rewinding means sending again. */
static int on_seek(void *context, curl_off_t offset, int origin)
{
    upstream_call_t *call = context;
    if (!call->terms.repeatable || origin != SEEK_SET || offset < 0 ||
        (uint64_t)offset > call->body.n) {
        return CURL_SEEKFUNC_FAIL;
    }
    call->body_at = (size_t)offset;
    return CURL_SEEKFUNC_OK;
}

/* --- the answer --- */

static bool is_head_method(const upstream_call_t *call)
{
    return str_is(call->method, "HEAD");
}

static bool tell_head(upstream_call_t *call)
{
    if (call->terms.decode && !is_head_method(call)) {
        head_drop_coding(&call->head);
    }
    if (call->sink.on_head) {
        call->sink.on_head(call->context, call->head.status, call->head.headers,
                           call->head.header_count);
    }
    return !call->cancelled;
}

static bool take_head_line(upstream_call_t *call, str_t line)
{
    switch (head_line(&call->head, line)) {
    case HEAD_MORE:
        return true;
    case HEAD_COMPLETE:
        return tell_head(call);
    case HEAD_BAD:
        outcome_judge(call, UPSTREAM_MALFORMED, call->head.why);
        return false;
    case HEAD_TOO_LARGE:
        outcome_judge(call, UPSTREAM_TOO_LARGE, "the answer's headers are too large");
        return false;
    }
    return false;
}

static size_t on_header(char *p, size_t size, size_t count, void *context)
{
    upstream_call_t *call = context;
    size_t n = size * count;
    return !call->cancelled && take_head_line(call, str_at(p, n)) ? n : 0;
}

/* A sink that resumes before it answers false has not paused. */
static bool tell_body(upstream_call_t *call, str_t bytes)
{
    call->paused = true;
    if (call->sink.on_body(call->context, bytes)) {
        call->paused = false;
    }
    return !call->cancelled;
}

static bool take_body(upstream_call_t *call, str_t bytes)
{
    size_t max = call->terms.body_bytes_max;
    call->body_bytes += bytes.n;
    if (max && call->body_bytes > max) {
        outcome_judge(call, UPSTREAM_TOO_LARGE, "the answer's body is too large");
        return false;
    }
    if (call->sink.on_body) {
        return tell_body(call, bytes);
    }
    buf_str(&call->answer, bytes);
    return buf_ok(&call->answer);
}

/* The piece with which the sink paused was taken; libcurl keeps the one that comes next. */
static size_t on_write(char *p, size_t size, size_t count, void *context)
{
    upstream_call_t *call = context;
    size_t n = size * count;
    if (call->cancelled) {
        return 0;
    }
    if (call->paused) {
        call->held = true;
        return CURL_WRITEFUNC_PAUSE;
    }
    return n == 0 || take_body(call, str_at(p, n)) ? n : 0;
}

/* --- options --- */

typedef struct long_option {
    CURLoption option;
    long value;
} long_option_t;

/* The same for every request. */
static const long_option_t fixed_options[] = {
    {CURLOPT_NOSIGNAL, 1},
    {CURLOPT_QUICK_EXIT, 1}, /* a cancelled name lookup must not hold up the loop */
    {CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1},
    {CURLOPT_HTTP09_ALLOWED, 0},
    {CURLOPT_FOLLOWLOCATION, 0},
    {CURLOPT_NETRC, CURL_NETRC_IGNORED},
    {CURLOPT_UNRESTRICTED_AUTH, 0},
    {CURLOPT_DISALLOW_USERNAME_IN_URL, 1},
    {CURLOPT_SSL_VERIFYPEER, 1},
    {CURLOPT_SSL_VERIFYHOST, 2},
    {CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
    {CURLOPT_MAXAGE_CONN, IDLE_MAX_S},
    {CURLOPT_MAXLIFETIME_CONN, LIFETIME_MAX_S},
};

void must_set(CURLcode code)
{
    if (code != CURLE_OK) {
        fatal_abort("libcurl refuses an option that Tenon needs");
    }
}

static void set_fixed(CURL *easy)
{
    for (size_t i = 0; i < sizeof fixed_options / sizeof *fixed_options; i++) {
        must_set(curl_easy_setopt(easy, fixed_options[i].option, fixed_options[i].value));
    }
    must_set(curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https"));
    must_set(curl_easy_setopt(easy, CURLOPT_PROXY, "")); /* nor one of the environment */
    must_set(curl_easy_setopt(easy, CURLOPT_USERAGENT, "tenon/" TENON_VERSION));
}

static void set_client(CURL *easy, const upstream_t *u)
{
    /* The system's CAs by folder: libcurl looks up the one it needs, where the bundle file would be
     * read as a whole for every connection. */
    must_set(curl_easy_setopt(easy, CURLOPT_CAPATH, u->ca_path));
    must_set(curl_easy_setopt(easy, CURLOPT_CAINFO, u->ca_file));
    must_set(curl_easy_setopt(easy, CURLOPT_CONNECT_TO, u->pins));
    must_set(curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)u->connect_timeout_ms));
}

static void set_callbacks(CURL *easy, upstream_call_t *call)
{
    must_set(curl_easy_setopt(easy, CURLOPT_PRIVATE, call));
    must_set(curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->curl_words));
    must_set(curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, guard_on_socket));
    must_set(curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, call));
    must_set(curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, kept_on_close));
    must_set(curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, call->upstream));
    must_set(curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, guard_on_request));
    must_set(curl_easy_setopt(easy, CURLOPT_PREREQDATA, call));
    must_set(curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header));
    must_set(curl_easy_setopt(easy, CURLOPT_HEADERDATA, call));
    must_set(curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_write));
    must_set(curl_easy_setopt(easy, CURLOPT_WRITEDATA, call));
}

/* POST, PUT and PATCH say Content-Length: 0 when there is nothing to send (RFC 9110 8.6). */
static bool wants_length(const upstream_call_t *call)
{
    return call->body.p || str_is(call->method, "POST") || str_is(call->method, "PUT") ||
           str_is(call->method, "PATCH");
}

/* Not POSTFIELDS: libcurl would send them again without asking. */
static void set_body(CURL *easy, upstream_call_t *call)
{
    must_set(curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L));
    must_set(curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)call->body.n));
    must_set(curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read));
    must_set(curl_easy_setopt(easy, CURLOPT_READDATA, call));
    must_set(curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, on_seek));
    must_set(curl_easy_setopt(easy, CURLOPT_SEEKDATA, call));
}

static void set_method(CURL *easy, upstream_call_t *call)
{
    if (is_head_method(call)) {
        must_set(curl_easy_setopt(easy, CURLOPT_NOBODY, 1L));
        return;
    }
    if (wants_length(call)) {
        set_body(easy, call);
    }
    if (wants_length(call) || !str_is(call->method, "GET")) {
        must_set(curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, call->method.p));
    }
}

/* A body that cannot be rewound keeps libcurl from repeating; where there is none, a new connection
 * does. */
static void set_connection(CURL *easy, const upstream_call_t *call)
{
    bool repeats_unasked = !call->terms.repeatable && call->body.n == 0;
    if (call->terms.fresh_connection || repeats_unasked) {
        must_set(curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L));
    }
    if (call->terms.fresh_connection) {
        must_set(curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L));
    }
}

void transfer_configure(upstream_call_t *call)
{
    CURL *easy = call->easy;
    set_fixed(easy);
    set_client(easy, call->upstream);
    identity_configure(call->upstream, easy);
    set_callbacks(easy, call);
    must_set(curl_easy_setopt(easy, CURLOPT_URL, call->url.p));
    must_set(curl_easy_setopt(easy, CURLOPT_HTTPHEADER, call->headers));
    if (call->terms.decode) {
        must_set(curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip, deflate"));
    }
    set_method(easy, call);
    set_connection(easy, call);
}
