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
    .ahead = &grant_pushed,
    .brings = "code",
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

bool grant_add_authorization(grant_build_t *build, err_t *err)
{
    parameters_add(build, STR("response_type"), json_str(STR("code")));
    if (!grant_add_slot(build, "client_id", SLOT_CLIENT_ID, err)) {
        return false;
    }
    grant_add_occasion(build, "redirect_uri");
    if (!grant_add_scope(build, err) || !grant_add_resources(build, err)) {
        return false;
    }
    grant_add_occasion(build, "state");
    if (!build->definition->pkce_none) {
        grant_add_occasion(build, "code_challenge");
        parameters_add(build, STR("code_challenge_method"), json_str(STR("S256")));
    }
    return parameters_override(build, build->definition->authorize_params, false, err);
}

/* FORMAT 9: behind a fragment, where a page that routes by it looks for them. */
static char separator_of(str_t url)
{
    size_t fragment = str_index(url, '#');
    str_t tail = fragment == SIZE_MAX ? url : str_slice(url, fragment, url.n);
    return str_index(tail, '?') == SIZE_MAX ? '?' : '&';
}

bool grant_write_authorization(grant_build_t *build, buf_t *to, err_t *err)
{
    buf_t *query = grant_buf_in(build->arena, AUTHORIZATION_URL_MAX);
    if (!grant_endpoint_url(build, ENDPOINT_AUTHORIZE, to, err) ||
        !parameters_write(build, url_encode_query, query, err)) {
        return false;
    }
    buf_char(to, separator_of(buf_view(to)));
    buf_str(to, buf_view(query));
    return buf_ok(to) || err_set(err, ERR_param_too_long, "the address to sign in at is too long");
}

bool grant_authorization_url(grant_build_t *build, buf_t *to, err_t *err)
{
    return grant_add_authorization(build, err) && grant_write_authorization(build, to, err);
}
