/* SPDX-License-Identifier: MIT */
/* From a grant's definition to its token request: parameters in order, overrides, body. */
#include "codec/form.h"
#include "codec/json.h"
#include "codec/url.h"
#include "grant/parameters.h"
#include "grant/side_request.h"
#include "grant/text.h"

enum { BODY_MAX = 1024 * 1024 };

bool grant_add_slot(grant_build_t *build, const char *name, credential_slot_t slot, err_t *err)
{
    str_t value;
    if (!grant_slot_text(build, slot, &value, err)) {
        return false;
    }
    if (value.p && !parameters_have(build, str_of(name))) {
        parameters_add(build, str_of(name), json_str(value));
    }
    return true;
}

static json_t *occasion_of(grant_build_t *build, const template_step_t *step)
{
    return build->scope->lookup(build->scope->context, ROOT_OAUTH, step, 1);
}

str_t grant_occasion(grant_build_t *build, const char *name)
{
    const template_step_t step = {.name = str_of(name)};
    json_t *value = occasion_of(build, &step);
    str_t text = json_is_string(value) ? arena_str(build->arena, json_view(value)) : STR_NONE;
    json_decref(value);
    return text;
}

void grant_add_occasion(grant_build_t *build, const char *name)
{
    const template_step_t step = {.name = str_of(name)};
    json_t *value = occasion_of(build, &step);
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

static bool collect(grant_build_t *build, const grant_type_t *type, str_t *authorization,
                    err_t *err)
{
    bool keep_lists = build->definition->format == TOKEN_FORMAT_JSON;
    return add_grant_type(build, type, err) &&
           (!type->add_parameters || type->add_parameters(build, err)) &&
           (type->asked_scope_before || grant_add_scope(build, err)) &&
           grant_add_resources(build, err) && grant_add_client(build, authorization, err) &&
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

/* What a form would repeat is a list. */
static void set_or_repeat(json_t *object, const grant_parameter_t *p)
{
    json_t *before = json_object_getn(object, p->name.p, p->name.n);
    if (!before) {
        json_object_setn(object, p->name.p, p->name.n, p->value);
    } else if (json_is_array(before)) {
        json_array_append(before, p->value);
    } else {
        json_t *list = json_pack("[OO]", before, p->value);
        json_object_setn_new(object, p->name.p, p->name.n, list);
    }
}

static bool write_json(grant_build_t *build, str_t *out, err_t *err)
{
    json_t *object = json_object();
    for (size_t i = 0; i < build->parameters.count; i++) {
        const grant_parameter_t *p = &build->parameters.list[i];
        set_or_repeat(object, p);
    }
    buf_t *body = grant_buf_in(build->arena, BODY_MAX);
    json_write(body, object);
    json_decref(object);
    *out = buf_view(body);
    return is_whole(body, err);
}

static bool write_url(grant_build_t *build, endpoint_t endpoint, upstream_request_t *out,
                      err_t *err)
{
    bool unknown =
        build->only_compared && !build->definition->token_url && grant_discovers(build->definition);
    buf_t *url = grant_buf_in(build->arena, GRANT_TEXT_MAX);
    bool ok = unknown ? grant_discovery_name(build, url, err)
                      : grant_endpoint_url(build, endpoint, url, err);
    build->url = out->url = buf_view(url);
    return ok;
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

static void release(void *value)
{
    json_decref(value);
}

/* FORMAT 8: as sent, for services that want a signature of it. */
static void show_request(grant_build_t *build, const upstream_request_t *out)
{
    str_t rest = out->url;
    size_t scheme = str_find(rest, STR("://"), 0);
    rest = str_slice(rest, scheme == SIZE_MAX ? 0 : scheme + 3, rest.n);
    size_t path = str_index(rest, '/'), query = str_index(rest, '?');
    json_t *shown =
        json_pack("{s:o, s:o, s:o, s:o, s:o}", "method", json_str(out->method), "host",
                  json_str(str_slice(rest, 0, path < query ? path : query)), "path",
                  json_str(path < query ? str_slice(rest, path, query) : STR("/")), "query",
                  json_str(query == SIZE_MAX ? STR("") : str_slice(rest, query + 1, rest.n)),
                  "body", json_str(out->body.p ? out->body : STR("")));
    arena_on_free(build->arena, release, shown);
    *build->shown_request = shown;
}

static bool write_header_list(grant_build_t *build, upstream_request_t *out, err_t *err)
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

static bool write_headers(grant_build_t *build, upstream_request_t *out, err_t *err)
{
    bool shows = build->shown_request && build->definition->headers.count;
    if (shows) {
        show_request(build, out);
    }
    bool ok = write_header_list(build, out, err);
    if (shows) {
        *build->shown_request = NULL;
    }
    return ok;
}

bool grant_build_request(grant_build_t *build, upstream_request_t *out, err_t *err)
{
    const grant_type_t *type = grant_type_for(build->definition);
    if (!type) {
        return err_set(err, ERR_not_supported, "this version cannot run the grant `%s` yet",
                       auth_type_name(build->definition->type));
    }
    *out = (upstream_request_t){.method = STR("POST")};
    if (!grant_mint_assertion(build, err)) {
        return false;
    }
    if (type->steps_alone) {
        return true;
    }
    if (type->is_local) {
        return type->add_parameters(build, err);
    }
    if (type->build) {
        return type->build(build, out, err);
    }
    str_t authorization;
    if (!collect(build, type, &authorization, err)) {
        return false;
    }
    message_header_set(build->arena, out, STR("Accept"), STR("application/json"));
    if (authorization.p) {
        message_header_set(build->arena, out, STR("Authorization"), authorization);
    }
    return write_url(build, ENDPOINT_TOKEN, out, err) && write_body(build, out, err) &&
           write_headers(build, out, err);
}

/* --- the service's other endpoints --- */

bool grant_side_request(grant_build_t *build, const side_request_t *side, upstream_request_t *out,
                        err_t *err)
{
    str_t authorization;
    *out = (upstream_request_t){.method = STR("POST")};
    if (!grant_mint_assertion(build, err) || !grant_add_client(build, &authorization, err) ||
        !parameters_override(build, side->params, false, err)) {
        return false;
    }
    message_header_set(build->arena, out, STR("Accept"), STR("application/json"));
    if (authorization.p) {
        message_header_set(build->arena, out, STR("Authorization"), authorization);
    }
    message_header_set(build->arena, out, STR("Content-Type"),
                       STR("application/x-www-form-urlencoded"));
    return write_url(build, side->endpoint, out, err) &&
           write_form(build, url_encode_form, &out->body, err) && write_headers(build, out, err);
}
