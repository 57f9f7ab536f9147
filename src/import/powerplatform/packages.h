/* SPDX-License-Identifier: MIT */
/* The packages of a zip: of a solution (Connector/NAME_openapidefinition.json and its siblings), of
 * folders with apiDefinition.swagger.json, and of zips within the zip, as publishers hand them in.
 * Pure. */
#ifndef TENON_IMPORT_POWERPLATFORM_PACKAGES_H
#define TENON_IMPORT_POWERPLATFORM_PACKAGES_H

#include "base/err.h"
#include "import/powerplatform/powerplatform.h"

typedef struct packages_listener {
    /* False ends it. */
    bool (*on_package)(void *context, const package_t *package, err_t *err);
    /* A zip within the zip that cannot be read, by its place ("/a/b.zip"): it is left. */
    void (*on_unread)(void *context, str_t place, const err_t *why);
    void *context;
} packages_listener_t;

/* Which files make a package, wherever they lie. name: of the file alone. */
bool packages_is_definition(str_t name);
bool packages_is_properties(str_t name);
bool packages_is_script(str_t name);
bool packages_is_icon(str_t name);

/* Tells the listener of each, in the order of the archive. name: of the archive, for the packages
 * that have none of their own. Error: what on_package says; archive_unreadable, also where there is
 * nothing to tell. */
CHECKED bool packages_of_archive(str_t name, str_t bytes, const packages_listener_t *listener,
                                 err_t *err);

#endif
