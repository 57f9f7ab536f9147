/* SPDX-License-Identifier: MIT */
/* What a token request with its steps is about, and what the answers bring. Pure but for the wall clock. */
#ifndef TENON_CONNECTION_LANDING_H
#define TENON_CONNECTION_LANDING_H

#include "connection/connection.h"
#include "connection/token.h"
#include "grant/grant.h"
#include "upstream/upstream.h"

/* What is asked for, and what the templates of the request see beside the connection's values. Holds references. */
typedef struct errand {
    const connection_t *connection;
    const grant_definition_t *grant; /* of its auth, what that does to refresh, or of a call */
    json_t *input;    /* of a call */
    json_t *oauth;    /* what the occasion brings to `oauth`: refresh_token; code, redirect_uri, code_verifier */
    json_t *callback; /* `callback`: what came back with a person */
    json_t *token;    /* `token` in a refresh: the members before */
    json_t *response, *steps; /* what was answered so far (landing_take), as templates see it */
} errand_t;
/* With references of its own. */
void errand_copy(errand_t *to, const errand_t *from);
void errand_fini(errand_t *e);
/* How many of its requests were answered; the step that is next (NULL: the token request); whether there is none left. */
size_t errand_answered(const errand_t *e);
const step_t *errand_next_step(const errand_t *e);
bool errand_is_answered(const errand_t *e);

/* The refresh token that its grant was given by hand, as text; a new reference, NULL: none. */
json_t *errand_given_token(const errand_t *e);

/* The values of its templates at one moment; borrows the errand. */
typedef struct errand_scope {
    value_scope_t values;
    json_t *oauth;
} errand_scope_t;
void errand_scope_init(errand_scope_t *s, const errand_t *errand, int64_t wall_ms);
void errand_scope_fini(errand_scope_t *s);

typedef struct landing {
    bool ok;
    json_t *members;       /* ok only */
    json_t *refresh_token; /* a new one, as text; NULL: none. Also where the access token cannot be used */
    int64_t lifetime_ms;   /* -1: nobody told */
    int64_t sent_at_ms;    /* clock_boot_ms */
    bool answered;         /* by the token endpoint, whatever it said */
    bool may_be_lost;      /* it went out, and no answer came back: the service may have acted on it */
    failure_class_t failure;
    err_t err;
} landing_t;
/* The next answer, kept for the templates of what follows. False where the definition does not take it: that is the landing. */
CHECKED bool landing_take(landing_t *l, errand_t *errand, const upstream_answer_t *answer);
/* All answers are there: what they say. sent_at_ms is the caller's. */
void landing_read(landing_t *l, const errand_t *errand);
/* A token that was made here, out of its build (grant_is_local); scope: the build's. */
void landing_take_made(landing_t *l, const grant_build_t *build, value_scope_t *scope);
/* Of a request that brought no answer. */
void landing_fail(landing_t *l, const errand_t *errand, const upstream_result_t *result);
/* Of a step that cannot be asked for, since the answers before it lack what it needs (err), or whose address may not be
 * called. */
void landing_stop(landing_t *l, const errand_t *errand, const err_t *err);
/* Nothing was sent. */
void landing_refuse(landing_t *l, failure_class_t failure, const err_t *err);
void landing_fini(landing_t *l);

/* The members of a landing that is ok, as its token shows them: without the refresh token where that is Tenon's own, and
 * with those before that it does not name (FORMAT 5; NULL: none). A new reference that shares nothing. */
json_t *landing_members(const landing_t *l, bool of_connection, const json_t *before);
/* Its token; members are stolen. endless: where nobody told its life, it lives until a service refuses it. */
token_t *landing_token(const landing_t *l, json_t *members, bool endless);
/* min(60 s, 10 % of the life): so long before its end a token is asked for anew. */
int64_t token_margin_ms(int64_t lifetime_ms);

#endif
