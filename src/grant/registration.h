/* SPDX-License-Identifier: MIT */
/* Clients that are made, not given: by dynamic registration (RFC 7591), or by a document that describes them. Pure. */
#ifndef TENON_GRANT_REGISTRATION_H
#define TENON_GRANT_REGISTRATION_H

#include "grant/grant.h"

/* What Tenon is to a server: the name that people see where they consent, its address, and where they come back to. */
typedef struct grant_self {
    str_t name, uri, redirect_uri;
} grant_self_t;

/* What both ways say of it: client_name, client_uri, redirect_uris, grant_types, response_types. A new reference. */
json_t *grant_client_document(const grant_self_t *self, const grant_definition_t *definition);
/* RFC 7591 3.1. Errors: not_supported (client_auth by a key), those of URLs and metadata. */
CHECKED bool grant_registration_request(grant_build_t *build, const grant_self_t *self, upstream_request_t *out, err_t *err);
/* What is to be kept of the client, with its secret; NULL with the reason, as grant_ahead_url's. A new reference. */
json_t *grant_registration_answer(grant_build_t *build, const upstream_answer_t *answer, err_t *err);
/* A client that was kept, in the arena. False: it is none that the definition can use. */
bool grant_client_read(const json_t *kept, const grant_definition_t *definition, arena_t *arena, grant_client_t *out);

#endif
