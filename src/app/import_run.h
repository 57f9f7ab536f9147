/* SPDX-License-Identifier: MIT */
/* What the kinds of import have in common: the folder that is written to, the report, what is
 * printed. */
#ifndef TENON_APP_IMPORT_RUN_H
#define TENON_APP_IMPORT_RUN_H

#include <jansson.h>

#include "app/command.h"
#include "base/err.h"
#include "import/report.h"

typedef struct import {
    const run_t *run;
    str_t out;
    json_t *reports;
    json_t *ids; /* given so far */
    unsigned written;
} import_t;

/* Runs the import of all words of the command line; then writes and prints the report. The exit
 * status: EXIT_PROBLEM where a source gave no definition. */
int import_run(run_t *r, bool (*import_all)(import_t *i, err_t *err));

/* Writes a definition; one that is there is not replaced. Error: configuration. */
bool import_write(import_t *i, str_t id, str_t text, err_t *err);
/* What cannot be read stands in the report; the others are imported all the same. Answers true. */
bool import_tell_unreadable(import_t *i, const char *path, const err_t *why);

#endif
