/* SPDX-License-Identifier: MIT */
/* OAuth 1.0a (RFC 5849) with a token that is given: nothing is asked for, as every request is
 * signed with what the connection stores (call/build_sign.c). */
#include "codec/json.h"
#include "grant/parameters.h"
#include "grant/text.h"
#include "grant/types.h"

static bool add_parameters(grant_build_t *build, err_t *err)
{
    enum { DAY_S = 24 * 60 * 60 };
    const template_t *slot = build->definition->slots[SLOT_TOKEN];
    str_t token;
    if (!grant_text(build, slot, &token, err)) {
        return false;
    }
    if (!token.n) {
        return grant_report_missing(slot, "token", err);
    }
    parameters_add(build, STR("token_type"), json_str(STR("OAuth")));
    parameters_add(build, STR("access_token"), json_str(token));
    parameters_add(build, STR("expires_in"), json_integer(DAY_S)); /* it has no end of its own */
    return true;
}

const grant_type_t grant_oauth1 = {
    .type = AUTH_OAUTH1,
    .add_parameters = add_parameters,
    .is_local = true,
    .other_token_type = "OAuth",
};
