/* SPDX-License-Identifier: MIT */
/* Dynamic client registration (RFC 7591): the client that an authorization server makes of Tenon,
 * or the document by which a client describes itself
 * (draft-ietf-oauth-client-id-metadata-document). */
#include "grant/registration.h"
#include "codec/json.h"
#include "grant/parameters.h"
#include "grant/text.h"

enum { URL_MAX = 64 * 1024, BODY_MAX = 64 * 1024, ID_MAX = 4096, CREATED = 201, OK = 200 };

/* --- ways to prove who it is, by their registered names (RFC 7591 2) --- */

typedef struct method_row {
    client_auth_t auth;
    const char *name;
} method_row_t;

/* Those that need a key or a certificate of the client are not here: the server would have to know
 * it. */
static const method_row_t METHODS[] = {
    {CLIENT_AUTH_NONE, "none"},
    {CLIENT_AUTH_BODY, "client_secret_post"},
    {CLIENT_AUTH_BASIC, "client_secret_basic"},
    {CLIENT_AUTH_BASIC_RAW, "client_secret_basic"},
    {CLIENT_AUTH_CLIENT_SECRET_JWT, "client_secret_jwt"},
};

static const method_row_t *method_of(client_auth_t auth)
{
    for (size_t i = 0; i < sizeof METHODS / sizeof *METHODS; i++) {
        if (METHODS[i].auth == auth) {
            return &METHODS[i];
        }
    }
    return NULL;
}

/* asked: the name that an answer gives back in its place may stand for two. */
static const method_row_t *method_named(str_t name, const method_row_t *asked)
{
    if (!name.n || str_is(name, asked->name)) {
        return asked;
    }
    for (size_t i = 0; i < sizeof METHODS / sizeof *METHODS; i++) {
        if (str_is(name, METHODS[i].name)) {
            return &METHODS[i];
        }
    }
    return NULL;
}

/* --- what Tenon says of itself --- */

json_t *grant_client_document(const grant_self_t *self, const grant_definition_t *definition)
{
    json_t *document = json_pack("{s:o, s:[o], s:[s], s:[s]}", "client_name", json_str(self->name),
                                 "redirect_uris", json_str(self->redirect_uri), "grant_types",
                                 "authorization_code", "response_types", "code");
    if (definition->refresh) {
        json_array_append_new(json_object_get(document, "grant_types"),
                              json_string("refresh_token"));
    }
    if (self->uri.n) {
        json_object_set_new(document, "client_uri", json_str(self->uri));
    }
    return document;
}

static json_t *request_of(grant_build_t *build, const grant_self_t *self,
                          const method_row_t *method, err_t *err)
{
    str_t scope;
    if (!grant_scope_text(build, &scope, err)) {
        return NULL;
    }
    json_t *request = grant_client_document(self, build->definition);
    json_object_set_new(request, "token_endpoint_auth_method", json_string(method->name));
    if (scope.n) {
        json_object_set_new(request, "scope", json_str(scope));
    }
    return request;
}

bool grant_registration_request(grant_build_t *build, const grant_self_t *self,
                                upstream_request_t *out, err_t *err)
{
    const method_row_t *method = method_of(build->definition->client_auth);
    buf_t *url = grant_buf_in(build->arena, URL_MAX), *body = grant_buf_in(build->arena, BODY_MAX);
    if (!method) {
        return err_set(err, ERR_not_supported,
                       "`register: dynamic` goes with a client secret or none, not with a key");
    }
    if (!grant_endpoint_url(build, ENDPOINT_REGISTER, url, err)) {
        return false;
    }
    json_t *request = request_of(build, self, method, err);
    if (!request) {
        return false;
    }
    json_write(body, request);
    json_decref(request);
    *out =
        (upstream_request_t){.method = STR("POST"), .url = buf_view(url), .body = buf_view(body)};
    message_header_set(build->arena, out, STR("Accept"), STR("application/json"));
    message_header_set(build->arena, out, STR("Content-Type"), STR("application/json"));
    return buf_ok(body) || err_set(err, ERR_param_too_long, "the registration is too long");
}

/* --- what the server made of it (RFC 7591 3.2.1) --- */

static bool is_printable(str_t text)
{
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < 0x20 || text.p[i] > 0x7E) {
            return false;
        }
    }
    return true;
}

static bool check_client(const json_t *answer, const method_row_t *method, err_t *err)
{
    str_t id = json_member(answer, "client_id"), secret = json_member(answer, "client_secret");
    if (!id.n || id.n > ID_MAX || !is_printable(id) || secret.n > ID_MAX) {
        return err_set(err, ERR_token_response_incomplete,
                       "the service's answer to the registration names no usable client");
    }
    if (!method) {
        return err_set(err, ERR_not_supported,
                       "the service registered a client that proves itself in another way");
    }
    return secret.n || method->auth == CLIENT_AUTH_NONE ||
           err_set(err, ERR_token_response_incomplete,
                   "the service's answer to the registration holds no client secret");
}

static void keep(json_t *to, const char *name, const json_t *from)
{
    json_t *value = json_object_get(from, name);
    if (value) {
        json_object_set(to, name, value);
    }
}

json_t *grant_registration_answer(grant_build_t *build, const upstream_answer_t *answer, err_t *err)
{
    err_t unread = ERR_INIT;
    json_t *object = json_read(answer->body, NULL, &unread);
    const method_row_t *method = method_named(json_member(object, "token_endpoint_auth_method"),
                                              method_of(build->definition->client_auth));
    json_t *client = NULL;
    if (answer->status != CREATED && answer->status != OK) {
        const ahead_refusal_t refusal = {"to register Tenon as a client",
                                         json_member(object, "error"),
                                         json_member(object, "error_description")};
        (void)grant_refuse_ahead(answer, &refusal, err);
    } else if (check_client(object, method, err)) {
        client = json_pack("{s:s}", "method", method->name);
        keep(client, "client_id", object);
        keep(client, "client_secret", object);
        keep(client, "client_secret_expires_at", object);
    }
    json_decref(object);
    return client;
}

/* --- a client that is kept --- */

bool grant_client_read(const json_t *kept, const grant_definition_t *definition, arena_t *arena,
                       grant_client_t *out)
{
    const method_row_t *asked = method_of(definition->client_auth);
    const method_row_t *method = asked ? method_named(json_member(kept, "method"), asked) : NULL;
    *out = (grant_client_t){.id = arena_str(arena, json_member(kept, "client_id")),
                            .secret = arena_str(arena, json_member(kept, "client_secret")),
                            .auth = method ? method->auth : CLIENT_AUTH_NONE};
    /* 0: never (RFC 7591 3.2.1) */
    json_int_t ends_s = json_integer_value(json_object_get(kept, "client_secret_expires_at"));
    bool ends = out->secret.n && ends_s > 0 && ends_s < INT64_MAX / 1000;
    out->ends_at_ms = ends ? ends_s * 1000 : INT64_MAX;
    return method && out->id.n;
}
