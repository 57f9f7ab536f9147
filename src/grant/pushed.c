/* SPDX-License-Identifier: MIT */
/* Pushed authorization requests (RFC 9126): what a person's sign-in asks for goes from server to
 * server, and the browser carries a reference to it. */
#include "codec/json.h"
#include "codec/url.h"
#include "grant/parameters.h"
#include "grant/text.h"

enum { URL_MAX = 64 * 1024, BODY_MAX = 1024 * 1024, CREATED = 201, REFERENCE_MAX = 4096 };

static bool is_pushed(const grant_build_t *build)
{
    const grant_metadata_t *m = build->metadata;
    return build->definition->par_url ||
           (m && grant_metadata_endpoint(m, ENDPOINT_PAR, build->has_certificate).n);
}

static bool push(grant_build_t *build, upstream_request_t *out, err_t *err)
{
    buf_t *url = grant_buf_in(build->arena, URL_MAX), *body = grant_buf_in(build->arena, BODY_MAX);
    str_t authorization;
    if (!grant_add_authorization(build, err) || !grant_add_client(build, &authorization, err) ||
        !grant_endpoint_url(build, ENDPOINT_PAR, url, err) ||
        !parameters_write(build, url_encode_form, body, err)) {
        return false;
    }
    *out =
        (upstream_request_t){.method = STR("POST"), .url = buf_view(url), .body = buf_view(body)};
    message_header_set(build->arena, out, STR("Accept"), STR("application/json"));
    message_header_set(build->arena, out, STR("Content-Type"),
                       STR("application/x-www-form-urlencoded"));
    if (authorization.p) {
        message_header_set(build->arena, out, STR("Authorization"), authorization);
    }
    return true;
}

/* --- its answer --- */

static err_code_t code_of(int status, str_t error)
{
    bool is_client = str_is(error, "invalid_client") || str_is(error, "unauthorized_client");
    return status == 429                   ? ERR_token_endpoint_throttled
           : status >= 500 || status < 400 ? ERR_token_endpoint_unavailable
           : status == 401 || is_client    ? ERR_credentials_rejected
                                           : ERR_authorization_incomplete;
}

bool grant_refuse_ahead(const upstream_answer_t *answer, const ahead_refusal_t *refusal, err_t *err)
{
    err_set(err, code_of(answer->status, refusal->error), "the service refused %s (%d)",
            refusal->what, answer->status);
    err->upstream_status = answer->status;
    err_clean_text(err->upstream_error, sizeof err->upstream_error, refusal->error);
    err_clean_text(err->upstream_description, sizeof err->upstream_description,
                   refusal->description);
    return false;
}

/* The browser needs the two, whatever authorize_params say of others. */
static bool write_reference(grant_build_t *build, str_t reference, buf_t *to, err_t *err)
{
    build->parameters = (grant_parameters_t){.list = NULL};
    if (!grant_add_slot(build, "client_id", SLOT_CLIENT_ID, err)) {
        return false;
    }
    parameters_add(build, STR("request_uri"), json_str(reference));
    return grant_write_authorization(build, to, err);
}

static bool take(grant_build_t *build, const upstream_answer_t *answer, json_t *kept, buf_t *to,
                 err_t *err)
{
    (void)kept;
    err_t unread = ERR_INIT;
    json_t *object = json_read(answer->body, NULL, &unread);
    str_t reference = json_member(object, "request_uri");
    bool ok = false;
    if (answer->status != CREATED) {
        ok = grant_refuse_ahead(answer,
                                &(ahead_refusal_t){"the request to sign in",
                                                   json_member(object, "error"),
                                                   json_member(object, "error_description")},
                                err);
    } else if (!reference.n || reference.n > REFERENCE_MAX) {
        ok = err_set(err, ERR_token_response_incomplete,
                     "the service took the request to sign in, but named no `request_uri`");
    } else {
        ok = write_reference(build, reference, to, err);
    }
    json_decref(object);
    return ok;
}

const grant_ahead_t grant_pushed = {.is_needed = is_pushed, .request = push, .take = take};

/* --- whatever goes ahead --- */

static const grant_ahead_t *ahead_of(const grant_build_t *build)
{
    const grant_type_t *type = grant_type_of(build->definition);
    return type ? type->ahead : NULL;
}

bool grant_asks_ahead(const grant_build_t *build)
{
    const grant_ahead_t *ahead = ahead_of(build);
    return ahead && ahead->is_needed(build);
}

bool grant_ahead_request(grant_build_t *build, upstream_request_t *out, err_t *err)
{
    return ahead_of(build)->request(build, out, err);
}

bool grant_ahead_url(grant_build_t *build, const upstream_answer_t *answer, json_t *kept, buf_t *to,
                     err_t *err)
{
    return ahead_of(build)->take(build, answer, kept, to, err);
}
