/* SPDX-License-Identifier: MIT */
/* From a token endpoint's answer to a token, or to what the failure means. */
#include "grant/answer.h"

#include "codec/json.h"
#include "definition/response.h"
#include "grant/proof.h"

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

static bool check_token(const grant_definition_t *definition, const json_t *members, err_t *err)
{
    str_t token = json_member(members, "access_token");
    if (!token.n) {
        return err_set(err, ERR_token_response_incomplete, "the %s no access_token",
                       definition->steps.count ? "sign-in was answered, but brought"
                                               : "token answer holds");
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

/* Who asked for a token that is bound to a key does not take one that is not (RFC 9449 5). */
static bool is_usable(const grant_definition_t *definition, str_t type)
{
    const grant_type_t *grant = grant_type_for(definition);
    return str_eq_nocase(type, definition->dpop ? STR(PROOF_TOKEN_TYPE) : STR("bearer")) ||
           (grant && grant->other_token_type &&
            str_eq_nocase(type, str_of(grant->other_token_type)));
}

static bool check_type(const grant_definition_t *definition, value_scope_t *scope,
                       const json_t *members, bool *missing, err_t *err)
{
    str_t type = json_member(members, "token_type");
    *missing = type.n == 0 && !definition->dpop;
    if (*missing || is_usable(definition, type)) {
        return true;
    }
    char clean[32];
    answer_clean_words(definition, scope, type, clean, sizeof clean);
    return err_set(err, ERR_token_type_unsupported, "the service issued a token of type `%s`",
                   clean);
}

static bool check_needed(const grant_definition_t *definition, const json_t *members, err_t *err)
{
    const grant_type_t *grant = grant_type_for(definition);
    const char *name = grant ? grant->answer_needs : NULL;
    return !name || json_member(members, name).n ||
           err_set(err, ERR_token_response_incomplete, "the token answer holds no %s", name);
}

/* A text that is not empty, where the grant keeps one. */
static json_t *refresh_token_of(const grant_definition_t *definition, const json_t *members)
{
    json_t *token = json_object_get(members, "refresh_token");
    return grant_keeps_refresh_token(definition) && json_string_length(token) ? json_incref(token)
                                                                              : NULL;
}

/* --- one answer --- */

/* Of the token request (step NULL) or a step. Some services refuse a device code with 200. */
static bool is_refusal(const grant_definition_t *definition, const step_t *step, int status,
                       const json_t *body)
{
    bool of_code = definition->type == AUTH_DEVICE_CODE && !definition->is_refresh && !step;
    bool says_so =
        of_code && json_member(body, "error").n && !json_object_get(body, "access_token");
    return says_so ||
           !matches_answer(step ? &step->request.expect : &definition->expect, status, body);
}

/* NULL: it cannot be read; *why tells. */
static json_t *body_of(const grant_definition_t *definition, const step_t *step,
                       const upstream_answer_t *answer, err_t *why)
{
    const grant_type_t *type = grant_type_for(definition);
    if (!step && type && type->read_body) {
        return type->read_body(answer);
    }
    return answer_reading(answer) == READ_HTML ? NULL : answer_body(answer, why);
}

bool grant_answer_refuses(const grant_definition_t *definition, const upstream_answer_t *answer)
{
    err_t ignored = ERR_INIT;
    json_t *body = body_of(definition, NULL, answer, &ignored);
    bool refuses = is_refusal(definition, NULL, answer->status, body);
    json_decref(body);
    return refuses;
}

bool grant_take_answer(const grant_definition_t *definition, value_scope_t *scope,
                       const upstream_answer_t *answer, json_t **values, failure_class_t *failure,
                       err_t *err)
{
    const step_t *step = grant_step(definition, grant_answered(definition, scope));
    err_t why = ERR_INIT;
    json_t *body = body_of(definition, step, answer, &why);
    bool ok = false;
    *failure = FAILURE_BACKOFF;
    if (is_refusal(definition, step, answer->status, body)) {
        ok =
            answer_refuse(&(answer_refusal_t){definition, step, scope, answer, body}, failure, err);
    } else if (!step && !json_is_object(body)) {
        ok = answer_refuse_body(answer, &why, failure, err);
    } else {
        *values = answer_values(answer, json_incref(body), scope->scope.wall_ms);
        ok = true;
    }
    json_decref(body);
    return ok;
}

/* --- all of them --- */

/* What `answer` starts from: the members of the token answer. */
static json_t *members_of(const value_scope_t *scope)
{
    json_t *body = json_object_get(scope->response, "body");
    return json_is_object(body) ? json_copy(body) : json_object();
}

/* FORMAT 5: what is missing in a refresh keeps its value; so a session that only was prolonged goes
 * on. */
static void keep_token(const grant_definition_t *definition, const value_scope_t *scope,
                       json_t *members)
{
    json_t *before = json_object_get(scope->token, "access_token");
    if (before && definition->is_refresh && grant_type_for(definition)->steps_alone &&
        !json_object_get(members, "access_token")) {
        json_object_set(members, "access_token", before);
    }
}

/* The refresh token first: it counts, too, where the rest cannot be used. */
static bool read_members(const grant_definition_t *definition, value_scope_t *scope,
                         json_t *members, grant_answer_t *out, err_t *err)
{
    bool named = add_names(definition, scope, members, err);
    out->refresh_token = refresh_token_of(definition, members);
    keep_token(definition, scope, members);
    if (!named || !check_token(definition, members, err) ||
        !check_type(definition, scope, members, &out->type_missing, err) ||
        !check_needed(definition, members, err)) {
        return false;
    }
    out->lifetime_ms = answer_lifetime_ms(definition, members, scope->scope.wall_ms);
    out->members = json_incref(members);
    return true;
}

static int last_status(const grant_definition_t *definition, const value_scope_t *scope)
{
    size_t answered = grant_answered(definition, scope);
    const step_t *step = answered ? grant_step(definition, answered - 1) : NULL;
    const json_t *last =
        step ? json_object_getn(scope->steps, step->name.p, step->name.n) : scope->response;
    return (int)json_integer_value(json_object_get(last, "status"));
}

bool grant_read_token(const grant_definition_t *definition, value_scope_t *scope,
                      grant_answer_t *out, failure_class_t *failure, err_t *err)
{
    *out = (grant_answer_t){0};
    json_t *members = members_of(scope);
    bool ok = read_members(definition, scope, members, out, err);
    json_decref(members);
    if (ok) {
        return true;
    }
    err->upstream_status = last_status(definition, scope);
    *failure = FAILURE_BACKOFF;
    if (err->code == ERR_token_type_unsupported) {
        *failure = FAILURE_REJECTED; /* it is not asked for again until something changes */
    } else if (err->code == ERR_token_response_incomplete) {
        grant_judge_incomplete(definition, scope, failure, err);
    }
    return false;
}

json_t *grant_refresh_token_so_far(const grant_definition_t *definition, value_scope_t *scope,
                                   const upstream_answer_t *answer)
{
    err_t ignored = ERR_INIT;
    size_t answered = grant_answered(definition, scope);
    bool unread = answer && answered == 0 && !grant_step(definition, 0) &&
                  matches_answer(&definition->expect, answer->status, NULL) &&
                  answer_reading(answer) != READ_HTML;
    if (unread) {
        return grant_keeps_refresh_token(definition) ? answer_salvage_refresh_token(answer->body)
                                                     : NULL;
    }
    if (answered == 0) {
        return NULL;
    }
    json_t *members = members_of(scope);
    (void)add_names(definition, scope, members, &ignored);
    json_t *token = refresh_token_of(definition, members);
    json_decref(members);
    return token;
}

bool grant_read_made(const grant_build_t *build, value_scope_t *scope, grant_answer_t *out,
                     err_t *err)
{
    json_t *members = json_object();
    *out = (grant_answer_t){0};
    for (size_t i = 0; i < build->parameters.count; i++) {
        const grant_parameter_t *p = &build->parameters.list[i];
        json_object_setn(members, p->name.p, p->name.n, p->value);
    }
    bool ok = read_members(build->definition, scope, members, out, err);
    json_decref(members);
    return ok;
}
