/* SPDX-License-Identifier: MIT */
/* Identity providers of Power Platform, as far as a grant can be told to them. */
#ifndef TENON_OPENAPI_POWERPLATFORM_DIRECT_PROVIDER_H
#define TENON_OPENAPI_POWERPLATFORM_DIRECT_PROVIDER_H

#include "openapi/powerplatform/direct.h"

typedef struct identity_provider {
    const char *name; /* identityProvider */
    json_t *(*build)(direct_t *x,
                     const auth_t *auth); /* customParameters; NULL: it cannot say it */
} identity_provider_t;
extern const identity_provider_t IDENTITY_AAD, IDENTITY_OAUTH2, IDENTITY_GENERIC;

/* A parameter of that way to sign in, that an admin gives (or a user). */
bool provider_is_parameter(const auth_t *auth, const template_t *t, bool admin);
/* customParameters.NAME.value, where there is one. */
void provider_set(json_t *custom, const char *name, str_t value);
/* `resource` where it is all that the authorize request has beyond the standard; absent: else. */
str_t provider_resource(const auth_t *auth, const template_t **template_out);

#endif
