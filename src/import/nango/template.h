/* SPDX-License-Identifier: MIT */
/* What the files of templates share. */
#ifndef TENON_IMPORT_NANGO_TEMPLATE_H
#define TENON_IMPORT_NANGO_TEMPLATE_H

#include "import/nango/provider.h"

/* A template within another one, as an expression. Absent: it has none, and the provider failed. */
str_t nested_expression(provider_t *p, str_t source, unsigned depth);
/* What stands within `${…}`. Absent: it has no counterpart. */
str_t variable_expression(provider_t *p, str_t name, unsigned depth);

#endif
