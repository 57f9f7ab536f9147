/* SPDX-License-Identifier: MIT */
#include "grant/types.h"

/* Every grant that this version runs: adding one is a file and a row. */
static const grant_type_t *const TYPES[] = {
    &grant_client_credentials,
    &grant_password,
    &grant_authorization_code,
    &grant_device_code,
    &grant_jwt_bearer,
    &grant_token_exchange,
    &grant_refresh_token,
    &grant_session,
    &grant_jwt,
    &grant_oauth1_sign_in,
    &grant_oauth1,
    &grant_aws_role,
};

const grant_type_t *grant_type_of(const grant_definition_t *definition)
{
    for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; i++) {
        const grant_type_t *type = TYPES[i];
        if (type->type == definition->type && (!type->is_for || type->is_for(definition))) {
            return type;
        }
    }
    return NULL;
}

const grant_type_t *grant_type_for(const grant_definition_t *definition)
{
    const grant_type_t *own = grant_type_of(definition);
    return definition->is_refresh && !(own && own->steps_alone) ? &grant_refresh_token : own;
}

bool grant_is_local(const grant_definition_t *definition)
{
    const grant_type_t *type = grant_type_for(definition);
    return type && type->is_local;
}

bool grant_keeps_refresh_token(const grant_definition_t *definition)
{
    const grant_type_t *type = grant_type_of(definition);
    return type && type->may_refresh && (definition->is_refresh || definition->refresh);
}
