/* SPDX-License-Identifier: MIT */
/* What an answer without a token means: whose fault it is, and whether and when another attempt may
 * be made. */
#include "codec/json.h"
#include "definition/response.h"
#include "grant/answer.h"

typedef struct failure_row {
    const char *error; /* of the answer; NULL: any */
    int status;        /* 0: any */
    failure_class_t failure;
    err_code_t code;
} failure_row_t;

/* The first row that fits. What a wrong password may be answered with is never a 5xx, so that no
 * platform repeats it by itself. */
static const failure_row_t FAILURES[] = {
    {"too_many_attempts", 0, FAILURE_LOCKED, ERR_account_locked},
    {NULL, 423, FAILURE_LOCKED, ERR_account_locked},
    {"slow_down", 0, FAILURE_BACKOFF, ERR_token_endpoint_throttled},
    {"temporarily_unavailable", 0, FAILURE_BACKOFF, ERR_token_endpoint_unavailable},
    {"server_error", 0, FAILURE_BACKOFF, ERR_token_endpoint_unavailable},
    {NULL, 429, FAILURE_BACKOFF, ERR_token_endpoint_throttled},
    {NULL, 400, FAILURE_REJECTED, ERR_credentials_rejected},
    {NULL, 401, FAILURE_REJECTED, ERR_credentials_rejected},
    {NULL, 403, FAILURE_REJECTED, ERR_credentials_rejected},
    {NULL, 422, FAILURE_REJECTED, ERR_credentials_rejected},
};

/* Of a refresh, looked at first (RFC 6749 5.2). What is not said to be the fault of client or
 * request is the refresh token's. */
static const failure_row_t REFRESH_FAILURES[] = {
    {"invalid_grant", 0, FAILURE_SIGN_IN, ERR_reauthorise},
    {"invalid_token", 0, FAILURE_SIGN_IN, ERR_reauthorise},
    {"invalid_client", 0, FAILURE_REJECTED, ERR_credentials_rejected},
    {"invalid_scope", 0, FAILURE_REJECTED, ERR_credentials_rejected},
    {"invalid_request", 400, FAILURE_REJECTED, ERR_credentials_rejected},
    {"unauthorized_client", 0, FAILURE_SIGN_IN, ERR_credentials_rejected},
    {"unsupported_grant_type", 0, FAILURE_SIGN_IN, ERR_credentials_rejected},
    {"too_many_attempts", 0, FAILURE_LOCKED, ERR_account_locked},
    {"slow_down", 0, FAILURE_BACKOFF, ERR_token_endpoint_throttled},
    {"temporarily_unavailable", 0, FAILURE_BACKOFF, ERR_token_endpoint_unavailable},
    {"server_error", 0, FAILURE_BACKOFF, ERR_token_endpoint_unavailable},
    {"", 400, FAILURE_SIGN_IN, ERR_token_rejected_unknown}, /* glewlwyd, of a spent one */
    {NULL, 400, FAILURE_SIGN_IN, ERR_reauthorise},          /* interaction_required… */
};

static bool row_fits(const failure_row_t *row, int status, str_t error)
{
    return (!row->status || row->status == status) &&
           (!row->error || (status < 500 && str_is(error, row->error)));
}

static const failure_row_t *find_row(const failure_row_t *rows, size_t count, int status,
                                     str_t error)
{
    for (size_t i = 0; i < count; i++) {
        if (row_fits(&rows[i], status, error)) {
            return &rows[i];
        }
    }
    return NULL;
}

#define COUNT_OF(rows) (sizeof(rows) / sizeof *(rows))

static const failure_row_t *failure_of(const grant_definition_t *definition, int status,
                                       str_t error)
{
    const failure_row_t *row =
        definition->is_refresh
            ? find_row(REFRESH_FAILURES, COUNT_OF(REFRESH_FAILURES), status, error)
            : NULL;
    return row ? row : find_row(FAILURES, COUNT_OF(FAILURES), status, error);
}

bool answer_refuse(const grant_definition_t *definition, value_scope_t *scope,
                   const upstream_answer_t *answer, const json_t *body, failure_class_t *failure,
                   err_t *err)
{
    int status = answer->status;
    str_t error = json_member(body, "error");
    err_code_t code = ERR_token_endpoint_unavailable;
    *failure = FAILURE_BACKOFF;
    if (status >= 300 && status < 400) {
        code = ERR_token_endpoint_redirect;
    } else if (status >= 200 && status < 300) {
        /* An answer that the definition's `expect` does not take for a success. */
        code = ERR_credentials_rejected;
        *failure = FAILURE_REJECTED;
    }
    const failure_row_t *row = failure_of(definition, status, error);
    if (row) {
        code = row->code;
        *failure = row->failure;
    }
    err->upstream_status = status;
    answer_keep_words(definition, scope, body, err);
    err->retry_after_ms = *failure == FAILURE_REJECTED || *failure == FAILURE_SIGN_IN
                              ? 0
                              : message_pause_ms(answer->headers, answer->header_count,
                                                 scope->scope.wall_ms, STR("x-ratelimit-reset"));
    return err_set(err, code, "the token endpoint answered %d%s%s", status,
                   err->upstream_error[0] ? " " : "", err->upstream_error);
}

bool answer_refuse_body(const upstream_answer_t *answer, const err_t *why, failure_class_t *failure,
                        err_t *err)
{
    *failure = FAILURE_BACKOFF;
    err->upstream_status = answer->status;
    str_t text = str_trim(answer->body);
    if (why->code == ERR_json_duplicate_key) {
        return err_set(err, ERR_token_response_ambiguous, "the token answer names a member twice");
    }
    if (answer_reading(answer) == READ_HTML || text.n == 0 ||
        (text.p[0] != '{' && text.p[0] != '\xEF')) {
        return err_set(err, ERR_token_response_not_json,
                       "the token endpoint answered %d, but not with JSON", answer->status);
    }
    return err_set(err, ERR_token_response_malformed, "the token answer is not valid JSON");
}
