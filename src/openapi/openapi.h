/* SPDX-License-Identifier: MIT */
/* OpenAPI documents of connectors: what a platform imports to call a connector's actions through Tenon. One
 * document says one connector, in one flavour of OpenAPI, for one way to name the connection; its operations stand
 * in the order of the file, and the same connector gives the same bytes. Knows nothing of who may see it. Pure. */
#ifndef TENON_OPENAPI_OPENAPI_H
#define TENON_OPENAPI_OPENAPI_H

#include "base/buf.h"
#include "definition/model.h"

/* A version of OpenAPI, one file each (flavour.h); the registry lists them. */
typedef struct openapi_flavour openapi_flavour_t;
/* "2.0", "3.0", "3.1", or with the patch number that the document carries ("3.0.3"). NULL: there is none. */
const openapi_flavour_t *openapi_flavour_of(str_t version);
/* "2.0", … in their order, NULL behind the last: for messages and lists. */
const char *openapi_version_at(size_t index);

typedef struct openapi_options {
    const openapi_flavour_t *flavour;
    /* Which connection the calls go to (DESIGN 4): `-`, the one of the caller's key; a name, which becomes part of the
     * address; `*`, which the caller chooses in each call, from a list. */
    str_t connection;
    str_t server; /* where callers reach Tenon: http(s)://HOST[:PORT][/PATH] */
} openapi_options_t;

/* `-`, `*` or the name of a connection. */
bool openapi_is_connection(str_t connection);
/* A new reference that shares nothing with the connector. Error: definition_bad_url (the server). */
json_t *openapi_document(const connector_t *c, const openapi_options_t *options, err_t *err);

typedef enum { OPENAPI_JSON, OPENAPI_YAML } openapi_format_t;
/* The document as text, with indentation and a line end. */
void openapi_write(buf_t *to, const json_t *document, openapi_format_t format);

#endif
