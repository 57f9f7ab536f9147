/* SPDX-License-Identifier: MIT */
/* What the modes of OAuth 2 share. */
#ifndef TENON_IMPORT_NANGO_OAUTH2_H
#define TENON_IMPORT_NANGO_OAUTH2_H

#include "codec/json.h"
#include "import/nango/provider.h"

/* --- oauth2_token.c --- */
/* client_id and client_secret, unless the provider has them among its credentials; admin: an admin gives them once. */
void oauth2_read_client(provider_t *p, bool admin);
/* Where tokens come from, how the client proves itself there, the format and `token_params`. */
void oauth2_read_token_request(provider_t *p, str_t url);
/* Nango keeps the scopes with the integration; here they are a field with what it would send by itself. */
void oauth2_read_scopes(provider_t *p, const char *name, bool admin);
/* A map of further parameters, without those that are the grant's own. */
void oauth2_take_params(provider_t *p, json_t *to, const char *key);
void oauth2_know_token(provider_t *p);

/* --- oauth2.c --- */
/* The sign-in page and its parameters. */
void oauth2_read_authorize(provider_t *p);
void oauth2_read_refresh(provider_t *p);

#endif
