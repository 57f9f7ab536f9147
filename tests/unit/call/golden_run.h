/* SPDX-License-Identifier: MIT */
/* Makes the requests of golden cases: those to token endpoints through grant, those to APIs through
 * bind and build. */
#ifndef TENON_TESTS_UNIT_CALL_GOLDEN_RUN_H
#define TENON_TESTS_UNIT_CALL_GOLDEN_RUN_H

#include "call/golden.h"

#include "call/field_text.h"
#include "codec/url.h"
#include "definition/value/check.h"
#include "grant/grant.h"
#include "request/draft.h"

typedef struct run_context {
    arena_t *arena;
    const golden_t *golden;
    connector_t *connector;
    connection_t *connection;
    token_t *token;
    json_t *oauth;        /* what the occasion of a grant brings; NULL: nothing */
    json_t *step_answers; /* of the action's preparing calls; NULL: it has none */
} run_context_t;

/* A call of the action as it comes over the wire. */
typedef struct call {
    buf_t path, query, body;
    json_t *members;
    message_header_t headers[8];
    size_t header_count;
    str_t type;
    path_value_t path_values[8];
    size_t path_value_count;
} call_t;

static inline void put_text(arena_t *arena, const json_t *value, str_t *out)
{
    buf_t text;
    buf_init(&text, 1 << 16);
    value_write_text(value, &text);
    *out = arena_str(arena, buf_view(&text));
    buf_fini(&text);
}

static inline void put_file(call_t *c, const field_t *field, str_t text)
{
    form_part_t part = {.name = field->name, .value = text, .file_name = STR("f")};
    form_write_part(&c->body, STR("b"), &part);
    form_write_end(&c->body, STR("b"));
    c->type = STR("multipart/form-data; boundary=b");
}

static inline void put_input(arena_t *arena, call_t *c, const field_t *field, json_t *value)
{
    str_t text;
    put_text(arena, value, &text);
    switch (field->in) {
    case IN_PATH:
        c->path_values[c->path_value_count++] = (path_value_t){field, text};
        break;
    case IN_QUERY:
        form_write_pair(&c->query, field->name, text);
        break;
    case IN_HEADER:
        c->headers[c->header_count++] = (message_header_t){field->name, text};
        break;
    case IN_FORM:
        put_file(c, field, text);
        break;
    case IN_JSON:
        json_object_setn(c->members, field->name.p, field->name.n, value);
        break;
    case IN_BODY:
        buf_str(&c->body, text);
        break;
    }
}

static inline bool bind_golden(run_context_t *run, const action_t *action, bound_input_t *out,
                               err_t *err)
{
    const bind_limits_t limits = {.values = VALUE_LIMITS, .form_parts = 1000};
    call_t c = {.members = json_object()};
    const char *name;
    json_t *value;
    buf_init(&c.query, 1 << 16);
    buf_init(&c.body, 1 << 16);
    json_object_foreach(json_object_get(run->golden->given, "input"), name, value)
    {
        const field_t *field = fields_find(&action->input, str_of(name));
        assert_non_null(field);
        put_input(run->arena, &c, field, value);
    }
    if (json_object_size(c.members)) {
        json_write(&c.body, c.members);
    }
    call_request_t request = {.query = arena_str(run->arena, buf_view(&c.query)),
                              .body = arena_str(run->arena, buf_view(&c.body)),
                              .content_type = c.type,
                              .headers = c.headers,
                              .header_count = c.header_count,
                              .path_values = c.path_values,
                              .path_value_count = c.path_value_count};
    bool bound = bind_input(run->arena, action, &request, &limits, out, err);
    json_decref(c.members);
    buf_fini(&c.query);
    buf_fini(&c.body);
    return bound;
}

typedef bool build_golden_t(grant_build_t *build, upstream_request_t *out, err_t *err);

static inline void run_built(run_context_t *run, const grant_definition_t *grant,
                             const json_t *input, build_golden_t *build)
{
    value_scope_t scope;
    upstream_request_t request;
    err_t err = ERR_INIT;
    connection_scope(run->connection, &scope, WALL_MS);
    scope.input = input;
    json_t *oauth = grant_oauth_values(grant, &scope.scope, run->oauth);
    scope.oauth = oauth;
    grant_build_t b = {.arena = run->arena,
                       .definition = grant,
                       .scope = &scope.scope,
                       .shown_assertion = &scope.assertion,
                       .base_url = run->connection->base_url};
    if (build(&b, &request, &err)) {
        assert_null(run->golden->refused.p);
        check_request(run->arena, run->golden, 0, &request);
    } else {
        check_refused(run->golden, &err);
    }
    json_decref(oauth);
    err_fini(&err);
}

static inline void run_grant(run_context_t *run, const grant_definition_t *grant,
                             const json_t *input)
{
    run_built(run, grant, input, grant_build_request);
}

