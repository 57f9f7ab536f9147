/* SPDX-License-Identifier: MIT */
/* From a token endpoint's answer to a token, or to what the failure means. */
#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "codec/form.h"
#include "codec/json.h"
#include "codec/url.h"
#include "definition/response.h"
#include "grant/grant.h"

enum { SECRET_MAX = 8 * 1024 * 1024 };
static const int64_t LIFETIME_MAX_MS = 24LL * 60 * 60 * 1000;

void grant_answer_fini(grant_answer_t *a)
{
    json_decref(a->members);
    *a = (grant_answer_t){0};
}

/* --- the service's own words --- */

static void blacken(buf_t *text, str_t secret)
{
    enum { SHORTEST = 4 }; /* shorter ones would blacken half the text */
    for (size_t at = 0; secret.n >= SHORTEST && (at = str_find(buf_view(text), secret, at)) != SIZE_MAX; at += secret.n) {
        memset(text->p + at, '*', secret.n);
    }
}

static void json_inside(buf_t *to, str_t text)
{
    json_write_string(to, text);
    memmove(to->p, to->p + 1, to->n - 2); /* without its quotes */
    to->n -= 2;
}

/* As it is, and as it went out in a form, a URL or JSON. */
static void redact_value(buf_t *text, str_t secret)
{
    static void (*const ENCODE[])(buf_t *, str_t) = {url_encode_form, url_encode_query, json_inside};
    blacken(text, secret);
    for (size_t i = 0; i < sizeof ENCODE / sizeof *ENCODE; i++) {
        buf_t encoded;
        buf_init_wiping(&encoded, SECRET_MAX);
        ENCODE[i](&encoded, secret);
        blacken(text, buf_view(&encoded));
        buf_fini(&encoded);
    }
}

static void redact_fields(buf_t *text, const fields_t *fields, const json_t *values)
{
    for (size_t i = 0; i < fields->count; i++) {
        if (fields->list[i].secret) {
            redact_value(text, json_view(json_object_getn(values, fields->list[i].name.p, fields->list[i].name.n)));
        }
    }
}

/* Secrets that came with the call: those of the action whose grant it is. */
static void redact_input(buf_t *text, const grant_definition_t *definition, const value_scope_t *scope)
{
    for (size_t i = 0; scope->input && i < scope->connector->action_count; i++) {
        if (scope->connector->actions[i].grant == definition) {
            redact_fields(text, &scope->connector->actions[i].input, scope->input);
        }
    }
}

/* A service may echo what it was sent (hostile case U49): nothing secret may come through. */
static void redact(buf_t *text, const grant_definition_t *definition, value_scope_t *scope)
{
    static const credential_slot_t SECRETS[] = {SLOT_PASSWORD, SLOT_CLIENT_SECRET, SLOT_REFRESH_TOKEN,
                                                SLOT_SUBJECT_TOKEN, SLOT_ACTOR_TOKEN};
    for (size_t i = 0; i < sizeof SECRETS / sizeof *SECRETS; i++) {
        const template_t *slot = definition->slots[SECRETS[i]];
        buf_t value;
        err_t ignored = ERR_INIT;
        buf_init_wiping(&value, TOKEN_ANSWER_BYTES_MAX);
        if (slot && template_text(slot, &scope->scope, &value, &ignored) == TEMPLATE_OK) {
            redact_value(text, buf_view(&value));
        }
        buf_fini(&value);
    }
    if (scope->connection && scope->connector) {
        redact_fields(text, &scope->connector->parameters, scope->connection);
        if (scope->auth) {
            redact_fields(text, &scope->auth->parameters, scope->connection);
        }
    }
    if (scope->connector) {
        redact_input(text, definition, scope);
    }
}

