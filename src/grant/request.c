/* SPDX-License-Identifier: MIT */
/* From a grant's definition to its token request: parameters in order, overrides, client
 * authentication, body. */
#include "codec/base64.h"
#include "codec/form.h"
#include "codec/json.h"
#include "codec/url.h"
#include "definition/slots.h"
#include "grant/parameters.h"
#include "grant/text.h"

enum { URL_MAX = 64 * 1024, BODY_MAX = 1024 * 1024 };

static void note_input(void *context, const expr_t *ref, bool sure)
{
    bool *of_input = context;
    (void)sure;
    *of_input = *of_input || ref->root == ROOT_INPUT;
}

/* Whoever gives it is told: the caller its input, the admin the connection's parameter. Always
 * false. */
static bool report_missing(const template_t *t, const char *name, err_t *err)
{
    bool of_input = false;
    if (t) {
        template_visit(t, note_input, &of_input);
    }
    return err_set(err, of_input ? ERR_param_missing : ERR_parameter_missing,
                   "the token request needs `%s`", name);
}

/* Absent where it has no value and needs none. */
static bool slot_text(grant_build_t *build, credential_slot_t slot, str_t *out, err_t *err)
{
    const template_t *t = build->definition->slots[slot];
    bool needed = slots_have(slots_needed(build->definition), slot);
    return grant_text(build, t, out, err) &&
           (out->p || !needed || report_missing(t, credential_slot_name(slot), err));
}

bool grant_add_slot(grant_build_t *build, const char *name, credential_slot_t slot, err_t *err)
{
    str_t value;
    if (!slot_text(build, slot, &value, err)) {
        return false;
    }
    if (value.p) {
        parameters_add(build, str_of(name), json_str(value));
    }
    return true;
}

void grant_add_occasion(grant_build_t *build, const char *name)
{
    const template_step_t step = {.name = str_of(name)};
    json_t *value = build->scope->lookup(build->scope->context, ROOT_OAUTH, &step, 1);
    if (value) {
        parameters_add(build, step.name, value);
    }
}

static bool add_grant_type(grant_build_t *build, const grant_type_t *type, err_t *err)
{
    str_t name;
    if (!grant_text(build, build->definition->grant_type, &name, err)) {
        return false;
    }
    parameters_add(build, STR("grant_type"), json_str(name.p ? name : type->wire_name));
    return true;
}

bool grant_add_scope(grant_build_t *build, err_t *err)
{
    str_t scope;
    if (!grant_scope_text(build, &scope, err)) {
        return false;
    }
    if (scope.n) {
        parameters_add(build, STR("scope"), json_str(scope));
    }
    return true;
}

/* Authorization: Basic of the client (RFC 6749 2.3.1: both parts form-encoded; raw: as they are,
 * for servers that do not decode). */
static bool client_basic(grant_build_t *build, bool raw, str_t *header, err_t *err)
{
    str_t id, secret;
    *header = STR_NONE;
    if (!slot_text(build, SLOT_CLIENT_ID, &id, err) ||
        !slot_text(build, SLOT_CLIENT_SECRET, &secret, err)) {
        return false;
    }
    if (!id.p && !secret.p) { /* FORMAT 5: what is not needed and absent is not sent */
        return true;
    }
    if (raw && str_index(id, ':') != SIZE_MAX) {
        return err_set(err, ERR_credential_username_colon,
                       "a client id with a colon cannot go into Basic");
    }
    buf_t *pair = grant_buf_in(build->arena, 4 * GRANT_TEXT_MAX);
    void (*write)(buf_t *, str_t) = raw ? buf_str : url_encode_form;
    write(pair, id);
    buf_char(pair, ':');
    write(pair, secret);
    buf_t *value = grant_buf_in(build->arena, 8 * GRANT_TEXT_MAX);
    buf_lit(value, "Basic ");
    base64_write(value, buf_view(pair));
    *header = buf_view(value);
    return true;
}

/* Adds the client's parameters, or answers the header that carries them. */
static bool add_client(grant_build_t *build, str_t *authorization, err_t *err)
{
    *authorization = STR_NONE;
    switch (build->definition->client_auth) {
    case CLIENT_AUTH_BODY:
        return grant_add_slot(build, "client_id", SLOT_CLIENT_ID, err) &&
               grant_add_slot(build, "client_secret", SLOT_CLIENT_SECRET, err);
    case CLIENT_AUTH_BASIC:
        return client_basic(build, false, authorization, err);
    case CLIENT_AUTH_BASIC_RAW:
        return client_basic(build, true, authorization, err);
    case CLIENT_AUTH_NONE:
        return grant_add_slot(build, "client_id", SLOT_CLIENT_ID, err);
    case CLIENT_AUTH_PRIVATE_KEY_JWT:
    case CLIENT_AUTH_CLIENT_SECRET_JWT:
    case CLIENT_AUTH_TLS:
        break;
    }
    return err_set(err, ERR_not_supported,
                   "this version cannot authenticate the client in this way yet");
}

