/* SPDX-License-Identifier: MIT */
/* From a grant's definition to its token request: parameters in order, overrides, client authentication, body. */
#include "codec/base64.h"
#include "codec/form.h"
#include "codec/json.h"
#include "codec/url.h"
#include "grant/parameters.h"
#include "seal/hash.h"

enum { TEXT_MAX = 64 * 1024, BODY_MAX = 1024 * 1024 };

static void wipe_buf(void *b)
{
    buf_fini(b);
}

/* A wiping buffer that dies with the arena. */
static buf_t *buf_in(arena_t *arena, size_t ceiling)
{
    buf_t *b = arena_new_of(arena, buf_t);
    buf_init_wiping(b, ceiling);
    arena_on_free(arena, wipe_buf, b);
    return b;
}

/* Absent values answer an absent str. */
static bool text_of(grant_build_t *build, const template_t *t, str_t *out, err_t *err)
{
    *out = STR_NONE;
    if (!t) {
        return true;
    }
    buf_t *b = buf_in(build->arena, TEXT_MAX);
    switch (template_text(t, build->scope, b, err)) {
    case TEMPLATE_FAILED:
        return false;
    case TEMPLATE_ABSENT:
        return true;
    case TEMPLATE_OK:
        break;
    }
    if (!buf_ok(b)) {
        return err_set(err, ERR_param_too_long, "a value of the token request is too long");
    }
    *out = buf_view(b);
    return true;
}

bool grant_add_slot(grant_build_t *build, const char *name, credential_slot_t slot, err_t *err)
{
    str_t value;
    if (!text_of(build, build->definition->slots[slot], &value, err)) {
        return false;
    }
    if (value.p) {
        parameters_add(build, str_of(name), json_str(value));
    }
    return true;
}

static bool add_grant_type(grant_build_t *build, const grant_type_t *type, err_t *err)
{
    str_t name;
    if (!text_of(build, build->definition->grant_type, &name, err)) {
        return false;
    }
    parameters_add(build, STR("grant_type"), json_str(name.p ? name : type->wire_name));
    return true;
}

/* RFC 6749 3.3, joined by the definition's separator; nothing where no scope has a value. */
static bool add_scope(grant_build_t *build, err_t *err)
{
    const grant_definition_t *d = build->definition;
    buf_t *joined = buf_in(build->arena, TEXT_MAX);
    for (size_t i = 0; i < d->scope_count; i++) {
        str_t scope;
        if (!text_of(build, d->scopes[i], &scope, err)) {
            return false;
        }
        if (scope.n) {
            if (joined->n) {
                buf_str(joined, d->scope_separator);
            }
            buf_str(joined, scope);
        }
    }
    if (joined->n) {
        parameters_add(build, STR("scope"), json_str(buf_view(joined)));
    }
    return true;
}

/* Authorization: Basic of the client (RFC 6749 2.3.1: both parts form-encoded; raw: as they are, for servers that
 * do not decode). */
static bool client_basic(grant_build_t *build, bool raw, str_t *header, err_t *err)
{
    str_t id, secret;
    if (!text_of(build, build->definition->slots[SLOT_CLIENT_ID], &id, err) ||
        !text_of(build, build->definition->slots[SLOT_CLIENT_SECRET], &secret, err)) {
        return false;
    }
    if (raw && str_index(id, ':') != SIZE_MAX) {
        return err_set(err, ERR_credential_username_colon, "a client id with a colon cannot go into Basic");
    }
    buf_t *pair = buf_in(build->arena, 4 * TEXT_MAX);
    void (*write)(buf_t *, str_t) = raw ? buf_str : url_encode_form;
    write(pair, id);
    buf_char(pair, ':');
    write(pair, secret);
    buf_t *value = buf_in(build->arena, 8 * TEXT_MAX);
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
    return err_set(err, ERR_not_supported, "this version cannot authenticate the client in this way yet");
}

static bool collect(grant_build_t *build, const grant_type_t *type, str_t *authorization, err_t *err)
{
    bool keep_lists = build->definition->format == TOKEN_FORMAT_JSON;
    return add_grant_type(build, type, err) && (!type->add_parameters || type->add_parameters(build, err)) &&
           add_scope(build, err) && add_client(build, authorization, err) &&
           parameters_override(build, build->definition->params, keep_lists, err);
}

