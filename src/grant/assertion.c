/* SPDX-License-Identifier: MIT */
/* The JWT of the key `assertion`: the credential of jwt_bearer (RFC 7521 4.1), and what
 * `${assertion}` means. */
#include "grant/mint.h"
#include "grant/text.h"

bool grant_audience(grant_build_t *build, str_t *out, err_t *err)
{
    const grant_definition_t *d = build->definition;
    return grant_url(build, d->issuer, out, err) &&
           (out->p || grant_url(build, d->token_url, out, err));
}

bool grant_mint_assertion(grant_build_t *build, err_t *err)
{
    minted_t jwt;
    mint_plan_t plan = {
        .definition = build->definition->assertion, .name = "assertion", .typ = "JWT"};
    if (!plan.definition) {
        return true;
    }
    if (!grant_audience(build, &plan.audience, err) || !mint_jwt(build, &plan, &jwt, err)) {
        return false;
    }
    build->assertion = jwt.text;
    if (build->shown_assertion) {
        *build->shown_assertion = jwt.text;
    }
    return true;
}
