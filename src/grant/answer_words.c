/* SPDX-License-Identifier: MIT */
/* The service's own words about a refusal: cleaned, cut, and without what was sent to it in secret.
 */
#include <stdlib.h>

#include "codec/form.h"
#include "codec/json.h"
#include "codec/url.h"
#include "grant/answer.h"

enum { SECRET_MAX = 8 * 1024 * 1024 };

static void blacken(buf_t *text, str_t secret)
{
    enum { SHORTEST = 4 }; /* shorter ones would blacken half the text */
    for (size_t at = 0;
         secret.n >= SHORTEST && (at = str_find(buf_view(text), secret, at)) != SIZE_MAX;
         at += secret.n) {
        memset(text->p + at, '*', secret.n);
    }
}

static bool is_jwt_char(char c)
{
    return ascii_is_alnum(c) || c == '-' || c == '_' || c == '.';
}

/* An assertion that was sent is good for a minute yet, and a token for longer: whatever is a signed
 * JWT (RFC 7515 7.1; its header is an object, hence the first three). */
static void redact_jwts(buf_t *text)
{
    for (size_t at = 0; (at = str_find(buf_view(text), STR("eyJ"), at)) != SIZE_MAX;) {
        size_t begin = at, dots = 0;
        for (; at < text->n && is_jwt_char(text->p[at]); at++) {
            dots += text->p[at] == '.';
        }
        if (dots >= 2) {
            memset(text->p + begin, '*', at - begin);
        }
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
    static void (*const ENCODE[])(buf_t *, str_t) = {url_encode_form, url_encode_query,
                                                     json_inside};
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
            redact_value(text, json_view(json_object_getn(values, fields->list[i].name.p,
                                                          fields->list[i].name.n)));
        }
    }
}

/* Secrets that came with the call: those of the action whose grant it is. */
static void redact_input(buf_t *text, const grant_definition_t *definition,
                         const value_scope_t *scope)
{
    for (size_t i = 0; scope->input && i < scope->connector->action_count; i++) {
        if (scope->connector->actions[i].grant == definition) {
            redact_fields(text, &scope->connector->actions[i].input, scope->input);
        }
    }
}

/* What earlier answers of the sign-in brought may be tokens, and any step may have sent them. Words
 * are shorter. */
static void redact_answers(buf_t *text, const json_t *value)
{
    enum { TOKEN_SHORTEST = 12 };
    const char *name;
    json_t *member;
    size_t i;
    str_t found = json_view(value);
    if (found.n >= TOKEN_SHORTEST && found.n <= text->n) {
        redact_value(text, found);
    }
    json_object_foreach((json_t *)(uintptr_t)value, name, member)
    {
        redact_answers(text, member);
    }
    json_array_foreach(value, i, member)
    {
        redact_answers(text, member);
    }
}

/* A service may echo what it was sent (hostile case U49): nothing secret may come through. */
static void redact(buf_t *text, const grant_definition_t *definition, value_scope_t *scope)
{
    static const credential_slot_t SECRETS[] = {SLOT_PASSWORD, SLOT_CLIENT_SECRET,
                                                SLOT_REFRESH_TOKEN, SLOT_SUBJECT_TOKEN,
                                                SLOT_ACTOR_TOKEN};
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
    redact_answers(text, scope->response);
    redact_answers(text, scope->steps);
    redact_jwts(text);
}

/* Looked through before and after cleaning, which can break a secret up and can put one together.
 */
void answer_clean_words(const grant_definition_t *definition, value_scope_t *scope, str_t words,
                        char *to, size_t size)
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

void answer_keep_words(const grant_definition_t *definition, value_scope_t *scope,
                       const json_t *body, err_t *err)
{
    answer_clean_words(definition, scope, json_member(body, "error"), err->upstream_error,
                       sizeof err->upstream_error);
    answer_clean_words(definition, scope, json_member(body, "error_description"),
                       err->upstream_description, sizeof err->upstream_description);
}
