/* SPDX-License-Identifier: MIT */
/* The importer of Power Platform custom connectors: the bytes of one package in, the text of one
 * definition and a report out. Reads no files. Pure. */
#ifndef TENON_IMPORT_POWERPLATFORM_POWERPLATFORM_H
#define TENON_IMPORT_POWERPLATFORM_POWERPLATFORM_H

#include "base/arena.h"
#include "base/buf.h"
#include "import/report.h"

/* One connector as its maker exchanges it: a folder of paconn, or a folder of a solution. */
typedef struct package {
    str_t name;       /* of the folder: becomes the id, and stands in the report */
    str_t definition; /* apiDefinition.swagger.json */
    str_t
        properties; /* apiProperties.json, or of a solution the object that it amounts to; absent */
    bool has_script, has_icon;
    str_t unread; /* what beside it cannot be read, and why; absent: nothing */
} package_t;

/* Appends the definition (FORMAT 11: its first line tells the kind and the digest of the rest) and
 * fills the report. False where no operation can be hosted: nothing is appended then, and the
 * report says why. id: the id to give; absent: made of the package's name. */
bool import_powerplatform(const package_t *package, str_t id, buf_t *to, report_t *report);

#endif
