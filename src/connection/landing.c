/* SPDX-License-Identifier: MIT */
#include "connection/landing.h"

#include "base/clock.h"
#include "codec/json.h"
#include "seal/hash.h"

enum { MEMBERS_MAX = 2 * TOKEN_ANSWER_BYTES_MAX };
static const int64_t MARGIN_MAX_MS = 60 * 1000;
static const int64_t LIFETIME_DEFAULT_MS = 300 * 1000;

/* --- errands --- */

void errand_copy(errand_t *to, const errand_t *from)
{
    *to = *from;
    connection_ref(from->connection);
    json_incref(from->input);
    json_incref(from->oauth);
    json_incref(from->callback);
    json_incref(from->token);
}

void errand_fini(errand_t *e)
{
    connection_unref(e->connection);
    json_decref(e->input);
    json_decref(e->oauth);
    json_decref(e->callback);
    json_decref(e->token);
    *e = (errand_t){0};
}

void errand_scope_init(errand_scope_t *s, const errand_t *errand, int64_t wall_ms)
{
    connection_scope(errand->connection, &s->values, wall_ms);
    s->values.input = errand->input;
    s->values.callback = errand->callback;
    s->values.token = errand->token;
    s->oauth = grant_oauth_values(errand->grant, &s->values.scope, errand->oauth);
    s->values.oauth = s->oauth;
}

void errand_scope_fini(errand_scope_t *s)
{
    json_decref(s->oauth);
    *s = (errand_scope_t){0};
}

json_t *errand_given_token(const errand_t *e)
{
    const template_t *slot = e->grant->slots[SLOT_REFRESH_TOKEN];
    errand_scope_t scope;
    buf_t text;
    err_t ignored = ERR_INIT;
    errand_scope_init(&scope, e, clock_wall_ms());
    buf_init_wiping(&text, TOKEN_ANSWER_BYTES_MAX);
    bool given = slot && template_text(slot, &scope.values.scope, &text, &ignored) == TEMPLATE_OK;
    json_t *token = given ? json_str(buf_view(&text)) : NULL;
    buf_fini(&text);
    errand_scope_fini(&scope);
    return token;
}

/* --- landings --- */

typedef struct outcome_row {
    err_code_t code;
    const char *text;
} outcome_row_t;

/* What a call that brought no answer is reported as. */
static const outcome_row_t OUTCOMES[] = {
    [UPSTREAM_OK] = {ERR_none, ""},
    [UPSTREAM_UNREACHABLE] = {ERR_token_endpoint_unreachable,
                              "the token endpoint could not be reached"},
    [UPSTREAM_TLS] = {ERR_upstream_tls, "the TLS connection to the token endpoint failed"},
    [UPSTREAM_DENIED] = {ERR_egress_denied, "the token endpoint's address may not be called"},
    [UPSTREAM_TIMEOUT] = {ERR_token_endpoint_timeout, "the token endpoint did not answer in time"},
    [UPSTREAM_BROKEN] = {ERR_token_endpoint_unreachable,
                         "the token endpoint closed the connection without an answer"},
    [UPSTREAM_TRUNCATED] = {ERR_upstream_truncated, "the token endpoint broke off its answer"},
    [UPSTREAM_MALFORMED] = {ERR_token_response_malformed,
                            "the token endpoint answered something that is not HTTP"},
    [UPSTREAM_TOO_LARGE] = {ERR_token_response_too_large,
                            "the token endpoint's answer is too large"},
};

void landing_read(landing_t *l, const errand_t *errand, const upstream_answer_t *answer)
{
    errand_scope_t scope;
    grant_answer_t read;
    errand_scope_init(&scope, errand, clock_wall_ms());
    l->err = ERR_INIT;
    l->answered = true;
    l->ok = grant_read_answer(errand->grant, &scope.values, answer, &read, &l->failure, &l->err);
    l->members = read.members;
    l->refresh_token = read.refresh_token;
    l->lifetime_ms = read.lifetime_ms;
    errand_scope_fini(&scope);
}

