/* SPDX-License-Identifier: MIT */
/* RFC 6749 4.1 with PKCE (RFC 7636, S256 only): the address where a person signs in, and the
 * request that turns the code they bring back into tokens. */
#include "codec/base64.h"
#include "codec/json.h"
#include "codec/url.h"
#include "grant/parameters.h"
#include "grant/text.h"
#include "grant/types.h"
#include "seal/hash.h"

enum { AUTHORIZATION_URL_MAX = 64 * 1024 };

/* --- the token request --- */

static bool add_parameters(grant_build_t *build, err_t *err)
{
    (void)err;
    grant_add_occasion(build, "code");
    grant_add_occasion(build, "redirect_uri");
    grant_add_occasion(build, "code_verifier");
    return true;
}

const grant_type_t grant_authorization_code = {
    .type = AUTH_AUTHORIZATION_CODE,
    .wire_name = STR_INIT("authorization_code"),
    .add_parameters = add_parameters,
    .begins = BEGINS_BY_PERSON,
    .asked_scope_before = true,
    .may_refresh = true,
};

/* --- the authorization request --- */

void grant_code_challenge(str_t verifier, buf_t *to)
{
    unsigned char digest[HASH_BYTES_MAX];
    size_t n = hash_bytes(HASH_SHA256, verifier, digest);
    base64url_write(to, str_at(digest, n));
}

static bool is_supported(const grant_definition_t *d, err_t *err)
{
    if (!d->authorize_url) {
        return err_set(err, ERR_not_supported,
                       "this version cannot discover the address to sign in at yet: give "
                       "`authorize_url`");
    }
    if (d->par_url) {
        return err_set(err, ERR_not_supported,
                       "this version cannot push authorization requests (`par_url`) yet");
    }
    return !(d->register_dynamic || d->register_document) ||
           err_set(err, ERR_not_supported, "this version cannot register itself (`register`) yet");
}

static bool collect(grant_build_t *build, err_t *err)
{
    parameters_add(build, STR("response_type"), json_str(STR("code")));
    if (!grant_add_slot(build, "client_id", SLOT_CLIENT_ID, err)) {
        return false;
    }
    grant_add_occasion(build, "redirect_uri");
    if (!grant_add_scope(build, err) || !grant_add_slot(build, "resource", SLOT_RESOURCE, err)) {
        return false;
    }
    grant_add_occasion(build, "state");
    if (!build->definition->pkce_none) {
        grant_add_occasion(build, "code_challenge");
        parameters_add(build, STR("code_challenge_method"), json_str(STR("S256")));
    }
    return parameters_override(build, build->definition->authorize_params, false, err);
}

static bool write_address(grant_build_t *build, buf_t *to, err_t *err)
{
    switch (url_template_text(build->definition->authorize_url, build->scope, build->base_url, to,
                              err)) {
    case TEMPLATE_FAILED:
        return false;
    case TEMPLATE_ABSENT:
        return err_set(err, ERR_parameter_missing, "the sign-in needs `authorize_url`");
    case TEMPLATE_OK:
        break;
    }
    return true;
}

/* FORMAT 9: behind a fragment, where a page that routes by it looks for them. */
static char separator_of(str_t url)
{
    size_t fragment = str_index(url, '#');
    str_t tail = fragment == SIZE_MAX ? url : str_slice(url, fragment, url.n);
    return str_index(tail, '?') == SIZE_MAX ? '?' : '&';
}

bool grant_authorization_url(grant_build_t *build, buf_t *to, err_t *err)
{
    buf_t *query = grant_buf_in(build->arena, AUTHORIZATION_URL_MAX);
    if (!is_supported(build->definition, err) || !collect(build, err) ||
        !write_address(build, to, err) || !parameters_write(build, url_encode_query, query, err)) {
        return false;
    }
    buf_char(to, separator_of(buf_view(to)));
    buf_str(to, buf_view(query));
    return buf_ok(to) || err_set(err, ERR_param_too_long, "the address to sign in at is too long");
}
