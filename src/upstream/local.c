/* SPDX-License-Identifier: MIT */
#include "upstream/local.h"

#include "upstream/transfer.h"

typedef struct local_call {
    const local_terms_t *terms;
    head_t head;
    buf_t body;
    char words[CURL_ERROR_SIZE];
} local_call_t;

static size_t on_header(char *p, size_t size, size_t count, void *context)
{
    local_call_t *call = context;
    head_step_t step = head_line(&call->head, str_at(p, size * count));
    return step == HEAD_MORE || step == HEAD_COMPLETE ? size * count : 0;
}

static size_t on_body(char *p, size_t size, size_t count, void *context)
{
    local_call_t *call = context;
    const local_terms_t *terms = call->terms;
    if (terms->on_bytes && call->head.status == 200) {
        return terms->on_bytes(terms->context, str_at(p, size * count)) ? size * count : 0;
    }
    buf_add(&call->body, p, size * count);
    return buf_ok(&call->body) ? size * count : 0;
}

static struct curl_slist *headers_in(arena_t *arena, const upstream_request_t *request)
{
    struct curl_slist *list = NULL;
    struct curl_slist **end = &list;
    slist_add_in(arena, &end, "Expect:");
    for (size_t i = 0; i < request->header_count; i++) {
        const message_header_t *h = &request->headers[i];
        slist_add_in(arena, &end,
                     arena_printf(arena, "%.*s: %.*s", STR_ARG(h->name), STR_ARG(h->value)).p);
    }
    return list;
}

static void set_request(CURL *easy, arena_t *arena, const upstream_request_t *request)
{
    curl_easy_setopt(easy, CURLOPT_URL, arena_str(arena, request->url).p);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_in(arena, request));
    if (request->body.p) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.n);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body.p);
    }
    if (str_is(request->method, "HEAD")) {
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    } else {
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, arena_str(arena, request->method).p);
    }
}

static void set_terms(CURL *easy, const local_terms_t *terms, local_call_t *call)
{
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "tenon/" TENON_VERSION);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)terms->timeout_ms);
    curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, terms->socket_path);
    if (terms->ca_file) {
        curl_easy_setopt(easy, CURLOPT_CAINFO, terms->ca_file);
    }
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->words);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, call);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
}

static void take_answer(arena_t *arena, const local_call_t *call, upstream_answer_t *out)
{
    message_header_t *headers =
        arena_array_of(arena, message_header_t, call->head.header_count + 1);
    for (size_t i = 0; i < call->head.header_count; i++) {
        headers[i].name = arena_str(arena, call->head.headers[i].name);
        headers[i].value = arena_str(arena, call->head.headers[i].value);
    }
    *out = (upstream_answer_t){.status = call->head.status,
                               .headers = headers,
                               .header_count = call->head.header_count,
                               .body = arena_str(arena, buf_view(&call->body))};
}

static bool refuse(const local_call_t *call, const local_terms_t *terms, CURLcode code, err_t *err)
{
    const char *why = call->words[0] ? call->words : curl_easy_strerror(code);
    if (!buf_ok(&call->body)) {
        why = "the answer is too large";
    }
    return err_set(err, ERR_host_unreachable, terms->socket_path ? "the host at %s: %s" : "%s%s",
                   terms->socket_path ? terms->socket_path : "", why);
}

bool local_send(arena_t *arena, const upstream_request_t *request, const local_terms_t *terms,
                upstream_answer_t *out, err_t *err)
{
    CURL *easy = curl_easy_init();
    if (!easy) {
        return err_set(err, ERR_host_unreachable, "the HTTP client cannot start");
    }
    local_call_t call = {.terms = terms, .words = ""};
    head_init(&call.head);
    buf_init_wiping(&call.body, terms->body_bytes_max);
    set_request(easy, arena, request);
    set_terms(easy, terms, &call);
    CURLcode code = curl_easy_perform(easy);
    bool ok = code == CURLE_OK && call.head.complete;
    if (ok) {
        take_answer(arena, &call, out);
    } else {
        (void)refuse(&call, terms, code, err);
    }
    curl_easy_cleanup(easy);
    head_fini(&call.head);
    buf_fini(&call.body);
    return ok;
}
