/* SPDX-License-Identifier: MIT */
/* Private: the two ways of a package, and its icon. */
#ifndef TENON_OPENAPI_POWERPLATFORM_PACKAGE_H
#define TENON_OPENAPI_POWERPLATFORM_PACKAGE_H

#include "openapi/powerplatform/powerplatform.h"

/* Each fills definition, properties and notes, which are there. */
CHECKED bool package_direct(const connector_t *c, powerplatform_package_t *out, err_t *err);
CHECKED bool package_through(const connector_t *c, const powerplatform_options_t *options,
                             powerplatform_package_t *out, err_t *err);

/* A square of the connector's colour (#RRGGBB; absent: Tenon's own) with the mark of a joint in it,
 * as certification wants it: opaque, 160 by 160 points. */
void icon_write(buf_t *to, str_t color);
/* What stands for it: "#RRGGBB". */
str_t icon_color(str_t color);

#endif
