/* SPDX-License-Identifier: MIT */
/* Private to the importer: the URL of a Server Object with its variables (OpenAPI 3.1, 4.8.5
 * and 4.8.6). */
#ifndef TENON_IMPORT_OPENAPI_SERVER_URL_H
#define TENON_IMPORT_OPENAPI_SERVER_URL_H

#include "import/openapi/spec.h"

/* `//host/path` with https, whatever the document came by (RFC 3986 4.2); others as they are. */
str_t server_url_absolute_in(arena_t *arena, str_t url);
/* With its variables, absolute in that sense. */
str_t server_url_in(const spec_t *s, const json_t *server);
/* As a template: its variables are parameters of the connection, where FORMAT 9 lets them stand; the
 * others have their default. */
str_t server_url_template_in(spec_t *s, const json_t *server);
/* As it is sent: its variables have their defaults. */
str_t server_url_fixed_in(const spec_t *s, const json_t *server);
/* Every URL that the values of its variables give, without trailing `/`; those without a list have
 * their default. Answers how many there are, at most max. */
size_t server_url_values(const spec_t *s, const json_t *server, str_t *urls, size_t max);

/* --- server_fault.c --- */

/* Whether FORMAT has such a server, whose variables stand in it as they are; false: it is told. */
bool server_url_is_sound(const spec_t *s, str_t url);
/* What of a URL can be no secret: without user information, query and fragment. */
str_t server_url_shown_in(arena_t *arena, str_t url);
bool server_url_has_path(str_t url);
/* Scheme and authority of a URL, or of a template that does not begin with an expression; else
 * absent. */
str_t server_url_origin(str_t url);

#endif
