/* SPDX-License-Identifier: MIT */
/* How the client proves itself (RFC 6749 2.3, RFC 7521 4.2): parameters of the request, or the
 * header that carries the proof. */
#include "codec/base64.h"
#include "codec/json.h"
#include "codec/url.h"
#include "grant/mint.h"
#include "grant/parameters.h"
#include "grant/text.h"

/* --- its secret --- */

static bool by_body(grant_build_t *build, str_t *authorization, err_t *err)
{
    (void)authorization;
    return grant_add_slot(build, "client_id", SLOT_CLIENT_ID, err) &&
           grant_add_slot(build, "client_secret", SLOT_CLIENT_SECRET, err);
}

/* Of a public client; or the certificate proves, and this says whose it is to be (RFC 8705 2). */
static bool by_id_alone(grant_build_t *build, str_t *authorization, err_t *err)
{
    (void)authorization;
    return grant_add_slot(build, "client_id", SLOT_CLIENT_ID, err);
}

static bool write_basic(grant_build_t *build, void (*write)(buf_t *, str_t), str_t *header,
                        err_t *err)
{
    str_t id, secret;
    if (!grant_slot_text(build, SLOT_CLIENT_ID, &id, err) ||
        !grant_slot_text(build, SLOT_CLIENT_SECRET, &secret, err)) {
        return false;
    }
    if (!id.p && !secret.p) { /* FORMAT 5: what is not needed and absent is not sent */
        return true;
    }
    if (write == buf_str && str_index(id, ':') != SIZE_MAX) {
        return err_set(err, ERR_credential_username_colon,
                       "a client id with a colon cannot go into Basic");
    }
    buf_t *pair = grant_buf_in(build->arena, 4 * GRANT_TEXT_MAX);
    write(pair, id);
    buf_char(pair, ':');
    write(pair, secret);
    buf_t *value = grant_buf_in(build->arena, 8 * GRANT_TEXT_MAX);
    buf_lit(value, "Basic ");
    base64_write(value, buf_view(pair));
    *header = buf_view(value);
    return true;
}

/* RFC 6749 2.3.1: both parts form-encoded. */
static bool by_basic(grant_build_t *build, str_t *authorization, err_t *err)
{
    return write_basic(build, url_encode_form, authorization, err);
}

/* As they are, for servers that do not decode. */
static bool by_basic_raw(grant_build_t *build, str_t *authorization, err_t *err)
{
    return write_basic(build, buf_str, authorization, err);
}

/* --- a JWT (RFC 7523 2.2) --- */

static bool by_jwt(grant_build_t *build, const jwt_definition_t *definition, err_t *err)
{
    minted_t jwt;
    str_t id;
    /* One that is only a client authentication says so, that it cannot be taken for another. */
    mint_plan_t plan = {
        .definition = definition, .name = "client_assertion", .typ = "client-authentication+jwt"};
    if (!grant_slot_text(build, SLOT_CLIENT_ID, &id, err) ||
        !grant_audience(build, &plan.audience, err)) {
        return false;
    }
    if (!id.p && !definition->claims) {
        return grant_report_missing(build->definition->slots[SLOT_CLIENT_ID], "client_id", err);
    }
    plan.issuer = plan.subject = id;
    if (!mint_jwt(build, &plan, &jwt, err)) {
        return false;
    }
    parameters_add(build, STR("client_assertion_type"),
                   json_str(STR("urn:ietf:params:oauth:client-assertion-type:jwt-bearer")));
    parameters_add_minted(build, STR("client_assertion"), json_str(jwt.text));
    return true;
}

static bool by_private_key_jwt(grant_build_t *build, str_t *authorization, err_t *err)
{
    (void)authorization;
    return by_jwt(build, build->definition->client_assertion, err);
}

static bool by_client_secret_jwt(grant_build_t *build, str_t *authorization, err_t *err)
{
    const jwt_definition_t *own = build->definition->client_assertion;
    const jwt_definition_t plain = {.alg = STR_INIT("HS256"),
                                    .key = build->definition->slots[SLOT_CLIENT_SECRET],
                                    .lifetime_ms = 60 * 1000};
    str_t secret;
    (void)authorization;
    return (own || grant_slot_text(build, SLOT_CLIENT_SECRET, &secret, err)) &&
           by_jwt(build, own ? own : &plain, err);
}

/* --- any of them --- */

typedef bool prove_t(grant_build_t *build, str_t *authorization, err_t *err);

static prove_t *const WAYS[] = {
    [CLIENT_AUTH_BODY] = by_body,
    [CLIENT_AUTH_BASIC] = by_basic,
    [CLIENT_AUTH_BASIC_RAW] = by_basic_raw,
    [CLIENT_AUTH_PRIVATE_KEY_JWT] = by_private_key_jwt,
    [CLIENT_AUTH_CLIENT_SECRET_JWT] = by_client_secret_jwt,
    [CLIENT_AUTH_TLS] = by_id_alone,
    [CLIENT_AUTH_NONE] = by_id_alone,
};

bool grant_add_client(grant_build_t *build, str_t *authorization, err_t *err)
{
    *authorization = STR_NONE;
    client_auth_t way = build->client ? build->client->auth : build->definition->client_auth;
    return WAYS[way](build, authorization, err);
}
