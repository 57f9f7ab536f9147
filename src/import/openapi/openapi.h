/* SPDX-License-Identifier: MIT */
/* The importer of OpenAPI 2.0, 3.0 and 3.1: one document in, with the files that it refers to; the
 * text of one definition and a report out. Files are read by who calls. Pure. */
#ifndef TENON_IMPORT_OPENAPI_OPENAPI_H
#define TENON_IMPORT_OPENAPI_OPENAPI_H

#include "base/buf.h"
#include "base/err.h"
#include "import/report.h"

typedef struct openapi_source {
    str_t path; /* of the document, within its folder */
    /* Appends a file of that folder. path: within it, never `..`. */
    bool (*read)(void *context, str_t path, buf_t *to, err_t *err);
    void *context;
} openapi_source_t;

/* Appends the definition and fills the report. False where no operation can be hosted: nothing is
 * appended then, and the report says why. ids: names so far, as members; the definition gets one
 * that is free, made of the document's title, and it is added. */
bool import_openapi(const openapi_source_t *source, json_t *ids, buf_t *to, report_t *report);

#endif