/* golden.txt writes `browser` where a method would stand. */
static inline void run_authorize(run_context_t *run)
{
    const grant_definition_t *grant = &run->connection->auth->grant;
    upstream_request_t seen = {.method = STR("browser")};
    value_scope_t scope;
    buf_t url;
    err_t err = ERR_INIT;
    json_t *occasion =
        json_pack("{s:s, s:s, s:s}", "redirect_uri", "https://tenon.example/oauth/callback",
                  "state", "<state>", "code_challenge", "<challenge>");
    connection_scope(run->connection, &scope, WALL_MS);
    json_t *oauth = grant_oauth_values(grant, &scope.scope, occasion);
    scope.oauth = oauth;
    grant_build_t b = {.arena = run->arena,
                       .definition = grant,
                       .scope = &scope.scope,
                       .base_url = run->connection->base_url};
    buf_init(&url, 1 << 16);
    bool ok = grant_authorization_url(&b, &url, &err);
    assert_string_equal(err.text, "");
    assert_true(ok);
    seen.url = buf_view(&url);
    check_request(run->arena, run->golden, 0, &seen);
    buf_fini(&url);
    json_decref(oauth);
    json_decref(occasion);
}

static inline void run_code(run_context_t *run)
{
    const grant_definition_t *grant = &run->connection->auth->grant;
    run->oauth = json_pack("{s:s, s:s}", "code", "<code>", "redirect_uri",
                           "https://tenon.example/oauth/callback");
    if (!grant->pkce_none) {
        json_object_set_new(run->oauth, "code_verifier", json_string("<verifier>"));
    }
    run_grant(run, grant, NULL);
    json_decref(run->oauth);
    run->oauth = NULL;
}

/* What asks for a code to sign in with elsewhere, and what asks for its tokens. */
static inline void run_device(run_context_t *run)
{
    run_built(run, &run->connection->auth->grant, NULL, grant_device_request);
}

static inline void run_device_code(run_context_t *run)
{
    run->oauth = json_pack("{s:s}", "device_code", "<device code>");
    run_grant(run, &run->connection->auth->grant, NULL);
    json_decref(run->oauth);
    run->oauth = NULL;
}

/* With what a sign-in left behind. */
static inline void run_refresh(run_context_t *run)
{
    run->oauth = json_pack("{s:s, s:s}", "refresh_token", "<refresh token>", "code", "<code>");
    run_grant(run, run->connection->auth->grant.refresh, NULL);
    json_decref(run->oauth);
    run->oauth = NULL;
}

/* The first step of a sign-in that is made of steps. */
static inline void run_session(run_context_t *run)
{
    const connection_t *c = run->connection;
    value_scope_t scope;
    upstream_request_t request;
    err_t err = ERR_INIT;
    connection_scope(c, &scope, WALL_MS);
    assert_true(request_build(run->arena, &scope, c->base_url,
                              &grant_step(&c->auth->grant, 0)->request, &request, &err));
    check_request(run->arena, run->golden, 0, &request);
}

/* A grant whose credentials come with the call. */
static inline void run_action_grant(run_context_t *run, const action_t *action)
{
    bound_input_t input;
    err_t err = ERR_INIT;
    assert_true(bind_golden(run, action, &input, &err));
    run_grant(run, action->grant, input.values);
}

static inline build_t build_of(run_context_t *run)
{
    return (build_t){.arena = run->arena,
                     .connection = run->connection,
                     .token = run->token,
                     .wall_ms = WALL_MS};
}

/* Refused input counts, too. */
static inline void run_action(run_context_t *run, const action_t *action)
{
    bound_input_t input;
    upstream_request_t request;
    err_t err = ERR_INIT;
    build_t b = build_of(run);
    size_t index = 0;
    b.action = action;
    b.input = &input;
    bool built = bind_golden(run, action, &input, &err);
    for (size_t i = 0; built && i < action->steps.count; i++) {
        assert_true(build_request(&b, &action->steps.list[i].request, &request, &err));
        check_request(run->arena, run->golden, index++, &request);
    }
    b.steps = action->steps.count ? run->step_answers : NULL;
    if (built && build_action(&b, &request, &err)) {
        assert_null(run->golden->refused.p);
        check_request(run->arena, run->golden, index, &request);
    } else {
        check_refused(run->golden, &err);
    }
    err_fini(&err);
}

static inline void run_verify(run_context_t *run)
{
    upstream_request_t request;
    err_t err = ERR_INIT;
    build_t b = build_of(run);
    assert_true(build_request(&b, run->connector->verify_request, &request, &err));
    check_request(run->arena, run->golden, 0, &request);
}

/* What keeps a connection from being made. */
static inline void run_parameters(run_context_t *run)
{
    err_t err = ERR_INIT;
    const connection_t *c = run->connection;
    fields_t fields = connection_fields_in(run->arena, run->connector, c->auth);
    fields_check(&fields, json_object_get(run->golden->given, "parameters"), &err);
    if (!err_is_set(&err)) {
        assert_int_not_equal(c->state, CONNECTION_READY);
        err = c->why;
    }
    check_refused(run->golden, &err);
    err_fini(&err);
}

/* Takes the connector; the arena and the connection are the context's from here on. */
static inline void run_begin(run_context_t *run, const golden_t *g, connector_t *connector)
{
    *run = (run_context_t){.arena = arena_new(0), .golden = g, .connector = connector};
    run->connection = connection_of(connector, json_string_value(json_object_get(g->given, "auth")),
                                    json_object_get(g->given, "parameters"));
    if (run->connection->auth && auth_type_gets_tokens(run->connection->auth->type)) {
        run->token =
            token_new(read_json("{\"access_token\": \"<token>\"}"), 0, 3600000, 3600000);
    }
}

static inline void run_end(run_context_t *run)
{
    token_unref(run->token);
    connection_unref(run->connection);
    connector_unref(run->connector);
    json_decref(run->step_answers);
    arena_free(run->arena);
}

#endif
