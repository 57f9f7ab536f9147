/* SPDX-License-Identifier: MIT */
/* RFC 7523 2.1: a signed assertion about somebody takes the place of their sign-in. */
#include "codec/json.h"
#include "grant/parameters.h"
#include "grant/types.h"

static bool add_parameters(grant_build_t *build, err_t *err)
{
    (void)err;
    parameters_add_minted(build, STR("assertion"), json_str(build->assertion));
    return true;
}

const grant_type_t grant_jwt_bearer = {
    .type = AUTH_JWT_BEARER,
    .wire_name = STR_INIT("urn:ietf:params:oauth:grant-type:jwt-bearer"),
    .add_parameters = add_parameters,
    .may_refresh = true,
};
