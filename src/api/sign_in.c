/* SPDX-License-Identifier: MIT */
/* /v1/connections/{connection}/sign-in: a person's sign-in by a code that they type in elsewhere
 * (RFC 8628). By a browser they sign in through a connect session. */
#include "api/handlers.h"
#include "codec/json.h"

static json_t *named(const resource_t *r)
{
    return json_pack("{s:o}", "name", json_str(r->variables[0]));
}

void sign_in_begin(resource_t *r)
{
    resource_admin(r, ADMIN_DEVICE_BEGIN, named(r), 200);
}

void sign_in_show(resource_t *r)
{
    resource_admin(r, ADMIN_DEVICE_SHOW, named(r), 200);
}
