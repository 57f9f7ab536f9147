/* SPDX-License-Identifier: MIT */
/* A connector as a package for Power Platform: an OpenAPI 2.0 document, what a connection asks for,
 * and policies. It leads through Tenon, which keeps credentials, tokens and limits; or directly to
 * the service, as far as that platform can say what the definition says. Pure. */
#ifndef TENON_OPENAPI_POWERPLATFORM_POWERPLATFORM_H
#define TENON_OPENAPI_POWERPLATFORM_POWERPLATFORM_H

#include "openapi/openapi.h"

typedef struct powerplatform_options {
    bool direct;
    str_t server, connection; /* as in openapi_options_t; of no use where it is direct */
} powerplatform_options_t;

typedef struct powerplatform_package {
    str_t name; /* the connector's id; borrowed from it, as is the color */
    json_t *definition;
    json_t *properties; /* of apiProperties.json: its member `properties` */
    /* What the platform cannot say: [{reason, detail, action}], `action` where it is one of an
     * action that is left out; reason is a fixed word to count by. */
    json_t *notes;
    str_t color; /* "#RRGGBB": of the connector, or Tenon's own */
    buf_t icon;  /* PNG */
} powerplatform_package_t;

/* False with an error where nothing can be made: definition_bad_url (the server), not_sayable (no
 * way to sign in, or no action, can be said directly). What out holds then is freed as usual. */
CHECKED bool powerplatform_make(const connector_t *c, const powerplatform_options_t *options,
                                powerplatform_package_t *out, err_t *err);
void powerplatform_fini(powerplatform_package_t *package);

/* --- as files --- */

typedef struct powerplatform_file {
    const char *name; /* without a folder */
    buf_t bytes;
} powerplatform_file_t;
enum { POWERPLATFORM_FILES = 4 };
/* The folder that paconn takes. */
void powerplatform_folder(const powerplatform_package_t *package,
                          powerplatform_file_t files[POWERPLATFORM_FILES]);
void powerplatform_folder_fini(powerplatform_file_t files[POWERPLATFORM_FILES]);
/* Appends the zip of a solution that holds the connector: the same package, the same bytes. */
CHECKED bool powerplatform_solution(const powerplatform_package_t *package, buf_t *to, err_t *err);

#endif
