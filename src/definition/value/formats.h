/* SPDX-License-Identifier: MIT */
/* The checked formats of text (FORMAT 4). Pure. */
#ifndef TENON_DEFINITION_VALUE_FORMATS_H
#define TENON_DEFINITION_VALUE_FORMATS_H

#include "definition/model.h"

/* True where text has the format, and for every format that texts are not checked for. */
bool format_fits(schema_format_t format, str_t text);
/* "a host name such as …": what was expected. NULL where nothing is checked. */
const char *format_expected(schema_format_t format);

#endif
