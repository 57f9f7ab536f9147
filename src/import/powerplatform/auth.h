/* SPDX-License-Identifier: MIT */
/* Ways to sign in of the source, as ways to sign in of FORMAT 5: each identity provider is a file
 * and a row. */
#ifndef TENON_IMPORT_POWERPLATFORM_AUTH_H
#define TENON_IMPORT_POWERPLATFORM_AUTH_H

#include "import/powerplatform/source.h"

typedef struct provider {
    const char *name; /* identityProvider, without case */
    /* settings: oAuthSettings. auth has a title, and its parameters so far. False: not sayable, and
     * reported. */
    bool (*build)(source_t *s, const json_t *settings, json_t *auth);
} provider_t;

extern const provider_t PROVIDER_OAUTH2, PROVIDER_GENERIC, PROVIDER_AAD, PROVIDER_AAD_CERTIFICATE,
    PROVIDER_FACEBOOK, PROVIDER_DOCUSIGN;

/* NULL where there is none. */
const provider_t *provider_of(str_t name);

/* customParameters.NAME.value, the name without case; absent where there is none. */
str_t custom_parameter(const json_t *settings, const char *name);
/* client_id and client_secret that the admin gives once, unless the auth names its own. */
void add_client(source_t *s, const json_t *settings, json_t *auth);
void add_scopes(source_t *s, const json_t *settings, json_t *auth);
/* A template, whose host becomes one of the connector's. */
void add_url(source_t *s, json_t *auth, const char *key, str_t url);

#endif
