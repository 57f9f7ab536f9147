/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "upstream/transfer.h"

void outcome_judge(upstream_call_t *call, upstream_outcome_t outcome, const char *detail)
{
    if (call->judged) {
        return;
    }
    call->judged = true;
    call->verdict = outcome;
    err_clean_text(call->detail, sizeof call->detail, str_of(detail));
}

static bool has_answer(const upstream_call_t *call)
{
    return call->head.bytes > 0;
}

/* The connect timeout covers the handshake; libcurl counts a connection as soon as TCP stands. */
static upstream_outcome_t of_timeout(const upstream_call_t *call)
{
    long connected = 0;
    curl_easy_getinfo(call->easy, CURLINFO_NUM_CONNECTS, &connected);
    return call->https && connected > 0 ? UPSTREAM_TLS : UPSTREAM_UNREACHABLE;
}

/* libcurl has one code for a lost connection and for chunks that are none; only its words differ.
 */
static upstream_outcome_t of_receive_error(const upstream_call_t *call)
{
    if (str_ends(str_of(call->curl_words), STR(" in chunked-encoding"))) {
        return UPSTREAM_MALFORMED;
    }
    return has_answer(call) ? UPSTREAM_TRUNCATED : UPSTREAM_BROKEN;
}

/* A server that closes within the head, or behind an interim answer, is no error to libcurl. */
static upstream_outcome_t of_end(const upstream_call_t *call)
{
    if (call->head.complete) {
        return UPSTREAM_OK;
    }
    return call->head.status ? UPSTREAM_TRUNCATED : UPSTREAM_BROKEN;
}

/* Every address that the name has was refused. */
static bool all_denied(const upstream_call_t *call)
{
    return call->address_denied && call->sockets_opened == 0;
}

static upstream_outcome_t of_code(const upstream_call_t *call, CURLcode code)
{
    switch ((int)code) {
    case CURLE_OK:
        return of_end(call);
    case CURLE_COULDNT_CONNECT:
        return all_denied(call) ? UPSTREAM_DENIED : UPSTREAM_UNREACHABLE;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        return UPSTREAM_UNREACHABLE;
    case CURLE_OPERATION_TIMEDOUT:
        return of_timeout(call);
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ENGINE_INITFAILED:
    case CURLE_SSL_CLIENTCERT:
    case CURLE_USE_SSL_FAILED:
        return UPSTREAM_TLS;
    case CURLE_PARTIAL_FILE:
        return UPSTREAM_TRUNCATED;
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_FAIL_REWIND:
        return UPSTREAM_BROKEN;
    case CURLE_SEND_ERROR:
        return has_answer(call) ? UPSTREAM_TRUNCATED : UPSTREAM_BROKEN;
    case CURLE_RECV_ERROR:
        return of_receive_error(call);
    case CURLE_OUT_OF_MEMORY: /* also a header line past libcurl's own ceiling */
    case CURLE_FILESIZE_EXCEEDED:
        return UPSTREAM_TOO_LARGE;
    case CURLE_UNSUPPORTED_PROTOCOL: /* HTTP/0.9, or another version */
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_BAD_FUNCTION_ARGUMENT: /* a header that libcurl's own list refuses */
    case CURLE_WRITE_ERROR:
        return UPSTREAM_MALFORMED;
    default:
        return has_answer(call) ? UPSTREAM_TRUNCATED : UPSTREAM_BROKEN;
    }
}

/* UNREACHABLE and TLS promise that nothing was sent; a repeat that fails so breaks that promise. */
static upstream_outcome_t keep_promise(upstream_outcome_t outcome, bool sent)
{
    bool promises = outcome == UPSTREAM_UNREACHABLE || outcome == UPSTREAM_TLS;
    return sent && promises ? UPSTREAM_BROKEN : outcome;
}

static const char *words_of(const upstream_call_t *call, CURLcode code, upstream_outcome_t outcome)
{
    if (outcome == UPSTREAM_DENIED) {
        return call->detail;
    }
    if (code == CURLE_OK) {
        return "the connection was closed within the answer's head";
    }
    return call->curl_words[0] ? call->curl_words : curl_easy_strerror(code);
}

void outcome_read(const upstream_call_t *call, CURLcode code, upstream_result_t *out)
{
    *out = (upstream_result_t){.sent = call->attempts > 0, .retry_after_ms = call->retry_after_ms};
    if (call->judged) {
        out->outcome = call->verdict;
        memcpy(out->detail, call->detail, sizeof out->detail);
        return;
    }
    out->outcome = keep_promise(of_code(call, code), out->sent);
    if (out->outcome != UPSTREAM_OK) {
        err_clean_text(out->detail, sizeof out->detail, str_of(words_of(call, code, out->outcome)));
    }
}
