/* SPDX-License-Identifier: MIT */
#include "definition/supported.h"

static const bool auth_types[AUTH_TYPE_COUNT] = {
    [AUTH_NONE] = true,
    [AUTH_BASIC] = true,
    [AUTH_API_KEY] = true,
    [AUTH_CLIENT_CREDENTIALS] = true,
    [AUTH_PASSWORD] = true,
    [AUTH_AUTHORIZATION_CODE] = true,
    [AUTH_DEVICE_CODE] = true,
    [AUTH_JWT_BEARER] = true,
    [AUTH_REFRESH_TOKEN] = true,
    [AUTH_TOKEN_EXCHANGE] = true,
    [AUTH_SESSION] = true,
    [AUTH_JWT] = true,
    [AUTH_OAUTH1] = true,
    [AUTH_AWS_SIGV4] = true,
};

static const bool client_auths[CLIENT_AUTH_NONE + 1] = {
    [CLIENT_AUTH_BODY] = true,
    [CLIENT_AUTH_BASIC] = true,
    [CLIENT_AUTH_BASIC_RAW] = true,
    [CLIENT_AUTH_PRIVATE_KEY_JWT] = true,
    [CLIENT_AUTH_CLIENT_SECRET_JWT] = true,
    [CLIENT_AUTH_TLS] = true,
    [CLIENT_AUTH_NONE] = true,
};

bool auth_type_can_run(auth_type_t type)
{
    return auth_types[type];
}

bool client_auth_can_run(client_auth_t client_auth)
{
    return client_auths[client_auth];
}
