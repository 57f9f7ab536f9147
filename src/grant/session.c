/* SPDX-License-Identifier: MIT */
/* A sign-in of the service's own (FORMAT 5): the steps are it, and there is no token request. Its
 * refresh, where the definition describes one, is made of steps, too. */
#include "grant/types.h"

const grant_type_t grant_session = {
    .type = AUTH_SESSION,
    .steps_alone = true,
    .may_refresh = true,
};