/* Looked through before and after cleaning, which can break a secret up and can put one together. */
static void keep_clean(const grant_definition_t *definition, value_scope_t *scope, str_t words, char *to, size_t size)
{
    buf_t text, clean;
    buf_init_wiping(&text, TOKEN_ANSWER_BYTES_MAX);
    buf_init_wiping(&clean, TOKEN_ANSWER_BYTES_MAX + 1);
    buf_str(&text, words);
    redact(&text, definition, scope);
    if (buf_reserve(&clean, text.n + 1)) {
        err_clean_text(clean.p, text.n + 1, buf_view(&text));
        clean.n = strlen(clean.p);
    }
    redact(&clean, definition, scope);
    err_clean_text(to, size, buf_view(&clean));
    buf_fini(&text);
    buf_fini(&clean);
}

static void keep_words(const grant_definition_t *definition, value_scope_t *scope, const json_t *body, err_t *err)
{
    keep_clean(definition, scope, json_member(body, "error"), err->upstream_error, sizeof err->upstream_error);
    keep_clean(definition, scope, json_member(body, "error_description"), err->upstream_description,
               sizeof err->upstream_description);
}

/* --- failures --- */

typedef struct failure_row {
    const char *error; /* of the answer; NULL: any */
    int status;        /* 0: any */
    failure_class_t failure;
    err_code_t code;
} failure_row_t;

/* The first row that fits. What a wrong password may be answered with is never a 5xx, so that no platform
 * repeats it by itself. */
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
    return (!row->status || row->status == status) && (!row->error || (status < 500 && str_is(error, row->error)));
}

static bool refuse(const grant_definition_t *definition, value_scope_t *scope, const upstream_answer_t *answer,
                   const json_t *body, failure_class_t *failure, err_t *err)
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
    keep_words(definition, scope, body, err);
    err->retry_after_ms = *failure == FAILURE_REJECTED
                              ? 0
                              : message_pause_ms(answer->headers, answer->header_count, scope->scope.wall_ms,
                                                 STR("x-ratelimit-reset"));
    return err_set(err, code, "the token endpoint answered %d%s%s", status, err->upstream_error[0] ? " " : "",
                   err->upstream_error);
}

static bool refuse_body(const upstream_answer_t *answer, const err_t *why, failure_class_t *failure, err_t *err)
{
    *failure = FAILURE_BACKOFF;
    err->upstream_status = answer->status;
    str_t text = str_trim(answer->body);
    if (why->code == ERR_json_duplicate_key) {
        return err_set(err, ERR_token_response_ambiguous, "the token answer names a member twice");
    }
    if (answer_reading(answer) == READ_HTML || text.n == 0 || (text.p[0] != '{' && text.p[0] != '\xEF')) {
        return err_set(err, ERR_token_response_not_json, "the token endpoint answered %d, but not with JSON",
                       answer->status);
    }
    return err_set(err, ERR_token_response_malformed, "the token answer is not valid JSON");
}

/* --- members and lifetime --- */

/* The names of `answer`, evaluated, beside the members of the body (FORMAT 5: answer). */
static bool add_names(const grant_definition_t *definition, value_scope_t *scope, json_t *members, err_t *err)
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

/* A number, or a text that is one ("1800", " 1800 "); NAN where it is none. */
static double number_of(const json_t *value)
{
    if (json_is_number(value)) {
        return json_number_value(value);
    }
    str_t text = str_trim(json_view(value));
    char digits[40];
    if (text.n == 0 || text.n >= sizeof digits) {
        return NAN;
    }
    memcpy(digits, text.p, text.n);
    digits[text.n] = '\0';
    char *end;
    double number = strtod(digits, &end);
    return *end == '\0' && isfinite(number) ? number : NAN;
}

static int64_t clamp_ms(double ms)
{
    return ms <= 0 ? 0 : ms >= (double)LIFETIME_MAX_MS ? LIFETIME_MAX_MS : (int64_t)ms;
}

