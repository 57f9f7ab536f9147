/* SPDX-License-Identifier: MIT */
/* Token requests of one way to sign in, made from a few lines of its definition. */
#ifndef TENON_TESTS_UNIT_GRANT_MADE_H
#define TENON_TESTS_UNIT_GRANT_MADE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "codec/json.h"
#include "definition/catalogue/load.h"
#include "grant/grant.h"
#include "seal/armor.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])
/* 2026-11-22T03:31:07.089Z */
static const int64_t WALL_MS = INT64_C(1795318267089);

static const char HEAD[] = "tenon: 1\nid: t\ntitle: T\nversion: 1.0.0\ndescription: D.\n"
                           "hosts: [h.example, '*.h.example']\nbase_url: https://h.example/base/\n"
                           "connection:\n  auth:\n    a:\n"
                           "      caution: A.\n"
                           "      parameters:\n"
                           "        client_id: {type: string}\n"
                           "        client_secret: {type: string, secret: true}\n"
                           "        username: {type: string}\n"
                           "        password: {type: string, secret: true}\n"
                           "        tenant: {type: string}\n"
                           "        number: {type: integer}\n"
                           "        key: {type: string, secret: true, required: true}\n"
                           "        subject_token: {type: string, secret: true}\n"
                           "        actor_token: {type: string, secret: true}\n"
                           "        place: {type: string, required: true}\n";
static const char TAIL[] = "actions:\n  GetAccessToken: {summary: S, token: connection}\n"
                           "  SignIn:\n    summary: S\n    input:\n"
                           "      username: {type: string}\n"
                           "      password: {type: string, secret: true}\n"
                           "    token: {type: password, token_url: /in, client_auth: none}\n";
/* --- a definition and one request of it --- */

typedef struct made {
    connector_t *connector;
    json_t *values, *oauth, *token; /* oauth: in, what the occasion brings; out, all of it */
    arena_t *arena;
    value_scope_t scope;
    grant_build_t build;
    upstream_request_t request;
    err_t err;
    bool only_compared; /* in */
    bool ok;
} made_t;

static inline connector_t *load(const char *auth)
{
    char text[8192];
    arena_t *arena = arena_new(0);
    diagnostics_t d;
    diagnostics_init(&d, arena);
    snprintf(text, sizeof text, "%s%s%s", HEAD, auth, TAIL);
    connector_t *connector = definition_load(STR("t.yaml"), str_of(text), NULL, &d);
    for (unsigned i = 0; !connector && i < d.count; i++) {
        print_error("%u:%u: %s: %s\n", d.list[i].line, d.list[i].column,
                    err_code_name(d.list[i].code), d.list[i].text);
    }
    assert_non_null(connector);
    arena_free(arena);
    return connector;
}

static inline json_t *read_object(const char *members)
{
    char text[4096];
    err_t err = ERR_INIT;
    snprintf(text, sizeof text, "{%s}", members);
    json_t *value = json_read(str_of(text), NULL, &err);
    assert_non_null(value);
    return value;
}

static inline void make_scope(made_t *m, int64_t wall_ms)
{
    m->arena = arena_new(0);
    m->err = ERR_INIT;
    value_scope_init(&m->scope, m->connector, &m->connector->auths[0], wall_ms);
    m->scope.connection = m->values;
}

static inline void make_build(made_t *m, const grant_definition_t *grant)
{
    m->oauth = grant_oauth_values(grant, &m->scope.scope, m->oauth);
    m->scope.oauth = m->oauth;
    m->scope.token = m->token;
    m->build = (grant_build_t){.arena = m->arena,
                               .definition = grant,
                               .scope = &m->scope.scope,
                               .shown_assertion = &m->scope.assertion,
                               .only_compared = m->only_compared,
                               .base_url = STR("https://h.example/base")};
}

static inline void make_request(made_t *m, const grant_definition_t *grant)
{
    make_build(m, grant);
    m->ok = grant_build_request(&m->build, &m->request, &m->err);
}

static inline void make_with(made_t *m, const grant_definition_t *grant, const json_t *input,
                             int64_t wall_ms)
{
    make_scope(m, wall_ms);
    m->scope.input = input;
    make_request(m, grant);
}

static inline void make(made_t *m, const char *auth, const char *values)
{
    *m = (made_t){.connector = load(auth), .values = read_object(values)};
    make_with(m, &m->connector->auths[0].grant, NULL, WALL_MS);
}

/* Everything but the request; what the occasion brings are members of `oauth`. */
static inline void fill(made_t *m, const char *auth, const char *values, const char *occasion)
{
    json_t *brought = read_object(occasion);
    *m = (made_t){.connector = load(auth), .values = read_object(values), .oauth = brought};
    make_scope(m, WALL_MS);
    make_build(m, &m->connector->auths[0].grant);
    json_decref(brought);
}

static inline void unmake(made_t *m)
{
    arena_free(m->arena);
    json_decref(m->values);
    json_decref(m->oauth);
    connector_unref(m->connector);
}

/* "URL header: value… body", of the headers only Authorization and those that begin with X-. */
static inline void describe(const upstream_request_t *request, buf_t *to)
{
    buf_printf(to, "%.*s", STR_ARG(request->url));
    for (size_t i = 0; i < request->header_count; i++) {
        const message_header_t *h = &request->headers[i];
        if (str_is(h->name, "Authorization") || str_starts(h->name, STR("X-"))) {
            buf_printf(to, " %.*s: %.*s", STR_ARG(h->name), STR_ARG(h->value));
        }
    }
    buf_printf(to, " %.*s", STR_ARG(request->body));
}

/* Header (0), claims (1) or signature (2) of a JWT. */
static inline str_t jwt_part(arena_t *arena, str_t jwt, int index)
{
    buf_t bytes;
    str_t text = STR_NONE;
    for (int i = 0; i <= index; i++) {
        text = str_cut(&jwt, '.');
    }
    buf_init(&bytes, 65536);
    assert_true(armor_read(&bytes, text));
    str_t copy = arena_str(arena, buf_view(&bytes));
    buf_fini(&bytes);
    return copy;
}

#endif
