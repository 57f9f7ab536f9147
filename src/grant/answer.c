/* SPDX-License-Identifier: MIT */
/* From a token endpoint's answer to a token, or to what the failure means. */
#include "grant/answer.h"

#include "codec/json.h"
#include "definition/response.h"

void grant_answer_fini(grant_answer_t *a)
{
    json_decref(a->members);
    *a = (grant_answer_t){0};
}

/* --- failures --- */

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

static bool row_fits(const failure_row_t *row, int status, str_t error)
{
    return (!row->status || row->status == status) &&
           (!row->error || (status < 500 && str_is(error, row->error)));
}

static bool refuse(const grant_definition_t *definition, value_scope_t *scope,
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
    for (size_t i = 0; i < sizeof FAILURES / sizeof *FAILURES; i++) {
        if (row_fits(&FAILURES[i], status, error)) {
            code = FAILURES[i].code;
            *failure = FAILURES[i].failure;
            break;
        }
    }
    err->upstream_status = status;
    answer_keep_words(definition, scope, body, err);
    err->retry_after_ms = *failure == FAILURE_REJECTED
                              ? 0
                              : message_pause_ms(answer->headers, answer->header_count,
                                                 scope->scope.wall_ms, STR("x-ratelimit-reset"));
    return err_set(err, code, "the token endpoint answered %d%s%s", status,
                   err->upstream_error[0] ? " " : "", err->upstream_error);
}

static bool refuse_body(const upstream_answer_t *answer, const err_t *why, failure_class_t *failure,
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

/* --- members --- */

/* The names of `answer`, evaluated, beside the members of the body (FORMAT 5: answer). */
static bool add_names(const grant_definition_t *definition, value_scope_t *scope, json_t *members,
                      err_t *err)
{
    for (size_t i = 0; i < definition->answer.count; i++) {
        const named_template_t *name = &definition->answer.list[i];
        json_t *value = NULL;
        switch (template_json(name->template, &scope->scope, &value, err)) {
        case TEMPLATE_FAILED:
            return false;
        case TEMPLATE_ABSENT:
            json_object_deln(members, name->name.p, name->name.n);
            break;
        case TEMPLATE_OK:
            json_object_setn_new(members, name->name.p, name->name.n, value);
            break;
        }
    }
    return true;
}

/* --- the token --- */

static bool check_token(const json_t *members, err_t *err)
{
    str_t token = json_member(members, "access_token");
    if (!token.n) {
        return err_set(err, ERR_token_response_incomplete,
                       "the token answer holds no access_token");
    }
    if (token.n > TOKEN_BYTES_MAX) {
        return err_set(err, ERR_token_too_long, "the access token has %zu bytes", token.n);
    }
    for (size_t i = 0; i < token.n; i++) {
        if (token.p[i] < 0x21 || token.p[i] > 0x7E) {
            return err_set(err, ERR_token_bad_charset,
                           "the access token holds a byte that no header can carry");
        }
    }
    return true;
}

static bool check_type(const grant_definition_t *definition, value_scope_t *scope,
                       const json_t *members, bool *missing, err_t *err)
{
    str_t type = json_member(members, "token_type");
    *missing = type.n == 0;
    if (*missing || str_eq_nocase(type, STR("bearer"))) {
        return true;
    }
    char clean[32];
    answer_clean_words(definition, scope, type, clean, sizeof clean);
    return err_set(err, ERR_token_type_unsupported, "the service issued a token of type `%s`",
                   clean);
}

static bool keeps_refresh_token(const grant_definition_t *definition, const json_t *members)
{
    const grant_type_t *type = grant_type_of(definition->type);
    return type && type->may_refresh && !definition->refresh_off &&
           json_member(members, "refresh_token").n > 0;
}

static bool read_members(const grant_definition_t *definition, value_scope_t *scope,
                         json_t *members, grant_answer_t *out, err_t *err)
{
    if (!add_names(definition, scope, members, err) || !check_token(members, err) ||
        !check_type(definition, scope, members, &out->type_missing, err)) {
        return false;
    }
    out->lifetime_ms = answer_lifetime_ms(definition, members, scope->scope.wall_ms);
    out->refresh_kept = keeps_refresh_token(definition, members);
    out->members = json_incref(members);
    return true;
}

bool grant_read_answer(const grant_definition_t *definition, value_scope_t *scope,
                       const upstream_answer_t *answer, grant_answer_t *out,
                       failure_class_t *failure, err_t *err)
{
    *out = (grant_answer_t){0};
    *failure = FAILURE_BACKOFF;
    err_t why = ERR_INIT;
    json_t *body = answer_reading(answer) == READ_HTML ? NULL : answer_body(answer, &why);
    bool expected = matches_answer(&definition->expect, answer->status, body);
    if (!expected || !json_is_object(body)) {
        bool ok = expected ? refuse_body(answer, &why, failure, err)
                           : refuse(definition, scope, answer, body, failure, err);
        json_decref(body);
        return ok;
    }
    json_t *response = answer_values(answer, json_incref(body));
    scope->response = response;
    json_t *members = json_copy(body);
    bool ok = read_members(definition, scope, members, out, err);
    if (!ok) {
        err->upstream_status = answer->status;
        /* A token that can never be used is not asked for again until something changes. */
        *failure = err->code == ERR_token_type_unsupported ? FAILURE_REJECTED : FAILURE_BACKOFF;
    }
    scope->response = NULL;
    json_decref(members);
    json_decref(response);
    json_decref(body);
    return ok;
}
