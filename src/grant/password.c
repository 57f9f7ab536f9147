/* SPDX-License-Identifier: MIT */
/* RFC 6749 4.3. With the definition's grant_type it is also Auth0's password-realm, whose realm is
 * one of the definition's params. */
#include "grant/types.h"

static bool add_parameters(grant_build_t *build, err_t *err)
{
    return grant_add_slot(build, "username", SLOT_USERNAME, err) &&
           grant_add_slot(build, "password", SLOT_PASSWORD, err);
}

const grant_type_t grant_password = {
    .type = AUTH_PASSWORD,
    .wire_name = STR_INIT("password"),
    .add_parameters = add_parameters,
    .may_refresh = true,
};