static str_t write_form(grant_build_t *build, void (*encode)(buf_t *, str_t))
{
    buf_t *body = buf_in(build->arena, BODY_MAX);
    buf_t *text = buf_in(build->arena, BODY_MAX);
    for (size_t i = 0; i < build->parameters.count; i++) {
        const grant_parameter_t *p = &build->parameters.list[i];
        buf_clear(text);
        parameter_text(p->value, text);
        if (body->n) {
            buf_char(body, '&');
        }
        encode(body, p->name);
        buf_char(body, '=');
        encode(body, buf_view(text));
    }
    return buf_view(body);
}

static str_t write_json(grant_build_t *build)
{
    json_t *object = json_object();
    for (size_t i = 0; i < build->parameters.count; i++) {
        const grant_parameter_t *p = &build->parameters.list[i];
        json_object_setn(object, p->name.p, p->name.n, p->value);
    }
    buf_t *body = buf_in(build->arena, BODY_MAX);
    json_write(body, object);
    json_decref(object);
    return buf_view(body);
}

static bool write_url(grant_build_t *build, str_t query, upstream_request_t *out, err_t *err)
{
    buf_t *url = buf_in(build->arena, BODY_MAX);
    switch (url_template_text(build->definition->token_url, build->scope, build->base_url, url, err)) {
    case TEMPLATE_FAILED:
        return false;
    case TEMPLATE_ABSENT:
        return err_set(err, ERR_parameter_missing, "the token URL needs a value that is missing");
    case TEMPLATE_OK:
        break;
    }
    if (query.n) {
        buf_char(url, str_index(buf_view(url), '?') == SIZE_MAX ? '?' : '&');
        buf_str(url, query);
    }
    out->url = buf_view(url);
    return true;
}

static bool write_body(grant_build_t *build, upstream_request_t *out, err_t *err)
{
    switch (build->definition->format) {
    case TOKEN_FORMAT_FORM:
        message_header_set(build->arena, out, STR("Content-Type"), STR("application/x-www-form-urlencoded"));
        out->body = write_form(build, url_encode_form);
        return write_url(build, STR_NONE, out, err);
    case TOKEN_FORMAT_JSON:
        message_header_set(build->arena, out, STR("Content-Type"), STR("application/json"));
        out->body = write_json(build);
        return write_url(build, STR_NONE, out, err);
    case TOKEN_FORMAT_QUERY:
        return write_url(build, write_form(build, url_encode_query), out, err);
    }
    return false;
}

static bool write_headers(grant_build_t *build, upstream_request_t *out, err_t *err)
{
    const named_templates_t *headers = &build->definition->headers;
    for (size_t i = 0; i < headers->count; i++) {
        buf_t *value = buf_in(build->arena, TEXT_MAX);
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

bool grant_build_request(grant_build_t *build, upstream_request_t *out, err_t *err)
{
    const grant_type_t *type = grant_type_of(build->definition->type);
    if (!type) {
        return err_set(err, ERR_not_supported, "this version cannot run the grant `%s` yet",
                       auth_type_name(build->definition->type));
    }
    *out = (upstream_request_t){.method = STR("POST")};
    str_t authorization;
    if (!collect(build, type, &authorization, err)) {
        return false;
    }
    message_header_set(build->arena, out, STR("Accept"), STR("application/json"));
    if (authorization.p) {
        message_header_set(build->arena, out, STR("Authorization"), authorization);
    }
    return write_body(build, out, err) && write_headers(build, out, err);
}

static bool is_one_time(str_t name)
{
    static const char *const NAMES[] = {"client_assertion", "assertion", "code", "code_verifier", "refresh_token"};
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        if (str_is(name, NAMES[i])) {
            return true;
        }
    }
    return false;
}

void grant_fingerprint(const grant_build_t *build, const upstream_request_t *request, unsigned char out[32])
{
    buf_t all;
    buf_init_wiping(&all, 4 * (size_t)BODY_MAX);
    /* The query of the URL holds the parameters where the format says so: they follow one by one instead. */
    str_t url = request->url;
    buf_str(&all, str_cut(&url, '?'));
    for (size_t i = 0; i < build->parameters.count; i++) {
        const grant_parameter_t *p = &build->parameters.list[i];
        if (!is_one_time(p->name)) {
            buf_char(&all, '\0');
            buf_str(&all, p->name);
            buf_char(&all, '\0');
            parameter_text(p->value, &all);
        }
    }
    unsigned char digest[HASH_BYTES_MAX];
    hash_bytes(HASH_SHA256, buf_view(&all), digest);
    memcpy(out, digest, SHA256_BYTES);
    buf_fini(&all);
}
