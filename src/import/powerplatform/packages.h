/* SPDX-License-Identifier: MIT */
/* The packages of a zip: of a solution (Connector/NAME_openapidefinition.json and its siblings), of
 * folders with apiDefinition.swagger.json, and of zips within the zip, as publishers hand them in.
 * Pure. */
#ifndef TENON_IMPORT_POWERPLATFORM_PACKAGES_H
#define TENON_IMPORT_POWERPLATFORM_PACKAGES_H

#include "base/err.h"
#include "import/powerplatform/powerplatform.h"

typedef bool packages_on_package_t(void *context, const package_t *package, err_t *err);

/* Which files make a package, wherever they lie. name: of the file alone. */
bool packages_is_definition(str_t name);
bool packages_is_properties(str_t name);
bool packages_is_script(str_t name);
bool packages_is_icon(str_t name);

/* Calls on_package for each, in the order of the archive, until it answers false. name: of the
 * archive, for the packages that have none of their own. Error: archive_unreadable, also where
 * there is no package. */
CHECKED bool packages_of_archive(str_t name, str_t bytes, packages_on_package_t *on_package,
                                 void *context, err_t *err);

#endif
