/* SPDX-License-Identifier: MIT */
/* No grant of OAuth: a JWT that is made here is the token, for as long as it is valid. */
#include "codec/json.h"
#include "grant/mint.h"
#include "grant/parameters.h"
#include "grant/types.h"

/* The members that a token endpoint would answer (RFC 6749 5.1). */
static bool add_parameters(grant_build_t *build, err_t *err)
{
    minted_t jwt;
    const mint_plan_t plan = {.definition = build->definition->jwt, .name = "jwt", .typ = "JWT"};
    if (!mint_jwt(build, &plan, &jwt, err)) {
        return false;
    }
    parameters_add(build, STR("token_type"), json_str(STR("Bearer")));
    parameters_add_minted(build, STR("access_token"), json_str(jwt.text));
    int64_t left = jwt.expires_at ? jwt.expires_at - build->scope->wall_ms / 1000
                                  : build->definition->jwt->lifetime_ms / 1000;
    parameters_add(build, STR("expires_in"), json_integer(left));
    return true;
}

const grant_type_t grant_jwt = {
    .type = AUTH_JWT,
    .add_parameters = add_parameters,
    .is_local = true,
};
