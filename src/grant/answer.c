/* SPDX-License-Identifier: MIT */
/* From a token endpoint's answer to a token, or to what the failure means. */
#include "grant/answer.h"

#include "codec/json.h"
#include "definition/response.h"

void grant_answer_fini(grant_answer_t *a)
{
    json_decref(a->members);
    json_decref(a->refresh_token);
    *a = (grant_answer_t){0};
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

/* A text that is not empty, where the grant keeps one. */
static json_t *refresh_token_of(const grant_definition_t *definition, const json_t *members)
{
    json_t *token = json_object_get(members, "refresh_token");
    return grant_keeps_refresh_token(definition) && json_string_length(token) ? json_incref(token)
                                                                              : NULL;
}

/* The refresh token first: it counts, too, where the rest cannot be used. */
static bool read_members(const grant_definition_t *definition, value_scope_t *scope,
                         json_t *members, grant_answer_t *out, err_t *err)
{
    bool named = add_names(definition, scope, members, err);
    out->refresh_token = refresh_token_of(definition, members);
    if (!named || !check_token(members, err) ||
        !check_type(definition, scope, members, &out->type_missing, err)) {
        return false;
    }
    out->lifetime_ms = answer_lifetime_ms(definition, members, scope->scope.wall_ms);
    out->members = json_incref(members);
    return true;
}

/* An object that the definition takes for a success. */
static bool read_success(const grant_definition_t *definition, value_scope_t *scope,
                         const upstream_answer_t *answer, json_t *body, grant_answer_t *out,
                         err_t *err)
{
    json_t *response = answer_values(answer, json_incref(body));
    json_t *members = json_copy(body);
    scope->response = response;
    bool ok = read_members(definition, scope, members, out, err);
    scope->response = NULL;
    json_decref(members);
    json_decref(response);
    return ok;
}

bool grant_read_answer(const grant_definition_t *definition, value_scope_t *scope,
                       const upstream_answer_t *answer, grant_answer_t *out,
                       failure_class_t *failure, err_t *err)
{
    *out = (grant_answer_t){0};
    *failure = FAILURE_BACKOFF;
    err_t why = ERR_INIT;
    bool is_html = answer_reading(answer) == READ_HTML;
    json_t *body = is_html ? NULL : answer_body(answer, &why);
    bool ok = false;
    if (!matches_answer(&definition->expect, answer->status, body)) {
        ok = answer_refuse(definition, scope, answer, body, failure, err);
    } else if (!json_is_object(body)) {
        if (!is_html && grant_keeps_refresh_token(definition)) {
            out->refresh_token = answer_salvage_refresh_token(answer->body);
        }
        ok = answer_refuse_body(answer, &why, failure, err);
    } else {
        ok = read_success(definition, scope, answer, body, out, err);
        if (!ok) {
            err->upstream_status = answer->status;
            /* A token that can never be used is not asked for again until something changes. */
            *failure = err->code == ERR_token_type_unsupported ? FAILURE_REJECTED : FAILURE_BACKOFF;
        }
    }
    json_decref(body);
    return ok;
}
