/* SPDX-License-Identifier: MIT */
/* Every `auth_mode` of Nango that has a counterpart. */
#include "import/nango/provider.h"

static const auth_mode_t *const MODES[] = {
    &MODE_OAUTH2,      &MODE_CLIENT_CREDENTIALS,
    &MODE_TWO_STEP,    &MODE_BILL,
    &MODE_JWT,         &MODE_APP,
    &MODE_API_KEY,     &MODE_BASIC,
    &MODE_NONE,        &MODE_MCP,
    &MODE_MCP_GENERIC, &MODE_OAUTH1,
    &MODE_TBA,         &MODE_AWS,
    &MODE_SIGNATURE,   &MODE_INSTALL_PLUGIN,
    &MODE_CUSTOM,
};

const auth_mode_t *auth_mode_find(str_t name)
{
    for (size_t i = 0; i < sizeof MODES / sizeof *MODES; i++) {
        if (str_is(name, MODES[i]->name)) {
            return MODES[i];
        }
    }
    return NULL;
}