/* What stands behind the seconds of a date: a fraction, then Z, +02:00, +0200, +02 or nothing (UTC). */
static int64_t zone_ms(const char *rest)
{
    int digits[4] = {0};
    size_t count = 0;
    while (*rest == '.' || ascii_is_digit(*rest)) {
        rest++;
    }
    if (*rest != '+' && *rest != '-') {
        return 0;
    }
    for (const char *at = rest + 1; count < 4 && (ascii_is_digit(*at) || *at == ':'); at++) {
        if (*at != ':') {
            digits[count++] = *at - '0';
        }
    }
    int64_t minutes = (digits[0] * 10 + digits[1]) * 60 + digits[2] * 10 + digits[3];
    return (*rest == '-' ? -60000 : 60000) * minutes;
}

/* expires_at: seconds or milliseconds since the epoch, or an ISO 8601 date; -1 where it is none of these. */
static int64_t lifetime_until(const json_t *at, int64_t wall_ms)
{
    double number = number_of(at);
    if (!isnan(number)) {
        return clamp_ms((number > 1e11 ? number : number * 1000) - (double)wall_ms);
    }
    str_t text = json_view(at);
    char date[40];
    struct tm tm = {0};
    if (text.n < 19 || text.n >= sizeof date) {
        return -1;
    }
    memcpy(date, text.p, text.n);
    date[text.n] = '\0';
    const char *rest = strptime(date, "%Y-%m-%dT%H:%M:%S", &tm);
    return rest ? clamp_ms((double)timegm(&tm) * 1000 - (double)zone_ms(rest) - (double)wall_ms) : -1;
}

/* RFC 6749 5.1 recommends expires_in; what is absent or unreadable falls back to the definition. */
static int64_t lifetime_of(const grant_definition_t *definition, const json_t *members, int64_t wall_ms)
{
    double seconds = number_of(json_object_get(members, "expires_in"));
    if (!isnan(seconds)) {
        return clamp_ms(floor(seconds) * 1000);
    }
    double ms = number_of(json_object_get(members, "expires_in_ms"));
    if (!isnan(ms)) {
        return clamp_ms(ms);
    }
    int64_t until = lifetime_until(json_object_get(members, "expires_at"), wall_ms);
    if (until >= 0) {
        return until;
    }
    return definition->lifetime_ms ? definition->lifetime_ms : -1;
}

/* --- the token --- */

static bool check_token(const json_t *members, err_t *err)
{
    str_t token = json_member(members, "access_token");
    if (!token.n) {
        return err_set(err, ERR_token_response_incomplete, "the token answer holds no access_token");
    }
    if (token.n > TOKEN_BYTES_MAX) {
        return err_set(err, ERR_token_too_long, "the access token has %zu bytes", token.n);
    }
    for (size_t i = 0; i < token.n; i++) {
        if (token.p[i] < 0x21 || token.p[i] > 0x7E) {
            return err_set(err, ERR_token_bad_charset, "the access token holds a byte that no header can carry");
        }
    }
    return true;
}

static bool check_type(const json_t *members, bool *missing, err_t *err)
{
    str_t type = json_member(members, "token_type");
    *missing = type.n == 0;
    if (*missing || str_eq_nocase(type, STR("bearer"))) {
        return true;
    }
    char clean[32];
    err_clean_text(clean, sizeof clean, type);
    return err_set(err, ERR_token_type_unsupported, "the service issued a token of type `%s`", clean);
}

static bool keeps_refresh_token(const grant_definition_t *definition, const json_t *members)
{
    const grant_type_t *type = grant_type_of(definition->type);
    return type && type->may_refresh && !definition->refresh_off && json_member(members, "refresh_token").n > 0;
}

static bool read_members(const grant_definition_t *definition, value_scope_t *scope, json_t *members,
                         grant_answer_t *out, err_t *err)
{
    if (!add_names(definition, scope, members, err) || !check_token(members, err) ||
        !check_type(members, &out->type_missing, err)) {
        return false;
    }
    out->lifetime_ms = lifetime_of(definition, members, scope->scope.wall_ms);
    out->refresh_kept = keeps_refresh_token(definition, members);
    out->members = json_incref(members);
    return true;
}

bool grant_read_answer(const grant_definition_t *definition, value_scope_t *scope, const upstream_answer_t *answer,
                       grant_answer_t *out, failure_class_t *failure, err_t *err)
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
