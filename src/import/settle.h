/* SPDX-License-Identifier: MIT */
/* The last word has the loader: what it refuses of an imported definition is taken out, as little
 * as can be, and told in the report: a key that only describes or narrows a value, else the
 * operation, else the connector. Pure. */
#ifndef TENON_IMPORT_SETTLE_H
#define TENON_IMPORT_SETTLE_H

#include "base/buf.h"
#include "import/report.h"

/* Changes the definition until it loads without errors, and appends its text. False: nothing is
 * left of it (reported). */
bool definition_settle(json_t *definition, const char *kind, buf_t *to, report_t *report);

#endif
