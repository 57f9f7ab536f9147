/* SPDX-License-Identifier: MIT */
#include "connection/landing.h"

#include "base/clock.h"
#include "codec/json.h"
#include "seal/hash.h"

enum { MEMBERS_MAX = 2 * TOKEN_ANSWER_BYTES_MAX };
static const int64_t MARGIN_MAX_MS = 60 * 1000;
static const int64_t LIFETIME_DEFAULT_MS = 300 * 1000;
static const int64_t LIFETIME_ENDLESS_MS = INT64_C(10) * 365 * 24 * 60 * 60 * 1000;

/* --- errands --- */

void errand_copy(errand_t *to, const errand_t *from)
{
    *to = *from;
    connection_ref(from->connection);
    json_incref(from->input);
    json_incref(from->oauth);
    json_incref(from->callback);
    json_incref(from->token);
    json_incref(from->response);
    json_incref(from->steps);
}

void errand_fini(errand_t *e)
{
    connection_unref(e->connection);
    json_decref(e->input);
    json_decref(e->oauth);
    json_decref(e->callback);
    json_decref(e->token);
    json_decref(e->response);
    json_decref(e->steps);
    *e = (errand_t){0};
}

void errand_scope_init(errand_scope_t *s, const errand_t *errand, int64_t wall_ms)
{
    connection_scope(errand->connection, &s->values, wall_ms);
    s->values.input = errand->input;
    s->values.callback = errand->callback;
    s->values.token = errand->token;
    s->values.response = errand->response;
    s->values.steps = errand->steps;
    s->oauth = grant_oauth_values(errand->grant, &s->values.scope, errand->oauth);
    if (errand->connection->client) {
        json_object_set_new(s->oauth, "client_id", json_str(errand->connection->client->id));
    }
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

size_t errand_answered(const errand_t *e)
{
    const value_scope_t so_far = {.response = e->response, .steps = e->steps};
    return grant_answered(e->grant, &so_far);
}

bool errand_is_answered(const errand_t *e)
{
    return errand_answered(e) == grant_request_count(e->grant);
}

const step_t *errand_next_step(const errand_t *e)
{
    return grant_step(e->grant, errand_answered(e));
}

static void keep_answer(errand_t *e, json_t *values)
{
    const step_t *step = errand_next_step(e);
    if (!step) {
        e->response = values;
        return;
    }
    if (!e->steps) {
        e->steps = json_object();
    }
    json_object_setn_new(e->steps, step->name.p, step->name.n, values);
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

static void salvage(landing_t *l, const errand_t *errand, const upstream_answer_t *answer)
{
    errand_scope_t scope;
    errand_scope_init(&scope, errand, clock_wall_ms());
    l->refresh_token = grant_refresh_token_so_far(errand->grant, &scope.values, answer);
    errand_scope_fini(&scope);
}

bool landing_take(landing_t *l, errand_t *errand, const upstream_answer_t *answer)
{
    errand_scope_t scope;
    json_t *values = NULL;
    errand_scope_init(&scope, errand, clock_wall_ms());
    bool ok =
        grant_take_answer(errand->grant, &scope.values, answer, &values, &l->failure, &l->err);
    errand_scope_fini(&scope);
    l->answered = true;
    if (ok) {
        keep_answer(errand, values);
    } else {
        salvage(l, errand, answer);
    }
    return ok;
}

static void keep_read(landing_t *l, const grant_answer_t *read)
{
    l->members = read->members;
    l->refresh_token = read->refresh_token;
    l->lifetime_ms = read->lifetime_ms;
}

void landing_read(landing_t *l, const errand_t *errand)
{
    errand_scope_t scope;
    grant_answer_t read;
    errand_scope_init(&scope, errand, clock_wall_ms());
    l->err = ERR_INIT;
    l->ok = grant_read_token(errand->grant, &scope.values, &read, &l->failure, &l->err);
    keep_read(l, &read);
    errand_scope_fini(&scope);
}

void landing_take_made(landing_t *l, const grant_build_t *build, value_scope_t *scope)
{
    grant_answer_t made;
    l->failure = FAILURE_LOCAL;
    l->ok = grant_read_made(build, scope, &made, &l->err);
    keep_read(l, &made);
}

/* What the token endpoint was asked with is spent or not by its answer; a session, which has none,
 * may be by any step. */
void landing_fail(landing_t *l, const errand_t *errand, const upstream_result_t *result)
{
    const outcome_row_t *row = &OUTCOMES[result->outcome];
    const step_t *step = errand_next_step(errand);
    l->may_be_lost = result->sent && !errand->response;
    l->failure = FAILURE_BACKOFF;
    if (step) {
        err_set(&l->err, row->code, "the step `%.*s`: %s", STR_ARG(step->name), row->text);
    } else {
        err_set(&l->err, row->code, "%s", row->text);
    }
    salvage(l, errand, NULL);
}

void landing_stop(landing_t *l, const errand_t *errand, const err_t *err)
{
    errand_scope_t scope;
    l->err = *err;
    l->failure = FAILURE_BACKOFF; /* the requests before it would be made again with each call */
    if (err->code == ERR_upstream_answer_incomplete) {
        errand_scope_init(&scope, errand, clock_wall_ms());
        grant_judge_incomplete(errand->grant, &scope.values, &l->failure, &l->err);
        errand_scope_fini(&scope);
    }
    salvage(l, errand, NULL);
}

void landing_refuse(landing_t *l, failure_class_t failure, const err_t *err)
{
    l->ok = false;
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

token_t *landing_token(const landing_t *l, json_t *members, bool endless)
{
    int64_t untold = endless ? LIFETIME_ENDLESS_MS : LIFETIME_DEFAULT_MS;
    int64_t lifetime = l->lifetime_ms < 0 ? untold : l->lifetime_ms;
    int64_t reuse_until =
        lifetime > 0 ? l->sent_at_ms + lifetime - jittered(token_margin_ms(lifetime)) : 0;
    return token_new(members, l->sent_at_ms, lifetime, reuse_until);
}
