/* SPDX-License-Identifier: MIT */
/* Names that stand twice in one object: of JSON the last counts, and the others are lost. Pure. */
#ifndef TENON_IMPORT_TWICE_H
#define TENON_IMPORT_TWICE_H

#include "import/report.h"

/* Notes each in the report (`repaired`). json: a text that parses, no deeper than
 * LENIENT_DEPTH_MAX. */
void twice_tell(str_t json, const char *file, report_t *report);

#endif