void landing_fail(landing_t *l, const upstream_result_t *result)
{
    const outcome_row_t *row = &OUTCOMES[result->outcome];
    l->may_be_lost = result->sent;
    l->failure = FAILURE_BACKOFF;
    err_set(&l->err, row->code, "%s", row->text);
}

void landing_refuse(landing_t *l, failure_class_t failure, const err_t *err)
{
    l->failure = failure;
    l->err = *err;
}

void landing_fini(landing_t *l)
{
    json_decref(l->members);
    json_decref(l->refresh_token);
    *l = (landing_t){.err = ERR_INIT};
}

/* --- its token --- */

int64_t token_margin_ms(int64_t lifetime_ms)
{
    return lifetime_ms / 10 < MARGIN_MAX_MS ? lifetime_ms / 10 : MARGIN_MAX_MS;
}

/* Up to a tenth of the margin either way, so that a thousand connections do not ask in the same
 * second. */
static int64_t jittered(int64_t margin_ms)
{
    uint32_t r;
    random_bytes(&r, sizeof r);
    return margin_ms - margin_ms / 10 + (int64_t)((uint64_t)margin_ms / 5 * r >> 32);
}

static bool holds_text(const json_t *value, str_t text)
{
    const char *name;
    json_t *member;
    size_t i;
    json_object_foreach((json_t *)(uintptr_t)value, name, member)
    {
        if (holds_text(member, text)) {
            return true;
        }
    }
    json_array_foreach(value, i, member)
    {
        if (holds_text(member, text)) {
            return true;
        }
    }
    return json_is_string(value) && str_eq(json_view(value), text);
}

/* Tenon owns the refresh token of a connection; no caller sees it, wherever in the answer it
 * stands. */
static void take_out(json_t *members, str_t refresh_token)
{
    const char *name;
    json_t *member;
    void *next;
    json_object_del(members, "refresh_token");
    json_object_foreach_safe(members, next, name, member)
    {
        if (refresh_token.n && strcmp(name, "access_token") != 0 &&
            holds_text(member, refresh_token)) {
            json_object_del(members, name);
        }
    }
}

/* A service that names other members each time must not make a record grow without end. */
static bool fits(const json_t *members)
{
    buf_t text;
    buf_init_wiping(&text, MEMBERS_MAX);
    json_write(&text, members);
    bool ok = buf_ok(&text);
    buf_fini(&text);
    return ok;
}

/* How long the token before lived says nothing about the new one. */
static void add_before(json_t *members, const json_t *before)
{
    static const char *const LIVES[] = {"expires_in", "expires_in_ms", "expires_at"};
    json_t *copy = json_deep_copy(before);
    for (size_t i = 0; i < sizeof LIVES / sizeof *LIVES; i++) {
        json_object_del(copy, LIVES[i]);
    }
    json_object_update_missing(members, copy);
    json_decref(copy);
}

json_t *landing_members(const landing_t *l, bool of_connection, const json_t *before)
{
    json_t *members = json_deep_copy(l->members);
    if (of_connection) {
        take_out(members, json_member(l->members, "refresh_token"));
    }
    if (before) {
        json_t *all = json_copy(members);
        add_before(all, before);
        json_t *kept = fits(all) ? all : members;
        json_decref(kept == all ? members : all);
        members = kept;
    }
    return members;
}

token_t *landing_token(const landing_t *l, json_t *members)
{
    int64_t lifetime = l->lifetime_ms < 0 ? LIFETIME_DEFAULT_MS : l->lifetime_ms;
    int64_t reuse_until =
        lifetime > 0 ? l->sent_at_ms + lifetime - jittered(token_margin_ms(lifetime)) : 0;
    return token_new(members, l->sent_at_ms, lifetime, reuse_until);
}
