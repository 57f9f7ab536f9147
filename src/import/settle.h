/* SPDX-License-Identifier: MIT */
/* The last word has the loader: what it refuses of an imported definition is taken out, as little
 * as can be, and told in the report: a key that only describes or narrows a value, else the
 * operation, else the connector. Pure. */
#ifndef TENON_IMPORT_SETTLE_H
#define TENON_IMPORT_SETTLE_H

#include "base/buf.h"
#include "import/report.h"

/* FORMAT 3 and 11. */
enum {
    DEFINITION_ACTIONS_MAX = 1000,
    DEFINITION_SCHEMAS_MAX = 5000,
    DEFINITION_PARAMETERS_MAX = 100, /* of a connection */
    DEFINITION_AUTHS_MAX = 32,
};

/* Whether a definition that has so many actions has room for this operation's, too. False: it is
 * refused. */
bool definition_has_room(size_t actions, report_t *report, str_t operation);
/* Changes the definition until it loads without errors, and appends its text. False: nothing is
 * left of it (reported). */
bool definition_settle(json_t *definition, const char *kind, buf_t *to, report_t *report);

#endif
