/* SPDX-License-Identifier: MIT */
/* RFC 6749 6: a new access token for a refresh token. It is the request of every refresh, whatever
 * the grant was that brought the refresh token, and of connections that were given one by hand.
 * Never for a wider scope: where the definition names none, `scope` is left out. */
#include "grant/types.h"

static bool add_parameters(grant_build_t *build, err_t *err)
{
    return grant_add_slot(build, "refresh_token", SLOT_REFRESH_TOKEN, err);
}

const grant_type_t grant_refresh_token = {
    .type = AUTH_REFRESH_TOKEN,
    .wire_name = STR_INIT("refresh_token"),
    .add_parameters = add_parameters,
    .begins = BEGINS_ONCE,
    .may_refresh = true,
};
