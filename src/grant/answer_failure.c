/* SPDX-License-Identifier: MIT */
/* What an answer without a token means: whose fault it is, and whether and when another attempt may
 * be made. */
#include "codec/json.h"
#include "definition/response.h"
#include "grant/answer.h"
#include "grant/steps.h"

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

/* Of the steps that are a refresh: whatever they are refused for, a sign-in may help. */
static const failure_row_t SESSION_FAILURES[] = {
    {NULL, 400, FAILURE_SIGN_IN, ERR_reauthorise}, {NULL, 401, FAILURE_SIGN_IN, ERR_reauthorise},
    {NULL, 403, FAILURE_SIGN_IN, ERR_reauthorise}, {NULL, 404, FAILURE_SIGN_IN, ERR_reauthorise},
    {NULL, 410, FAILURE_SIGN_IN, ERR_reauthorise}, {NULL, 422, FAILURE_SIGN_IN, ERR_reauthorise},
};

/* Of a device code, looked at first (RFC 8628 3.5). */
static const failure_row_t DEVICE_FAILURES[] = {
    {"authorization_pending", 0, FAILURE_PENDING, ERR_authorization_incomplete},
    {"slow_down", 0, FAILURE_PENDING, ERR_authorization_incomplete},
    {"access_denied", 0, FAILURE_REJECTED, ERR_authorization_incomplete},
    {"expired_token", 0, FAILURE_REJECTED, ERR_authorization_incomplete},
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

/* A refresh by steps alone, which only prolongs what a sign-in began. */
static bool is_session_refresh(const grant_definition_t *definition)
{
    return definition->is_refresh && grant_type_for(definition)->steps_alone;
}

static const failure_row_t *failure_of(const answer_refusal_t *r, int status, str_t error)
{
    const failure_row_t *row = NULL;
    if (is_session_refresh(r->definition)) {
        row = find_row(SESSION_FAILURES, COUNT_OF(SESSION_FAILURES), status, error);
    } else if (r->definition->is_refresh && !r->step) {
        row = find_row(REFRESH_FAILURES, COUNT_OF(REFRESH_FAILURES), status, error);
    } else if (r->definition->type == AUTH_DEVICE_CODE && !r->step) {
        row = find_row(DEVICE_FAILURES, COUNT_OF(DEVICE_FAILURES), status, error);
    }
    return row ? row : find_row(FAILURES, COUNT_OF(FAILURES), status, error);
}

/* Instead of a 401 some services lead back to their page, answer 200, or say that nobody of that
 * name is to be found: what told them a secret has told a wrong one. */
static bool may_be_wrong_secret(const grant_definition_t *definition, const value_scope_t *scope,
                                size_t requests)
{
    return is_session_refresh(definition) || (grant_type_for(definition)->steps_alone &&
                                              steps_tell_secret(definition, scope, requests));
}

static err_code_t refusal_code(const grant_definition_t *definition, failure_class_t *failure)
{
    bool may_sign_in = is_session_refresh(definition);
    *failure = may_sign_in ? FAILURE_SIGN_IN : FAILURE_REJECTED;
    return may_sign_in ? ERR_reauthorise : ERR_credentials_rejected;
}

/* What the status says where no row does. */
static err_code_t code_of_status(const answer_refusal_t *r, failure_class_t *failure)
{
    int status = r->answer->status;
    bool leads_on = status >= 300 && status < 400;
    bool knows_nobody = status == 404 || status == 409 || status == 410;
    size_t requests = grant_answered(r->definition, r->scope) + 1;
    *failure = FAILURE_BACKOFF;
    if (status >= 200 && status < 300) {
        /* An answer that the definition's `expect` does not take for a success. */
        return refusal_code(r->definition, failure);
    }
    if ((leads_on || knows_nobody) && may_be_wrong_secret(r->definition, r->scope, requests)) {
        return refusal_code(r->definition, failure);
    }
    return leads_on ? ERR_token_endpoint_redirect : ERR_token_endpoint_unavailable;
}

static bool tell_refusal(const answer_refusal_t *r, err_code_t code, err_t *err)
{
    char clocks[128];
    const char *gap = err->upstream_error[0] ? " " : "";
    answer_explain_clocks(r, clocks, sizeof clocks);
    if (r->step) {
        return err_set(err, code, "the step `%.*s` was answered %d%s%s%s", STR_ARG(r->step->name),
                       r->answer->status, gap, err->upstream_error, clocks);
    }
    return err_set(err, code, "the token endpoint answered %d%s%s%s", r->answer->status, gap,
                   err->upstream_error, clocks);
}

bool answer_refuse(const answer_refusal_t *r, failure_class_t *failure, err_t *err)
{
    const upstream_answer_t *answer = r->answer;
    err_code_t code = code_of_status(r, failure);
    const failure_row_t *row = failure_of(r, answer->status, json_member(r->body, "error"));
    if (row) {
        code = row->code;
        *failure = row->failure;
    }
    err->upstream_status = answer->status;
    answer_keep_words(r->definition, r->scope, r->body, err);
    err->retry_after_ms = *failure == FAILURE_REJECTED || *failure == FAILURE_SIGN_IN
                              ? 0
                              : message_pause_ms(answer->headers, answer->header_count,
                                                 r->scope->scope.wall_ms, STR("x-ratelimit-reset"));
    return tell_refusal(r, code, err);
}

void grant_judge_incomplete(const grant_definition_t *definition, const value_scope_t *scope,
                            failure_class_t *failure, err_t *err)
{
    *failure = FAILURE_BACKOFF;
    err->code = may_be_wrong_secret(definition, scope, grant_answered(definition, scope))
                    ? refusal_code(definition, failure)
                    : ERR_token_response_incomplete;
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