static bool collect(grant_build_t *build, const grant_type_t *type, str_t *authorization,
                    err_t *err)
{
    bool keep_lists = build->definition->format == TOKEN_FORMAT_JSON;
    return add_grant_type(build, type, err) &&
           (!type->add_parameters || type->add_parameters(build, err)) &&
           (type->asked_scope_before || grant_add_scope(build, err)) &&
           grant_add_slot(build, "resource", SLOT_RESOURCE, err) &&
           add_client(build, authorization, err) &&
           parameters_override(build, build->definition->params, keep_lists, err);
}

/* --- on the wire --- */

static bool is_whole(const buf_t *b, err_t *err)
{
    return buf_ok(b) || err_set(err, ERR_param_too_long, "the token request is too long");
}

static bool write_form(grant_build_t *build, parameters_encode_t *encode, str_t *out, err_t *err)
{
    buf_t *body = grant_buf_in(build->arena, BODY_MAX);
    bool ok = parameters_write(build, encode, body, err);
    *out = buf_view(body);
    return ok;
}

static bool write_json(grant_build_t *build, str_t *out, err_t *err)
{
    json_t *object = json_object();
    for (size_t i = 0; i < build->parameters.count; i++) {
        const grant_parameter_t *p = &build->parameters.list[i];
        json_object_setn(object, p->name.p, p->name.n, p->value);
    }
    buf_t *body = grant_buf_in(build->arena, BODY_MAX);
    json_write(body, object);
    json_decref(object);
    *out = buf_view(body);
    return is_whole(body, err);
}

static bool write_url(grant_build_t *build, upstream_request_t *out, err_t *err)
{
    const url_template_t *t = build->definition->token_url;
    buf_t *url = grant_buf_in(build->arena, URL_MAX);
    switch (url_template_text(t, build->scope, build->base_url, url, err)) {
    case TEMPLATE_FAILED:
        return false;
    case TEMPLATE_ABSENT:
        return report_missing(t->source, "token_url", err);
    case TEMPLATE_OK:
        break;
    }
    build->url = out->url = buf_view(url);
    return is_whole(url, err);
}

static bool write_query(grant_build_t *build, upstream_request_t *out, err_t *err)
{
    str_t query;
    if (!write_form(build, url_encode_query, &query, err)) {
        return false;
    }
    buf_t *url = grant_buf_in(build->arena, BODY_MAX);
    buf_str(url, build->url);
    if (query.n) {
        buf_char(url, str_index(build->url, '?') == SIZE_MAX ? '?' : '&');
        buf_str(url, query);
    }
    out->url = buf_view(url);
    return is_whole(url, err);
}

static bool write_body(grant_build_t *build, upstream_request_t *out, err_t *err)
{
    switch (build->definition->format) {
    case TOKEN_FORMAT_FORM:
        message_header_set(build->arena, out, STR("Content-Type"),
                           STR("application/x-www-form-urlencoded"));
        return write_form(build, url_encode_form, &out->body, err);
    case TOKEN_FORMAT_JSON:
        message_header_set(build->arena, out, STR("Content-Type"), STR("application/json"));
        return write_json(build, &out->body, err);
    case TOKEN_FORMAT_QUERY:
        return write_query(build, out, err);
    }
    return false;
}

static bool write_headers(grant_build_t *build, upstream_request_t *out, err_t *err)
{
    const named_templates_t *headers = &build->definition->headers;
    for (size_t i = 0; i < headers->count; i++) {
        buf_t *value = grant_buf_in(build->arena, GRANT_TEXT_MAX);
        switch (template_header(headers->list[i].template, build->scope, value, err)) {
        case TEMPLATE_FAILED:
            return false;
        case TEMPLATE_ABSENT:
            continue;
        case TEMPLATE_OK:
            break;
        }
        if (value->n) { /* FORMAT 8: an empty header is not sent */
            message_header_set(build->arena, out, headers->list[i].name, buf_view(value));
        }
    }
    return true;
}

/* What a definition asks for and this version cannot do is not left out in silence. */
static bool is_supported(const grant_definition_t *d, err_t *err)
{
    if (!d->token_url) {
        return err_set(err, ERR_not_supported,
                       "this version cannot discover the token URL yet: give `token_url`");
    }
    if (d->dpop) {
        return err_set(err, ERR_not_supported,
                       "this version cannot bind tokens to a key (`dpop`) yet");
    }
    return true;
}

bool grant_build_request(grant_build_t *build, upstream_request_t *out, err_t *err)
{
    const grant_type_t *type = grant_type_for(build->definition);
    if (!type) {
        return err_set(err, ERR_not_supported, "this version cannot run the grant `%s` yet",
                       auth_type_name(build->definition->type));
    }
    *out = (upstream_request_t){.method = STR("POST")};
    if (type->steps_alone) {
        return true;
    }
    str_t authorization;
    if (!is_supported(build->definition, err) || !collect(build, type, &authorization, err)) {
        return false;
    }
    message_header_set(build->arena, out, STR("Accept"), STR("application/json"));
    if (authorization.p) {
        message_header_set(build->arena, out, STR("Authorization"), authorization);
    }
    return write_url(build, out, err) && write_body(build, out, err) &&
           write_headers(build, out, err);
}
