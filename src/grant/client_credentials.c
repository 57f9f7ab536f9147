/* SPDX-License-Identifier: MIT */
/* RFC 6749 4.4: the client is its own resource owner; the client's authentication is all there is.
 */
#include "grant/types.h"

const grant_type_t grant_client_credentials = {
    .type = AUTH_CLIENT_CREDENTIALS,
    .wire_name = STR_INIT("client_credentials"),
};
