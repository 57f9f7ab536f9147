/* SPDX-License-Identifier: MIT */
/* RFC 7009: a token that is not needed any more is given back. */
#include "codec/json.h"
#include "definition/response.h"
#include "grant/side_request.h"

bool grant_revocation_request(grant_build_t *build, upstream_request_t *out, err_t *err)
{
    const side_request_t side = {ENDPOINT_REVOKE, NULL};
    grant_add_occasion(build, "token");
    grant_add_occasion(build, "token_type_hint");
    return grant_side_request(build, &side, out, err);
}

/* 2.2.1: 503 is to be tried again; what else says nothing about the request is, too. */
static bool is_transient(int status)
{
    return status >= 500 || status == 429 || status == 408;
}

revocation_answer_t grant_revocation_answer(const upstream_answer_t *answer, char *error,
                                            size_t size)
{
    err_t ignored = ERR_INIT;
    bool taken = answer->status >= 200 && answer->status <= 299; /* also of a token that is none */
    json_t *body = taken ? NULL : answer_body(answer, &ignored);
    err_clean_text(error, size, json_member(body, "error"));
    bool unsupported = str_is(json_member(body, "error"), "unsupported_token_type");
    json_decref(body);
    return taken                          ? REVOCATION_DONE
           : unsupported                  ? REVOCATION_UNSUPPORTED
           : is_transient(answer->status) ? REVOCATION_LATER
                                          : REVOCATION_REFUSED;
}
